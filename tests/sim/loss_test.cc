// Handshakes in fragments over lossy links; `./dev loss` runs many more.
#include "sim/loss.h"

#include <gtest/gtest.h>

namespace keypact::sim {
namespace {

TEST(Loss, HandshakesInFragmentsCompleteInTime) {
  constexpr unsigned kHandshakes = 300;
  for (const auto& aim : kLossAims) {
    const auto outcome = run_handshakes(aim.loss, kHandshakes, 1);
    // So few runs show the share roughly: three more may fail.
    EXPECT_GE((outcome.completed + 3) * 10000, aim.completed * kHandshakes) << to_string(outcome);
    EXPECT_GT(outcome.datagrams, 8.0) << "the messages are not in fragments";
  }
}

TEST(Loss, WithoutItAHandshakeTakesTwoRoundTrips) {
  const auto outcome = run_handshakes(0, 20, 1);
  EXPECT_EQ(outcome.completed, 20u);
  EXPECT_EQ(outcome.datagrams, 8.0) << "two of IKE_SA_INIT, three fragments each way";
  EXPECT_LT(outcome.slowest_of_hundred, milliseconds(500));
}

}  // namespace
}  // namespace keypact::sim
