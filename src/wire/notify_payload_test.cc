#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

NotifyPayload notify(std::string_view body) { return accepted<NotifyPayload>(PayloadType::N, body); }

TEST(NotifyPayload, ReadsThePublishedExample) {
  // RFC 7634 §B: SET_WINDOW_SIZE 10.
  const auto payload = notify("00004001 0000000a");
  EXPECT_EQ(payload.type, NotifyType::SET_WINDOW_SIZE);
  EXPECT_EQ(payload.protocol, ProtocolId::none);
  EXPECT_TRUE(payload.spi.empty());
  EXPECT_EQ(to_hex(payload.data), "0000000a");
}

TEST(NotifyPayload, ReadsTheSpiBeforeTheData) {
  const auto payload = notify("03044009 c0ffee01 aabb");
  EXPECT_EQ(payload.type, NotifyType::REKEY_SA);
  EXPECT_EQ(payload.protocol, ProtocolId::ESP);
  EXPECT_EQ(to_hex(payload.spi), "c0ffee01");
  EXPECT_EQ(to_hex(payload.data), "aabb");
}

TEST(NotifyPayload, RefusesAnSpiBeyondThePayload) {
  EXPECT_EQ(refusal(PayloadType::N, "03044009 c0ffee"), payload_truncated);
  EXPECT_EQ(refusal(PayloadType::N, "03ff4009 c0ffee01"), payload_truncated);
  expect_refused_when_cut(PayloadType::N, "03044009 c0ffee01");
}

TEST(NotifyPayload, A13_rekey_sa_needs_ah_or_esp_and_four_octets) {
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    for (unsigned size = 0; size < 256; ++size) {
      Octets body{static_cast<std::uint8_t>(protocol), static_cast<std::uint8_t>(size), 0x40, 0x09};
      body.resize(4 + size, 0x11);
      const bool fits = (protocol == 2 || protocol == 3) && size == 4;
      const auto parsed = parse_body(PayloadType::N, body);
      ASSERT_EQ(parsed.has_value(), fits) << protocol << ' ' << size;
      if (fits) continue;
      EXPECT_EQ(parsed.error().code, spi_size_mismatch);
      EXPECT_EQ(parsed.error().notify(), NotifyType::INVALID_SYNTAX);
    }
  }
}

TEST(NotifyPayload, A07_every_type_is_carried_as_it_came) {
  for (unsigned type = 0; type < 65536; ++type) {
    if (type == 16393) continue;
    const Octets body{1, 0, static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type & 255)};
    const auto parsed = parse_body(PayloadType::N, body);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(static_cast<unsigned>(std::get<NotifyPayload>(parsed->payloads.at(0).body).type), type);
  }
}

TEST(NotifyPayload, RefusesMoreThanTheLimit) {
  const auto chain = [](std::size_t count, NotifyType type) {
    return encode_payload_chain(std::vector<Payload>(count, NotifyPayload{ProtocolId::none, {}, type, {}}));
  };
  EXPECT_TRUE(parse_payload_chain(PayloadType::N, chain(limits::kNotifyPayloads, NotifyType::COOKIE)).has_value());
  const auto refused = parse_payload_chain(PayloadType::N, chain(limits::kNotifyPayloads + 1, NotifyType::COOKIE));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, too_many_payloads);

  constexpr auto kSource = NotifyType::NAT_DETECTION_SOURCE_IP;
  EXPECT_TRUE(parse_payload_chain(PayloadType::N, chain(limits::kNatDetectionNotifies, kSource)).has_value());
  EXPECT_FALSE(parse_payload_chain(PayloadType::N, chain(limits::kNatDetectionNotifies + 1, kSource)).has_value());
}

}  // namespace
}  // namespace keypact::wire
