#include "io/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>
#include <vector>

#include "io/clock.h"
#include "io/file_descriptor.h"

namespace keypact::io {
namespace {

struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()), 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
  FileDescriptor near;
  FileDescriptor far;
};

Instant soon() { return monotonic_now() + seconds(5); }  // only a failing test waits that long

TEST(Clock, NeverGoesBack) {
  const Instant first = monotonic_now();
  EXPECT_GE(monotonic_now(), first);
  EXPECT_GT(first, Instant());
}

TEST(Clock, WritesTheCalendarAsRfc3339) {
  using std::chrono::system_clock;
  EXPECT_EQ(wall_clock_text(system_clock::time_point(seconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(wall_clock_text(system_clock::time_point(seconds(951782400) + milliseconds(7))),
            "2000-02-29T00:00:00.007Z");
}

TEST(EventLoop, RunsPostedWorkInOrderAndNotInsidePost) {
  EventLoop loop;
  std::vector<int> ran;
  loop.post([&] {
    loop.post([&] {
      ran.push_back(3);
      loop.stop();
    });
    ran.push_back(1);
  });
  loop.post([&] { ran.push_back(2); });
  EXPECT_TRUE(ran.empty());
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST(EventLoop, TakesPostedWorkFromAnotherThread) {
  EventLoop loop;
  std::thread other([&] { loop.post([&] { loop.stop(); }); });
  EXPECT_TRUE(loop.run_until(soon()));
  other.join();
}

TEST(EventLoop, CanRunAgainAfterStop) {
  EventLoop loop;
  EXPECT_FALSE(loop.run_until(monotonic_now()));
  loop.post([&] { loop.stop(); });
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(1)));
}

TEST(Timer, FireInTheOrderOfTheirInstants) {
  EventLoop loop;
  std::vector<int> fired;
  const Instant start = monotonic_now();
  Timer second(loop, [&] { fired.push_back(2); });
  Timer third(loop, [&] {
    fired.push_back(3);
    loop.stop();
  });
  Timer first(loop, [&] { fired.push_back(1); });
  third.set(start + milliseconds(6));
  second.set(start + milliseconds(4));
  first.set(Instant());
  ASSERT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(fired, (std::vector{1, 2, 3}));
  EXPECT_GE(monotonic_now(), start + milliseconds(6));
  EXPECT_FALSE(third.is_set());
}

TEST(Timer, DoesNotFireAfterCancelOrDestruction) {
  EventLoop loop;
  int fired = 0;
  Timer cancelled(loop, [&] { ++fired; });
  cancelled.set(monotonic_now());
  cancelled.cancel();
  {
    Timer gone(loop, [&] { ++fired; });
    gone.set(monotonic_now());
  }
  Timer moved(loop, [&] { ++fired; });
  moved.set(monotonic_now());
  moved.set(monotonic_now() + hours(1));
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(3)));
  EXPECT_EQ(fired, 0);
}

TEST(Timer, MaySetItselfAnewOrDestroyItselfInItsCallback) {
  EventLoop loop;
  int fired = 0;
  Timer timer;
  timer = Timer(loop, [&] {
    if (++fired < 3) return timer.set(Instant());  // in the past: at once, but not before other work
    timer = Timer();
    loop.stop();
  });
  timer.set(monotonic_now());
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(fired, 3);
  EXPECT_FALSE(timer.is_set());
}

TEST(Timer, OneThatSetsItselfToThePastDoesNotStarveTheOthers) {
  EventLoop loop;
  Timer greedy;
  greedy = Timer(loop, [&] { greedy.set(Instant()); });
  greedy.set(Instant());
  loop.post([&] { loop.post([&] { loop.stop(); }); });
  EXPECT_TRUE(loop.run_until(soon()));
}

TEST(Watch, CallsAgainUntilEverythingIsRead) {
  EventLoop loop;
  SocketPair pair;
  ASSERT_EQ(::write(pair.far.get(), "abc", 3), 3);
  std::string read;
  auto watch = loop.watch(pair.near.get(), [&] {
    char c = 0;
    ASSERT_EQ(::read(pair.near.get(), &c, 1), 1);
    read += c;
    if (read.size() == 3) loop.stop();
  });
  ASSERT_TRUE(watch);
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(read, "abc");
}

TEST(Watch, IsNotCalledOnceDestroyedEvenInItsOwnCallback) {
  EventLoop loop;
  SocketPair pair;
  ASSERT_EQ(::write(pair.far.get(), "abc", 3), 3);
  int calls = 0;
  Watch watch;
  auto made = loop.watch(pair.near.get(), [&] {
    ++calls;
    watch = Watch();
  });
  ASSERT_TRUE(made);
  watch = std::move(*made);
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(3)));
  EXPECT_EQ(calls, 1);
  // The descriptor is free again and still open.
  auto again = loop.watch(pair.near.get(), [&] { loop.stop(); });
  ASSERT_TRUE(again);
  EXPECT_TRUE(loop.run_until(soon()));
}

TEST(Watch, PausesAndResumes) {
  EventLoop loop;
  SocketPair pair;
  ASSERT_EQ(::write(pair.far.get(), "a", 1), 1);
  int calls = 0;
  auto watch = loop.watch(pair.near.get(), [&] {
    ++calls;
    loop.stop();
  });
  ASSERT_TRUE(watch);
  watch->pause();
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(2)));
  EXPECT_EQ(calls, 0);
  watch->resume();
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(calls, 1);
}

TEST(Watch, TellsOnceWhenTheDescriptorCanBeWritten) {
  EventLoop loop;
  SocketPair pair;
  const std::string block(65536, 'x');
  while (::write(pair.near.get(), block.data(), block.size()) > 0) {
  }
  int calls = 0;
  auto watch = loop.watch(pair.near.get(), [] {});
  ASSERT_TRUE(watch);
  watch->when_writable([&] {
    ++calls;
    loop.stop();
  });
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(2)));
  std::string sink(1 << 20, '\0');
  while (::read(pair.far.get(), sink.data(), sink.size()) > 0) {
  }
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(2)));
  EXPECT_EQ(calls, 1);
}

TEST(Watch, RefusesWhatIsNoDescriptor) {
  EventLoop loop;
  const auto watch = loop.watch(987654, [] {});
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().to_string().find("987654"), std::string::npos);
}

TEST(EventLoop, DeliversSignals) {
  EventLoop loop;
  std::vector<int> received;
  ASSERT_TRUE(loop.on_signal([&](int number) {
    received.push_back(number);
    if (number == SIGTERM) loop.stop();
    else std::raise(SIGTERM);
  }));
  std::raise(SIGHUP);
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(received, (std::vector{SIGHUP, SIGTERM}));
}

/// Whoever ends a program that is still starting gets the same end.
TEST(EventLoop, DeliversSignalsThatWereHeld) {
  hold_signals();
  std::raise(SIGTERM);
  EventLoop loop;
  std::vector<int> received;
  ASSERT_TRUE(loop.on_signal([&](int number) {
    received.push_back(number);
    loop.stop();
  }));
  EXPECT_TRUE(loop.run_until(soon()));
  EXPECT_EQ(received, (std::vector{SIGTERM}));
}

}  // namespace
}  // namespace keypact::io
