#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

IdPayload id(std::string_view body, PayloadType role = PayloadType::IDi) { return accepted<IdPayload>(role, body); }

Octets body_of(std::uint8_t type, std::size_t data_octets) {
  Octets body{type, 0, 0, 0};
  body.resize(4 + data_octets, 'a');
  return body;
}

TEST(IdPayload, ReadsNamesAndAddresses) {
  EXPECT_EQ(id("02000000 612e6c6162").id, Identification::fqdn("a.lab"));
  EXPECT_EQ(id("03000000 6140622e63", PayloadType::IDr).id, Identification::email("a@b.c"));
  EXPECT_EQ(id("01000000 c0000201").id, Identification::of(IpAddress::v4(192, 0, 2, 1)));
  EXPECT_EQ(id("05000000 20010db8000000000000000000000001").id, Identification::of(*IpAddress::parse("2001:db8::1")));
}

TEST(IdPayload, GivesTheBodyThatAuthCovers) {
  const IdPayload payload{PayloadType::IDr, Identification::fqdn("a.lab")};
  EXPECT_EQ(to_hex(payload.body()), "02000000612e6c6162");
}

TEST(IdPayload, IgnoresReservedOctets) { expect_reserved_ignored(PayloadType::IDi, "02010203 61", "02000000 61"); }

TEST(IdPayload, A15_bodies_of_0_to_3_octets) {
  for (const auto role : {PayloadType::IDi, PayloadType::IDr}) expect_refused_when_cut(role, "02000000 61");
}

TEST(IdPayload, A15_every_type_in_either_role) {
  for (unsigned type = 0; type < 256; ++type) {
    for (const auto role : {PayloadType::IDi, PayloadType::IDr}) {
      for (const std::size_t size : {0u, 1u, 3u, 4u, 5u, 15u, 16u, 17u, 100u}) {
        const auto body = body_of(static_cast<std::uint8_t>(type), size);
        bool fits = true;
        if (type == 1) fits = size == 4;
        if (type == 5) fits = size == 16;
        if (type == 2 || type == 3 || type == 9 || type == 10) fits = size > 0;
        if (type == 13) fits = size == 0;
        if (fits) EXPECT_EQ(accepted<IdPayload>(role, body).role, role);
        else EXPECT_EQ(refusal(role, body), identification_length);
      }
    }
  }
}

TEST(IdPayload, A23_identifications_up_to_the_limit_and_beyond) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{2, 3, 9, 11}) {
    EXPECT_EQ(accepted<IdPayload>(PayloadType::IDi, body_of(type, limits::kIdentificationOctets)).id.data.size(),
              limits::kIdentificationOctets);
    for (const std::size_t size : {limits::kIdentificationOctets + 1, std::size_t{65527}})
      EXPECT_EQ(refusal(PayloadType::IDi, body_of(type, size)), identification_length);
  }
}

}  // namespace
}  // namespace keypact::wire
