#include "ike/v2/message_window.h"

#include <gtest/gtest.h>

namespace keypact::ike::v2 {
namespace {

wire::Message request_with(std::uint32_t id) {
  wire::Message message;
  message.header.message_id = id;
  return message;
}

TEST(MessageWindow, H13_TheLastMessageIdIsFollowedByNoneOfThoseThatWereThereBefore) {
  ResponseWindow window(UINT32_MAX);
  const Octets octets = {1, 2, 3};
  EXPECT_EQ(window.judge(request_with(UINT32_MAX), octets), ResponseWindow::Verdict::fresh);
  window.accepted(octets, {});
  EXPECT_EQ(window.accepted_id(), UINT32_MAX);
  window.answered({{octets}});
  EXPECT_EQ(window.judge(request_with(UINT32_MAX), octets), ResponseWindow::Verdict::retransmission);
  for (const std::uint32_t id : {0u, 1u, UINT32_MAX - 1})
    EXPECT_EQ(window.judge(request_with(id), octets), ResponseWindow::Verdict::outside) << id;
}

TEST(MessageWindow, H13_OurOwnMessageIdsEnd) {
  RequestWindow window(UINT32_MAX);
  EXPECT_FALSE(window.is_used_up());
  EXPECT_EQ(window.next_id(), UINT32_MAX);
  window.sent({{Octets{1}}}, Instant(seconds(1)));
  EXPECT_TRUE(window.awaits(UINT32_MAX));
  EXPECT_FALSE(window.awaits(0));
  window.answered();
  EXPECT_TRUE(window.is_used_up());
}

}  // namespace
}  // namespace keypact::ike::v2
