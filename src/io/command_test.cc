#include "io/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <optional>

#include "io/clock.h"

namespace keypact::io {
namespace {

class CommandTest : public testing::Test {
 protected:
  /// Runs it to its end.
  CommandOutcome run(const std::vector<std::string>& words, const std::vector<std::string>& environment = {},
                     CommandLimits limits = {}, const std::string& input = {}) {
    std::optional<CommandOutcome> outcome;
    auto command = Command::start(
        loop_, {words, environment, input},
        [&](CommandOutcome ended) {
          outcome = std::move(ended);
          loop_.stop();
        },
        limits);
    EXPECT_TRUE(command.has_value()) << command.error().to_string();
    EXPECT_FALSE(outcome.has_value()) << "not from inside start()";
    EXPECT_TRUE(loop_.run_until(monotonic_now() + minutes(1)));
    return outcome.value_or(CommandOutcome{});
  }
  EventLoop loop_;
};

TEST_F(CommandTest, TellsTheStatusAndWhatWasPrinted) {
  const auto outcome = run({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.output, "out\nerr\n");
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(CommandTest, ReadsItsInputAndThenItsEnd) {
  EXPECT_EQ(run({"/bin/cat"}).output, "");
  EXPECT_EQ(run({"/bin/cat"}, {}, {}, "one\ntwo\n").output, "one\ntwo\n");
  EXPECT_EQ(run({"/usr/bin/wc", "-c"}, {}, {}, std::string(kInputOctets, 'x')).output, "65536\n");
}

TEST_F(CommandTest, InputThatNoPipeHoldsIsRefused) {
  const auto started =
      Command::start(loop_, {{"/bin/cat"}, {}, std::string(2 * kInputOctets, 'x')}, [](const CommandOutcome&) {});
  EXPECT_FALSE(started.has_value());
}

TEST_F(CommandTest, K07_TheEnvironmentIsWhatIsGivenAndNothingElse) {
  ::setenv("SECRET_OF_THE_DAEMON", "x", 1);
  EXPECT_EQ(run({"/usr/bin/env"}, {"A=1", "B=two words"}).output, "A=1\nB=two words\n");
  ::unsetenv("SECRET_OF_THE_DAEMON");
}

TEST_F(CommandTest, A28_NoShellReadsTheArguments) {
  EXPECT_EQ(run({"/bin/echo", "$(id)", "`id`", "a;b", "%s"}).output, "$(id) `id` a;b %s\n");
}

TEST_F(CommandTest, K07_NothingOfOursIsOpenInIt) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // NOLINT(cppcoreguidelines-pro-type-vararg): POSIX
  EXPECT_EQ(run({"/bin/sh", "-c",
                 "cd /proc/self/fd; for f in [3-9] [1-9][0-9]*; do [ -e $f ] && readlink $f; done | grep -c null"})
                .output,
            "0\n");
  ::close(leaked);
}

TEST_F(CommandTest, IsKilledWithAllThatItStartedWhenItTakesTooLong) {
  const auto outcome = run({"/bin/sh", "-c", "sleep 100 & echo begun; wait"}, {}, {milliseconds(300), 4096});
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.status, 128 + SIGKILL);
  EXPECT_EQ(outcome.output, "begun\n");
}

TEST_F(CommandTest, EndsWhenTheProgramDoesEvenIfWhatItStartedGoesOn) {
  EXPECT_EQ(run({"/bin/sh", "-c", "sleep 3 & echo begun"}).output, "begun\n");
}

TEST_F(CommandTest, OutputBeyondTheLimitIsDropped) {
  const auto outcome = run({"/bin/sh", "-c", "head -c 1000000 /dev/zero"}, {}, {seconds(30), 100});
  EXPECT_EQ(outcome.output.size(), 100u);
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(CommandTest, AProgramThatIsNotThereIsAnErrorAtOnce) {
  const auto command = Command::start(loop_, {{"/nonexistent/updown"}, {}, {}}, [](const CommandOutcome&) { FAIL(); });
  ASSERT_FALSE(command.has_value());
  EXPECT_NE(command.error().to_string().find("/nonexistent/updown"), std::string::npos);
}

TEST_F(CommandTest, SignalsThatTheDaemonIgnoresAreNotIgnoredInIt) {
  ASSERT_TRUE(loop_.on_signal([](int) {}).has_value());
  EXPECT_EQ(run({"/bin/sh", "-c", "kill -PIPE $$; echo alive"}).status, 128 + SIGPIPE);
}

}  // namespace
}  // namespace keypact::io
