// EventLoop: one thread that waits for descriptors, timers, signals and posted work, and calls back. Asio and epoll below.
// Watches and timers are owned by who made them: once one is destroyed its callback is never called again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/instant.h"
#include "base/result.h"

namespace keypact::io {

using Callback = std::move_only_function<void()>;

class EventLoop;

/// A descriptor that is watched. It may be destroyed inside its own callback. Does not own the descriptor, which must stay
/// open for as long as the watch lives.
class Watch {
 public:
  Watch() = default;
  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&& other) noexcept;
  ~Watch();

  /// Calls `once` a single time when the descriptor can be written; a second call replaces the first.
  void when_writable(Callback once);
  /// No more readable callbacks until resume().
  void pause();
  void resume();
  [[nodiscard]] explicit operator bool() const { return loop_ != nullptr; }

 private:
  friend class EventLoop;
  Watch(EventLoop& loop, std::uint64_t id) : loop_(&loop), id_(id) {}
  EventLoop* loop_ = nullptr;
  std::uint64_t id_ = 0;
};

/// One callback at one instant, which can be moved as often as one likes. It may be set anew, or destroyed, inside its own
/// callback.
class Timer {
 public:
  Timer() = default;
  Timer(EventLoop& loop, Callback callback);
  Timer(Timer&& other) noexcept;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer();

  /// Fires once, at `at` or at once when that is past. Replaces what was set before.
  void set(Instant at);
  void cancel();
  [[nodiscard]] bool is_set() const;

 private:
  EventLoop* loop_ = nullptr;
  std::uint64_t id_ = 0;
};

/// From now on SIGINT, SIGTERM and SIGHUP wait until EventLoop::on_signal() is called, so that who is still starting can end
/// in order. To be called before there are threads.
void hold_signals();

class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// Every Watch and Timer must be gone by then.
  ~EventLoop();

  /// Runs until stop(); can be called again after that.
  void run();
  /// Runs until `at` or stop(), whichever is first. True when it was stop().
  bool run_until(Instant at);
  /// From a callback or another thread.
  void stop();

  /// Calls `work` on the loop's thread, never from inside post(). The one function that other threads may call besides stop().
  void post(Callback work);

  /// Calls `readable` again and again while `fd` can be read, has hung up or is in error: the callback must read, or drop
  /// the watch. A descriptor can be watched once.
  [[nodiscard]] Result<Watch> watch(int fd, Callback readable);

  /// Calls `received` with SIGINT, SIGTERM or SIGHUP on the loop's thread, instead of their default action, also with those
  /// that came since hold_signals(). SIGPIPE is ignored from then on.
  [[nodiscard]] Result<void> on_signal(std::function<void(int)> received);

 private:
  friend class Watch;
  friend class Timer;
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::io
