// The fetcher's thread reaches the loop through a mailbox, which outlives us where an answer is still to come.
#include "daemon/waiting_jobs.h"

#include <mutex>

#include "io/clock.h"

namespace keypact::daemon {
namespace {

/// So long after a job began to wait it may ask for more: an initiator does not wait for ever, nor does what it set up half.
constexpr Duration kAsking = seconds(15);
/// Only who is authentic comes here; and more than so many do not hold memory.
constexpr std::size_t kJobs = 4096;

}  // namespace

struct WaitingJobs::Mailbox {
  std::mutex mutex;
  io::EventLoop* loop = nullptr;
  WaitingJobs* owner = nullptr;  ///< nullptr once it is gone; used in the loop's thread
};

WaitingJobs::WaitingJobs(io::EventLoop& loop, Documents& documents, Runner runner)
    : documents_(documents), runner_(std::move(runner)), mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->loop = &loop;
  mailbox_->owner = this;
}

WaitingJobs::~WaitingJobs() {
  const std::scoped_lock lock(mailbox_->mutex);
  mailbox_->loop = nullptr;
  mailbox_->owner = nullptr;
}

void WaitingJobs::add(jobs::Waiting waiting) { ask({std::move(waiting), io::monotonic_now(), 0}); }

void WaitingJobs::ask(Entry entry) {
  auto requests = std::move(entry.waiting.wanted);
  const auto id = entry.waiting.id;
  entry.answers_to_come = requests.size();
  const bool full = entries_.size() >= kJobs;
  entries_.insert_or_assign(id, std::move(entry));
  for (const auto& request : requests) {
    auto tell = [mailbox = mailbox_, id, key = request.key](const pki::Document& document) {
      const std::scoped_lock lock(mailbox->mutex);
      if (mailbox->loop == nullptr) return;
      mailbox->loop->post([mailbox, id, key, document] {
        if (mailbox->owner != nullptr) mailbox->owner->came(id, key, document);
      });
    };
    if (full) tell(failure(request.uri + ": too many verifications wait for documents"));
    else documents_.fetch(request, std::move(tell));
  }
}

void WaitingJobs::came(JobId id, const std::string& key, pki::Document document) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.waiting.inquiry.documents.insert_or_assign(key, std::move(document));
  if (--found->second.answers_to_come == 0) go_on(std::move(entries_.extract(found).mapped()));
}

void WaitingJobs::go_on(Entry entry) {
  if (io::monotonic_now() - entry.began > kAsking) entry.waiting.inquiry.may_ask = false;
  auto ran = runner_.go_on(std::move(entry.waiting));
  if (auto* done = std::get_if<ike::JobDone>(&ran)) return runner_.done(std::move(*done));
  ask({std::move(std::get<jobs::Waiting>(ran)), entry.began, 0});
}

}  // namespace keypact::daemon
