#include "io/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "io/clock.h"
#include "io/event_loop.h"

namespace keypact::io {
namespace {

using Answer = Result<std::vector<IpAddress>>;

class ResolverTest : public testing::Test {
 protected:
  Answer ask(const std::string& name, std::optional<IpFamily> family = std::nullopt) {
    std::optional<Answer> answer;
    resolver_.resolve(name, family, [&](Answer result) {
      answer = std::move(result);
      loop_.stop();
    });
    EXPECT_FALSE(answer) << "never from inside the call";
    EXPECT_TRUE(loop_.run_until(monotonic_now() + seconds(20)));
    return answer ? std::move(*answer) : failure(Error{"no answer", {}, {}});
  }
  EventLoop loop_;
  Resolver resolver_{loop_};
};

TEST_F(ResolverTest, AnAddressIsItsOwnAnswer) {
  EXPECT_EQ(ask("192.0.2.1").value(), (std::vector{IpAddress::v4(192, 0, 2, 1)}));
  EXPECT_EQ(ask("2001:db8::1", IpFamily::v6).value(), (std::vector{IpAddress::parse("2001:db8::1").value()}));
  const auto other = ask("192.0.2.1", IpFamily::v6);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().what, "cannot resolve the name 192.0.2.1");
}

TEST_F(ResolverTest, FindsTheAddressesOfAName) {
  const auto found = ask("localhost", IpFamily::v4);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, (std::vector{IpAddress::v4(127, 0, 0, 1)}));
}

TEST_F(ResolverTest, AnswersInTheOrderOfTheQuestions) {
  std::vector<int> answered;
  for (int i = 0; i < 20; ++i) {
    resolver_.resolve("localhost", IpFamily::v4, [&, i](const Answer& answer) {
      EXPECT_TRUE(answer);
      answered.push_back(i);
      if (answered.size() == 20) loop_.stop();
    });
  }
  EXPECT_TRUE(loop_.run_until(monotonic_now() + seconds(20)));
  EXPECT_TRUE(std::ranges::is_sorted(answered));
}

TEST_F(ResolverTest, SaysThatANameIsBad) {
  const auto bad = ask("bad..name");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().what, "cannot resolve the name bad..name");
  EXPECT_FALSE(bad.error().why.empty());
}

TEST(Resolver, UnansweredQuestionsStayUnanswered) {
  EventLoop loop;
  {
    Resolver resolver(loop);
    for (int i = 0; i < 10; ++i) resolver.resolve("localhost", std::nullopt, [](const Answer&) { FAIL(); });
    resolver.resolve("192.0.2.1", std::nullopt, [](const Answer&) { FAIL(); });
  }
  EXPECT_FALSE(loop.run_until(monotonic_now() + milliseconds(20)));
}

}  // namespace
}  // namespace keypact::io
