#include "daemon/log_budget.h"

#include <gtest/gtest.h>

namespace keypact::daemon {
namespace {

TEST(LogBudget, C15_AFloodOfGarbageMakesTenLinesASecondAndEveryOneIsCounted) {
  LogBudget budget;
  std::uint64_t lines = 0;
  std::uint64_t admitted = 0;
  std::uint64_t told = 0;
  constexpr std::uint64_t kASecond = 100'000;
  constexpr std::uint64_t kSeconds = 5;
  for (std::uint64_t i = 0; i < kASecond * kSeconds; ++i) {
    const auto verdict = budget.judge(7, Instant(seconds(100) + microseconds(10) * i));
    lines += (verdict.admitted ? 1 : 0) + (verdict.left_out_before > 0 ? 1 : 0);
    admitted += verdict.admitted ? 1 : 0;
    told += verdict.left_out_before;
  }
  EXPECT_EQ(lines, LogBudget::kLinesPerSecond * kSeconds);
  EXPECT_EQ(budget.left_out() + admitted, kASecond * kSeconds);
  told += budget.judge(7, Instant(seconds(200))).left_out_before;
  EXPECT_EQ(told, budget.left_out());
}

TEST(LogBudget, C15_OneKindDoesNotSilenceAnother) {
  LogBudget budget;
  for (int i = 0; i < 1000; ++i) (void)budget.judge(1, Instant(seconds(1)));
  EXPECT_TRUE(budget.judge(2, Instant(seconds(1))).admitted);
}

}  // namespace
}  // namespace keypact::daemon
