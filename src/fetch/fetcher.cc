#include "fetch/fetcher.h"

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "fetch/transfer.h"

namespace keypact::fetch {
namespace {

using Clock = std::chrono::steady_clock;

std::string key_of(const Request& request) {
  return std::string(request.configured ? "ours " : "theirs ") + request.uri + '\0' +
         std::string(as_text(request.body));
}

}  // namespace

class Fetcher::Worker {
 public:
  explicit Worker(Limits limits) : limits_(std::move(limits)) {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    multi_ = curl_multi_init();
    CHECK(ready && multi_ != nullptr);
    thread_ = std::thread([this] { work(); });
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& [key, document] : documents_)
      if (document.transfer) curl_multi_remove_handle(multi_, document.transfer->handle());
    documents_.clear();
    curl_multi_cleanup(multi_);
  }

  void add(Request request, Answer answer) {
    const std::scoped_lock lock(mutex_);
    asked_.push_back({std::move(request), std::move(answer)});
    curl_multi_wakeup(multi_);
  }

 private:
  struct Asked {
    Request request;
    Answer answer;
  };
  struct Document {
    Request request;
    std::vector<Answer> answers;
    Clock::time_point end;
    std::unique_ptr<Transfer> transfer;  ///< nullptr: it waits for another one to end
  };
  using Documents = std::map<std::string, Document>;

  void work() {
    while (take_asked()) {
      begin_transfers();
      int running = 0;
      CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
      end_transfers();
      CHECK(curl_multi_poll(multi_, nullptr, 0, milliseconds_to_the_next_end(), nullptr) == CURLM_OK);
    }
  }

  /// False at the end.
  bool take_asked() {
    std::deque<Asked> asked;
    {
      const std::scoped_lock lock(mutex_);
      if (ending_) return false;
      asked.swap(asked_);
    }
    for (auto& [request, answer] : asked) {
      auto key = key_of(request);
      if (const auto known = documents_.find(key); known != documents_.end()) {
        known->second.answers.push_back(std::move(answer));
      } else if (waiting_.size() >= limits_.waiting) {
        answer(failure(request.uri + ": too much is being fetched already"));
      } else {
        Document document{std::move(request), {}, Clock::now() + limits_.time, nullptr};
        document.answers.push_back(std::move(answer));
        waiting_.push_back(key);
        documents_.emplace(std::move(key), std::move(document));
      }
    }
    return true;
  }

  void begin_transfers() {
    const auto now = Clock::now();
    while (!waiting_.empty()) {
      const auto at = documents_.find(waiting_.front());
      const bool late = at->second.end <= now;
      if (!late && running_.size() >= limits_.at_once) return;
      waiting_.pop_front();
      auto& document = at->second;
      if (late) {
        end(at, failure(document.request.uri + ": too much was being fetched at the same time"));
        continue;
      }
      document.transfer = std::make_unique<Transfer>(document.request, limits_, document.end - now);
      running_.emplace(document.transfer->handle(), at);
      CHECK(curl_multi_add_handle(multi_, document.transfer->handle()) == CURLM_OK);
    }
  }

  void end_transfers() {
    int more = 0;
    while (const auto* message = curl_multi_info_read(multi_, &more)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto* const handle = message->easy_handle;
      const auto code = message->data.result;
      const auto at = running_.extract(handle).mapped();
      curl_multi_remove_handle(multi_, handle);
      const auto outcome = at->second.transfer->outcome(code);
      end(at, outcome);
    }
    begin_transfers();
  }

  void end(Documents::iterator at, const Fetched& outcome) {
    const auto document = documents_.extract(at);
    for (auto& answer : document.mapped().answers) answer(outcome);
  }

  int milliseconds_to_the_next_end() const {
    if (waiting_.empty()) return 1000;
    const auto left = documents_.at(waiting_.front()).end - Clock::now();
    return static_cast<int>(
        std::clamp<std::int64_t>(std::chrono::duration_cast<milliseconds>(left).count() + 1, 0, 1000));
  }

  Limits limits_;
  CURLM* multi_ = nullptr;
  Documents documents_;
  std::deque<std::string> waiting_;  ///< keys, in the order in which they were asked for
  std::map<CURL*, Documents::iterator> running_;
  std::mutex mutex_;  ///< of the two below
  std::deque<Asked> asked_;
  bool ending_ = false;
  std::thread thread_;
};

Fetcher::Fetcher(Limits limits) : worker_(std::make_unique<Worker>(std::move(limits))) {}
Fetcher::~Fetcher() = default;
void Fetcher::fetch(Request request, Answer answer) { worker_->add(std::move(request), std::move(answer)); }

}  // namespace keypact::fetch
