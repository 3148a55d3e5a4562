// CERT and CERTREQ.
#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

/// A chain of `count` payloads of `type`, all with this body.
Octets repeated(PayloadType type, OctetView body, std::size_t count) {
  Octets chain;
  for (std::size_t i = 1; i <= count; ++i) {
    auto one = in_chain(body);
    one[0] = i < count ? static_cast<std::uint8_t>(type) : 0;
    append(chain, one);
  }
  return chain;
}

void expect_at_most(PayloadType type, std::size_t limit) {
  const Octets body{4, 0x30, 0x00};
  const auto all = parse_payload_chain(type, repeated(type, body, limit));
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->payloads.size(), limit);
  for (const std::size_t count : {limit + 1, std::size_t{64}}) {
    const auto refused = parse_payload_chain(type, repeated(type, body, count));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ParseErrorCode::too_many_payloads);
    EXPECT_EQ(refused.error().payload, type);
    EXPECT_EQ(refused.error().offset, limit * 7);
  }
}

TEST(CertPayload, ReadsEncodingAndData) {
  const auto cert = accepted<CertPayload>(PayloadType::CERT, "04 3003020101");
  EXPECT_EQ(cert.encoding, CertEncoding::X509_CERTIFICATE_SIGNATURE);
  EXPECT_EQ(to_hex(cert.data), "3003020101");
}

TEST(CertreqPayload, ReadsEncodingAndAuthorities) {
  const auto request = accepted<CertreqPayload>(PayloadType::CERTREQ, "04 000102030405060708090a0b0c0d0e0f10111213");
  EXPECT_EQ(request.encoding, CertEncoding::X509_CERTIFICATE_SIGNATURE);
  EXPECT_EQ(request.authorities.size(), 20u);
}

TEST(CertreqPayload, A02_payload_length_4) {
  EXPECT_EQ(refusal(PayloadType::CERTREQ, ""), ParseErrorCode::payload_truncated);
  EXPECT_EQ(refusal(PayloadType::CERT, ""), ParseErrorCode::payload_truncated);
}

TEST(CertPayload, A24_more_certificates_than_the_limit) { expect_at_most(PayloadType::CERT, limits::kCertPayloads); }
TEST(CertreqPayload, A24_more_requests_than_the_limit) {
  expect_at_most(PayloadType::CERTREQ, limits::kCertreqPayloads);
}

TEST(CertPayload, A24_a_certificate_as_long_as_a_payload) {
  Octets body(65531, 0x30);
  body[0] = 4;
  EXPECT_EQ(accepted<CertPayload>(PayloadType::CERT, body).data.size(), 65530u);
}

TEST(CertPayload, A31_every_encoding_empty_and_filled_is_opaque) {
  for (unsigned encoding = 0; encoding < 256; ++encoding) {
    const Octets empty{static_cast<std::uint8_t>(encoding)};
    EXPECT_TRUE(accepted<CertPayload>(PayloadType::CERT, empty).data.empty());
    // A hundred nested sequences: nobody here descends into them.
    Octets nested = empty;
    for (unsigned depth = 0; depth < 100; ++depth) nested.insert(nested.end(), {0x30, 0x80});
    EXPECT_EQ(accepted<CertPayload>(PayloadType::CERT, nested).data.size(), 200u);
    EXPECT_EQ(accepted<CertreqPayload>(PayloadType::CERTREQ, nested).authorities.size(), 200u);
  }
}

}  // namespace
}  // namespace keypact::wire
