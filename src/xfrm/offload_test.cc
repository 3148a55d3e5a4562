#include "xfrm/offload.h"

#include <gtest/gtest.h>

#include "xfrm/policy.h"
#include "xfrm/state.h"

namespace keypact::xfrm {
namespace {

// The last attribute of what iproute2 6.1 sends for `ip xfrm state add ... offload dev lo dir in` and `out`, as strace shows it on a
// little-endian machine. It knows no offload of whole packets: that is one more flag, XFRM_OFFLOAD_PACKET, which is 4.
constexpr const char* kInbound = "0c001c000100000002000000";
constexpr const char* kOutbound = "0c001c000100000000000000";
constexpr const char* kInboundPackets = "0c001c000100000006000000";
constexpr const char* kPolicyOfPackets = "0c001c000100000004000000";
constexpr std::uint32_t kLoopback = 1;

std::string last_attribute(const Message& message) { return to_hex(message.octets().last(12)); }

State state(bool inbound, bool packet) {
  State result;
  result.id = {IpAddress::v4(192, 0, 2, 2), {0x11223344}};
  result.source = IpAddress::v4(192, 0, 2, 1);
  result.inbound = inbound;
  result.offload = OffloadedTo{kLoopback, packet};
  return result;
}

PacketKeys keys() { return {{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE}, Secret(20), {}}; }

template <class Report>
Report echoed(const Message& message, std::optional<Report> (*read)(const MessageView&)) {
  auto octets = message.octets();
  auto report = read(*MessageView::take(octets));
  EXPECT_TRUE(report);
  return std::move(*report);
}

TEST(Offload, OfAnSaItIsWhatIproute2Sends) {
  EXPECT_EQ(last_attribute(*new_state(state(true, false), keys())), kInbound);
  EXPECT_EQ(last_attribute(*new_state(state(false, false), keys())), kOutbound);
  EXPECT_EQ(last_attribute(*new_state(state(true, true), keys())), kInboundPackets);
}

TEST(Offload, OfAnSaItIsReadBack) {
  for (const bool packet : {false, true}) {
    const auto report = echoed(*new_state(state(true, packet), keys()), read_state);
    EXPECT_EQ(report.state.offload, (OffloadedTo{kLoopback, packet}));
  }
  auto without = state(true, false);
  without.offload.reset();
  EXPECT_EQ(echoed(*new_state(without, keys()), read_state).state.offload, std::nullopt);
}

TEST(Offload, APolicyHasAPartInItOnlyWhenWholePacketsAreOffloaded) {
  const PolicyKey key{Direction::out, {{IpAddress::v4(10, 1, 0, 0), 16}, {IpAddress::v4(10, 2, 0, 0), 16}}, {}};
  PolicyContent content;
  const auto without = to_hex(new_policy(key, content, 0).octets());
  content.offload = OffloadedTo{kLoopback, false};
  EXPECT_EQ(to_hex(new_policy(key, content, 0).octets()), without);
  content.offload->packet = true;
  const auto message = new_policy(key, content, 0);
  EXPECT_EQ(last_attribute(message), kPolicyOfPackets);
  EXPECT_EQ(echoed(message, read_policy).content.offload, content.offload);
}

}  // namespace
}  // namespace keypact::xfrm
