#include "wire/test_support.h"

namespace keypact::wire {
namespace {

KePayload ke(std::string_view body) { return accepted<KePayload>(PayloadType::KE, body); }

TEST(KePayload, ReadsThePublishedExampleOfGroup19) {
  // RFC 5903 §8.1
  const auto payload =
      ke("00130000 DAD0B653 94221CF9 B051E1FE CA5787D0 98DFE637 FC90B9EF 945D0C37 72581180 5271A046 1CDB8252 D61F1C45 "
         "6FA3E59A B1F45B33 ACCF5F58 389E0577 B8990BB3");
  EXPECT_EQ(payload.method, KeyExchangeMethod::ECP_256);
  EXPECT_EQ(payload.data.size(), 64u);
  EXPECT_EQ(payload.data.front(), 0xda);
  EXPECT_EQ(payload.data.back(), 0xb3);
}

TEST(KePayload, IgnoresReservedOctets) { expect_reserved_ignored(PayloadType::KE, "001f8001aa", "001f0000aa"); }

TEST(KePayload, A10_every_method_number_is_carried_as_it_came) {
  for (unsigned number = 0; number < 65536; ++number) {
    const Octets body{static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number & 255), 0, 0, 1};
    const auto parsed = parse_body(PayloadType::KE, body);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(std::get<KePayload>(parsed->payloads.at(0).body).method, static_cast<KeyExchangeMethod>(number));
  }
}

TEST(KePayload, A22_no_public_value) {
  for (const auto* body : {"", "00", "001f", "001f00", "001f0000"})
    EXPECT_EQ(refusal(PayloadType::KE, body), ParseErrorCode::payload_truncated);
}

TEST(KePayload, A22_public_values_of_any_length_arrive_unchanged) {
  for (const std::size_t size : {1u, 31u, 32u, 33u, 255u, 256u, 257u, 1568u, 65527u}) {
    Octets body{0, 31, 0, 0};
    body.resize(4 + size, 0x42);
    EXPECT_EQ(accepted<KePayload>(PayloadType::KE, body).data.size(), size);
  }
}

}  // namespace
}  // namespace keypact::wire
