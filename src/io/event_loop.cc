// Watches and timers are entries of maps by number, and what Asio holds is the number only: an entry that is gone when its
// event arrives is not called. A callback is moved out of its entry while it runs, so that it may destroy the entry.
#include "io/event_loop.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "io/clock.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

void mask_signals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : kSignals) sigaddset(&signals, number);
  CHECK(pthread_sigmask(how, &signals, nullptr) == 0);
}

}  // namespace

void hold_signals() { mask_signals(SIG_BLOCK); }

struct EventLoop::Implementation {
  struct WatchEntry {
    explicit WatchEntry(asio::io_context& context) : descriptor(context) {}
    asio::posix::stream_descriptor descriptor;
    Callback readable;
    Callback writable;
    bool paused = false;
    bool awaits_readable = false;
    bool awaits_writable = false;
  };
  struct TimerEntry {
    Callback callback;
    std::optional<Instant> at;
  };

  Implementation();
  ~Implementation();

  void await_readable(std::uint64_t id, WatchEntry& entry);
  void on_readable(std::uint64_t id, bool failed);
  void on_writable(std::uint64_t id, bool failed);
  void set_timer(std::uint64_t id, std::optional<Instant> at);
  void arm_clock();
  void await_clock();
  void run_due_timers();
  void await_signal();

  asio::io_context context{1};
  asio::posix::stream_descriptor clock{context};  ///< a timerfd, armed for the earliest timer
  asio::signal_set signals{context};
  std::function<void(int)> on_signal;
  std::uint64_t last_id = 0;
  std::unordered_map<std::uint64_t, WatchEntry> watches;
  std::unordered_map<std::uint64_t, TimerEntry> timers;
  std::set<std::pair<Instant, std::uint64_t>> queue;  ///< the timers that are set
  std::optional<Instant> armed;
};

EventLoop::Implementation::Implementation() {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  CHECK(fd >= 0);
  clock.assign(fd);
  await_clock();
}

EventLoop::Implementation::~Implementation() { CHECK(watches.empty() && timers.empty()); }

void EventLoop::Implementation::await_readable(std::uint64_t id, WatchEntry& entry) {
  if (entry.paused || entry.awaits_readable) return;
  entry.awaits_readable = true;
  entry.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [this, id](const asio::error_code& error) { on_readable(id, bool(error)); });
}

void EventLoop::Implementation::on_readable(std::uint64_t id, bool failed) {
  auto found = watches.find(id);
  if (found == watches.end()) return;
  found->second.awaits_readable = false;
  if (failed || found->second.paused) return;
  Callback readable = std::move(found->second.readable);
  readable();
  found = watches.find(id);
  if (found == watches.end()) return;
  found->second.readable = std::move(readable);
  await_readable(id, found->second);
}

void EventLoop::Implementation::on_writable(std::uint64_t id, bool failed) {
  const auto found = watches.find(id);
  if (found == watches.end()) return;
  found->second.awaits_writable = false;
  if (failed || !found->second.writable) return;
  Callback once = std::exchange(found->second.writable, nullptr);
  once();
}

void EventLoop::Implementation::set_timer(std::uint64_t id, std::optional<Instant> at) {
  auto& entry = timers.at(id);
  if (entry.at) queue.erase({*entry.at, id});
  entry.at = at;
  if (at) queue.emplace(*at, id);
  arm_clock();
}

