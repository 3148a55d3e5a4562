// The thread shares nothing with the loop but the queue, and outlives the Resolver when a name server keeps it waiting.
#include "io/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "io/event_loop.h"
#include "io/socket_address.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// Names that wait: each comes from a configured connection, so more than these are a mistake of ours.
constexpr std::size_t kQuestions = 1024;

struct Question {
  std::string name;
  std::optional<IpFamily> family;
  std::uint64_t id = 0;
};

using Addresses = std::vector<IpAddress>;

Error cannot_resolve(const std::string& name, std::string why, std::string remedy = {}) {
  return {"cannot resolve the name " + name, std::move(why), std::move(remedy)};
}

Result<Addresses> look_up(const std::string& name, std::optional<IpFamily> family) {
  addrinfo hints{};
  hints.ai_family = !family ? AF_UNSPEC : *family == IpFamily::v4 ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int outcome = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (outcome == EAI_SYSTEM) return failure(cannot_resolve(name, system_reason(errno)));
  if (outcome == EAI_AGAIN)
    return failure(cannot_resolve(name, "no name server answers", "Check /etc/resolv.conf and the network"));
  if (outcome != 0) return failure(cannot_resolve(name, ::gai_strerror(outcome), "Check how the name is written"));
  Addresses found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    if (entry->ai_addrlen > sizeof address.storage) continue;
    std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,  // NOLINT: the interface of sockets
                reinterpret_cast<char*>(&address.storage));                        // NOLINT: as above
    const IpAddress ip = to_endpoint(address.storage).address;
    if (std::ranges::find(found, ip) == found.end()) found.push_back(ip);
  }
  ::freeaddrinfo(list);
  if (found.empty()) return failure(cannot_resolve(name, "it has no address"));
  return found;
}

}  // namespace

struct Resolver::Shared : std::enable_shared_from_this<Resolver::Shared> {
  std::mutex mutex;
  std::condition_variable wake;
  EventLoop* loop = nullptr;  ///< null once the Resolver is gone
  std::deque<Question> questions;
  std::map<std::uint64_t, Answer> answers;  ///< called and destroyed on the loop's thread only
  std::uint64_t last_id = 0;
  bool has_thread = false;

  bool start_thread();
  void work();
  void tell(std::uint64_t id, Result<Addresses> result);
  std::optional<Answer> take_answer(std::uint64_t id);
};

bool Resolver::Shared::start_thread() {
  if (has_thread) return true;
  try {
    std::thread([self = shared_from_this()] { self->work(); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  return has_thread = true;
}

void Resolver::Shared::work() {
  std::unique_lock lock(mutex);
  while (loop != nullptr) {
    if (questions.empty()) {
      wake.wait(lock);
      continue;
    }
    const Question question = std::move(questions.front());
    questions.pop_front();
    lock.unlock();
    auto result = look_up(question.name, question.family);
    lock.lock();
    tell(question.id, std::move(result));
  }
}

/// With the mutex held.
void Resolver::Shared::tell(std::uint64_t id, Result<Addresses> result) {
  if (loop == nullptr) return;
  loop->post([self = shared_from_this(), id, result = std::move(result)]() mutable {
    if (auto answer = self->take_answer(id)) (*answer)(std::move(result));
  });
}

std::optional<Resolver::Answer> Resolver::Shared::take_answer(std::uint64_t id) {
  const std::scoped_lock lock(mutex);
  auto node = answers.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

Resolver::Resolver(EventLoop& loop) : shared_(std::make_shared<Shared>()) { shared_->loop = &loop; }

Resolver::~Resolver() {
  std::map<std::uint64_t, Answer> unanswered;  // destroyed after the mutex is free again
  const std::scoped_lock lock(shared_->mutex);
  shared_->loop = nullptr;
  unanswered.swap(shared_->answers);
  shared_->questions.clear();
  shared_->wake.notify_all();
}

void Resolver::resolve(std::string name, std::optional<IpFamily> family, Answer answer) {
  const std::scoped_lock lock(shared_->mutex);
  const auto id = ++shared_->last_id;
  shared_->answers.emplace(id, std::move(answer));
  if (const auto literal = IpAddress::parse(name)) {
    if (!family || literal->family() == *family) return shared_->tell(id, Addresses{*literal});
    return shared_->tell(id, failure(cannot_resolve(name, "it is an address of the other IP version")));
  }
  if (shared_->questions.size() >= kQuestions)
    return shared_->tell(id, failure(cannot_resolve(name, "too many names wait for an answer")));
  if (!shared_->start_thread())
    return shared_->tell(id, failure(cannot_resolve(name, "the system has no room for a thread")));
  shared_->questions.push_back({std::move(name), family, id});
  shared_->wake.notify_one();
}

}  // namespace keypact::io
