#include "xfrm/state.h"

#include <gtest/gtest.h>
#include <linux/xfrm.h>

#include "xfrm/algorithm.h"
#include "xfrm/test_octets.h"

namespace keypact::xfrm {
namespace {

std::string behind_header(const Message& message) { return to_hex(message.octets().subspan(sizeof(nlmsghdr))); }

Secret ascending(std::size_t size) {
  Secret secret(size);
  std::uint8_t next = 0;
  for (auto& octet : secret.reveal_mutable()) octet = next++;
  return secret;
}

PacketKeys gcm_keys() { return {{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE}, ascending(20), {}}; }

State tunnel_state() {
  State state;
  state.id = {*IpAddress::parse("192.0.2.2"), {0x11223344}};
  state.source = *IpAddress::parse("192.0.2.1");
  state.reqid = 77;
  state.esn = true;
  state.replay_window = 64;
  return state;
}

State transport_state() {
  State state;
  state.id = {*IpAddress::parse("2001:db8::2"), {0x100}};
  state.source = *IpAddress::parse("2001:db8::1");
  state.reqid = 5;
  state.mode = Mode::transport;
  state.udp = UdpPorts{4500, 20001};
  state.limits.soft = {1000, 30};
  state.limits.hard = {2000, 40};
  return state;
}

State state_of_one_port() {
  State state;
  state.id = {*IpAddress::parse("192.0.2.2"), {0x300}};
  state.source = *IpAddress::parse("192.0.2.1");
  state.reqid = 9;
  state.mode = Mode::transport;
  state.selector = Selector{{state.source, 32}, {state.id.destination, 32}, 6, {}, {40000, 0xffff}};
  return state;
}

/// What the kernel would answer that holds it: the same octets under another type.
std::optional<StateReport> echoed(const Message& message) {
  auto octets = message.octets();
  const auto view = MessageView::take(octets);
  return view ? read_state(*view) : std::nullopt;
}

TEST(XfrmState, AnAeadTunnelIsWhatIproute2Sends) {
  const auto message = new_state(tunnel_state(), gcm_keys());
  ASSERT_TRUE(message);
  // The window of 64 packets, whose two words of memory iproute2 leaves to the kernel.
  const auto expected = std::string(kTunnelState);
  const auto window = std::string("1c001700").size() + 2 * sizeof(xfrm_replay_state_esn);
  const auto rest = std::string("24001700") + expected.substr(expected.size() - window + 8) + std::string(16, '0');
  EXPECT_EQ(behind_header(*message), expected.substr(0, expected.size() - window) + rest);
}

TEST(XfrmState, ATransportSaWithTwoKeysInUdpWithLimitsIsWhatIproute2Sends) {
  const PacketKeys keys{
      {EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128}, ascending(16), ascending(32)};
  const auto message = new_state(transport_state(), keys);
  ASSERT_TRUE(message);
  EXPECT_EQ(behind_header(*message), kTransportState);
}

TEST(XfrmState, ASelectorOfOnePortIsWhatIproute2SendsAndReadBack) {
  const auto message = new_state(state_of_one_port(), gcm_keys());
  ASSERT_TRUE(message);
  EXPECT_EQ(behind_header(*message), kStateOfOnePort);
  EXPECT_EQ(echoed(*message)->state.selector, state_of_one_port().selector);
  EXPECT_EQ(echoed(*new_state(transport_state(), gcm_keys()))->state.selector, std::nullopt);
}

TEST(XfrmState, ADeletionNamesTheSaAsIproute2Does) {
  // iproute2 adds the source address, which the kernel does not need.
  const auto written = behind_header(delete_state(tunnel_state().id));
  EXPECT_EQ(written, std::string(kStateDeletion).substr(0, written.size()));
}

TEST(XfrmState, WhatIsWrittenIsReadBack) {
  auto state = transport_state();
  state.esn = true;
  state.replay_window = 4096;
  state.sent = 0x1'2345'6789;
  state.received = 0x2'0000'0001;
  state.headers = {false, false, false, true};
  state.id.mark = {0x12, 0xff};
  state.set_mark = {0x6b70, 0xffff};
  state.interface_id = 9;
  state.tfc_padding = 1400;
  const auto report = echoed(*new_state(state, gcm_keys()));
  ASSERT_TRUE(report);
  const auto& back = report->state;
  EXPECT_EQ(back.id, state.id);
  EXPECT_EQ(back.source, state.source);
  EXPECT_EQ(back.reqid, 5);
  EXPECT_EQ(back.mode, Mode::transport);
  EXPECT_TRUE(back.esn);
  EXPECT_EQ(back.replay_window, 4096);
  EXPECT_EQ(back.sent, state.sent);
  EXPECT_EQ(back.received, state.received);
  EXPECT_EQ(back.headers, state.headers);
  EXPECT_EQ(back.udp, state.udp);
  EXPECT_EQ(back.limits.soft.packets, 30);
  EXPECT_EQ(back.limits.hard.octets, 2000);
  EXPECT_EQ(back.set_mark, state.set_mark);
  EXPECT_EQ(back.tfc_padding, 1400);
  EXPECT_EQ(back.interface_id, 9);
  EXPECT_EQ(report->encryption, "rfc4106(gcm(aes))");
  EXPECT_EQ(report->icv_bits, 128);
  EXPECT_TRUE(secret_equal(report->encryption_key.reveal(), gcm_keys().encryption.reveal()));
}

TEST(XfrmState, WhatTheKernelHasNoNameForIsRefused) {
  EXPECT_FALSE(
      new_state(tunnel_state(), {{EncryptionId::ENCR_AES_GCM_16_IIV, 128, IntegrityId::NONE}, ascending(20), {}}));
  EXPECT_FALSE(new_state(tunnel_state(), {{EncryptionId::ENCR_AES_CBC, 128, IntegrityId::NONE}, ascending(16), {}}));
  EXPECT_FALSE(
      new_state(tunnel_state(),
                {{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::AUTH_HMAC_SHA1_96}, ascending(20), ascending(20)}));
}

TEST(XfrmState, ATruncatedAnswerIsNone) {
  const auto message = new_state(transport_state(), gcm_keys());
  const auto whole = to_octets(message->octets());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto part = OctetView(whole).first(size);
    EXPECT_FALSE(MessageView::take(part));
  }
}

TEST(XfrmMessage, AttributesThatLieAboutTheirLengthEndTheSearch) {
  Message message(XFRM_MSG_NEWSA, 0);
  message.body(std::uint32_t{0}).structure(XFRMA_IF_ID, std::uint32_t{7});
  auto octets = to_octets(message.octets());
  octets[sizeof(nlmsghdr) + 4] = 200;  // the attribute's length
  OctetView rest = octets;
  const auto view = MessageView::take(rest);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->attribute(4, XFRMA_IF_ID));
  octets[sizeof(nlmsghdr) + 4] = 0;
  rest = octets;
  EXPECT_FALSE(MessageView::take(rest)->attribute(4, XFRMA_IF_ID));
}

}  // namespace
}  // namespace keypact::xfrm