void EventLoop::Implementation::arm_clock() {
  if (queue.empty() || armed == queue.begin()->first) return;  // an alarm too many does no harm
  armed = queue.begin()->first;
  const auto since = std::max(armed->since_origin(), Duration(1));  // 0 would disarm
  const auto whole = std::chrono::floor<seconds>(since);
  itimerspec when{};
  when.it_value.tv_sec = whole.count();
  when.it_value.tv_nsec = (since - whole).count();
  CHECK(::timerfd_settime(clock.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

void EventLoop::Implementation::await_clock() {
  clock.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (error) return;
    std::uint64_t expirations = 0;
    if (::read(clock.native_handle(), &expirations, sizeof expirations) > 0) run_due_timers();
    await_clock();
  });
}

void EventLoop::Implementation::run_due_timers() {
  armed.reset();
  const Instant now = monotonic_now();
  // Those due now and no others: a timer that sets itself to the past must not keep the loop from its other work.
  std::vector<std::uint64_t> due;
  for (const auto& [at, id] : queue) {
    if (at > now) break;
    due.push_back(id);
  }
  for (const auto id : due) {
    auto found = timers.find(id);
    if (found == timers.end() || !found->second.at || *found->second.at > now) continue;
    queue.erase({*found->second.at, id});
    found->second.at.reset();
    Callback callback = std::move(found->second.callback);
    callback();
    found = timers.find(id);
    if (found != timers.end()) found->second.callback = std::move(callback);
  }
  arm_clock();
}

void EventLoop::Implementation::await_signal() {
  signals.async_wait([this](const asio::error_code& error, int number) {
    if (error) return;
    on_signal(number);
    await_signal();
  });
}

EventLoop::EventLoop() : implementation_(std::make_unique<Implementation>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  const auto guard = asio::make_work_guard(implementation_->context);
  implementation_->context.run();
  implementation_->context.restart();
}

bool EventLoop::run_until(Instant at) {
  bool late = false;
  Timer timer(*this, [&] {
    late = true;
    stop();
  });
  timer.set(at);
  run();
  return !late;
}

void EventLoop::stop() { implementation_->context.stop(); }

void EventLoop::post(Callback work) { asio::post(implementation_->context, std::move(work)); }

Result<Watch> EventLoop::watch(int fd, Callback readable) {
  const auto id = ++implementation_->last_id;
  auto& entry = implementation_->watches.try_emplace(id, implementation_->context).first->second;
  asio::error_code error;
  entry.descriptor.assign(fd, error);
  if (error) {
    implementation_->watches.erase(id);
    return failure(system_error("cannot wait for descriptor " + std::to_string(fd), error.value()));
  }
  entry.readable = std::move(readable);
  implementation_->await_readable(id, entry);
  return Watch(*this, id);
}

Result<void> EventLoop::on_signal(std::function<void(int)> received) {
  std::signal(SIGPIPE, SIG_IGN);
  implementation_->on_signal = std::move(received);
  for (const int number : kSignals) {
    asio::error_code error;
    implementation_->signals.add(number, error);
    if (error) return failure(system_error("cannot wait for signals", error.value()));
  }
  implementation_->signals.cancel();
  implementation_->await_signal();
  mask_signals(SIG_UNBLOCK);
  return {};
}

Watch::Watch(Watch&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), id_(other.id_) {}

Watch& Watch::operator=(Watch&& other) noexcept {
  const Watch old(std::move(*this));
  loop_ = std::exchange(other.loop_, nullptr);
  id_ = other.id_;
  return *this;
}

Watch::~Watch() {
  if (loop_ == nullptr) return;
  auto& watches = loop_->implementation_->watches;
  const auto found = watches.find(id_);
  CHECK(found != watches.end());
  found->second.descriptor.release();  // the descriptor is its owner's to close
  watches.erase(found);
}

void Watch::when_writable(Callback once) {
  CHECK(loop_ != nullptr);
  auto& implementation = *loop_->implementation_;
  auto& entry = implementation.watches.at(id_);
  entry.writable = std::move(once);
  if (entry.awaits_writable) return;
  entry.awaits_writable = true;
  entry.descriptor.async_wait(
      asio::posix::stream_descriptor::wait_write,
      [&implementation, id = id_](const asio::error_code& error) { implementation.on_writable(id, bool(error)); });
}

void Watch::pause() {
  CHECK(loop_ != nullptr);
  loop_->implementation_->watches.at(id_).paused = true;
}

void Watch::resume() {
  CHECK(loop_ != nullptr);
  auto& entry = loop_->implementation_->watches.at(id_);
  entry.paused = false;
  // Inside its own callback the entry holds no callback; it is waited for again at the end of that.
  if (entry.readable) loop_->implementation_->await_readable(id_, entry);
}

Timer::Timer(EventLoop& loop, Callback callback) : loop_(&loop), id_(++loop.implementation_->last_id) {
  loop.implementation_->timers.try_emplace(id_).first->second.callback = std::move(callback);
}

Timer::Timer(Timer&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), id_(other.id_) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  const Timer old(std::move(*this));
  loop_ = std::exchange(other.loop_, nullptr);
  id_ = other.id_;
  return *this;
}

Timer::~Timer() {
  if (loop_ == nullptr) return;
  loop_->implementation_->set_timer(id_, std::nullopt);
  loop_->implementation_->timers.erase(id_);
}

void Timer::set(Instant at) {
  CHECK(loop_ != nullptr);
  loop_->implementation_->set_timer(id_, at);
}

void Timer::cancel() {
  if (loop_ != nullptr) loop_->implementation_->set_timer(id_, std::nullopt);
}

bool Timer::is_set() const { return loop_ != nullptr && loop_->implementation_->timers.at(id_).at.has_value(); }

}  // namespace keypact::io
