#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

TEST(DeletePayload, OfTheIkeSaHasNoSpi) {
  const auto payload = accepted<DeletePayload>(PayloadType::D, "01000000");
  EXPECT_EQ(payload.protocol, ProtocolId::IKE);
  EXPECT_TRUE(payload.spis.empty());
}

TEST(DeletePayload, OfChildSasListsTheirSpis) {
  const auto payload = accepted<DeletePayload>(PayloadType::D, "03040002 c0ffee01 c0ffee02");
  EXPECT_EQ(payload.spis, (std::vector{EspSpi{0xc0ffee01}, EspSpi{0xc0ffee02}}));
  EXPECT_TRUE(accepted<DeletePayload>(PayloadType::D, "02040000").spis.empty());
}

TEST(DeletePayload, A02_more_spis_than_octets) {
  EXPECT_EQ(refusal(PayloadType::D, "03040003 c0ffee01 c0ffee02"), payload_truncated);
  EXPECT_EQ(refusal(PayloadType::D, "03040400 c0ffee01"), payload_truncated);
  EXPECT_EQ(refusal(PayloadType::D, "0304ffff"), too_many_spis);
  EXPECT_EQ(refusal(PayloadType::D, "03040001 c0ffee01 c0ffee02"), trailing_octets);
}

TEST(DeletePayload, A02_65535_spis_that_are_really_there_exceed_the_limit) {
  Octets body{3, 4, 0x04, 0x00};
  body.resize(4 + 4 * limits::kDeleteSpis, 0x77);
  EXPECT_EQ(accepted<DeletePayload>(PayloadType::D, body).spis.size(), limits::kDeleteSpis);
  body[3] = 0x01;
  body.resize(body.size() + 4, 0x77);
  EXPECT_EQ(refusal(PayloadType::D, body), too_many_spis);
}

TEST(DeletePayload, A02_spi_size_of_another_protocol) {
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    for (unsigned size = 0; size < 256; ++size) {
      Octets body{static_cast<std::uint8_t>(protocol), static_cast<std::uint8_t>(size), 0, 1};
      body.resize(4 + size, 0x33);
      const bool fits = (protocol == 2 || protocol == 3) && size == 4;
      ASSERT_EQ(parse_body(PayloadType::D, body).has_value(), fits) << protocol << ' ' << size;
    }
  }
}

TEST(DeletePayload, A16_several_in_any_place_arrive_in_order_up_to_the_limit) {
  const Payload ike = DeletePayload{ProtocolId::IKE, {}};
  const Payload child = DeletePayload{ProtocolId::ESP, {EspSpi{0x1000}}};
  const Payload notify = NotifyPayload{ProtocolId::none, {}, NotifyType::INITIAL_CONTACT, {}};
  for (const auto& payloads :
       {std::vector{ike, ike, notify}, std::vector{child, ike, child}, std::vector{notify, ike}}) {
    const auto parsed = parse_payload_chain(type_of(payloads.front()), encode_payload_chain(payloads));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->payloads, payloads);
  }
  const auto many = encode_payload_chain(std::vector(limits::kDeletePayloads + 1, ike));
  EXPECT_EQ(parse_payload_chain(PayloadType::D, many).error().code, too_many_payloads);
}

}  // namespace
}  // namespace keypact::wire
