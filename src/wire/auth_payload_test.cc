// AUTH, Nonce, EAP, Vendor ID: payloads with one field of interest.
#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

TEST(AuthPayload, ReadsMethodAndData) {
  const auto auth = accepted<AuthPayload>(PayloadType::AUTH, "02000000 0102030405");
  EXPECT_EQ(auth.method, AuthMethod::SHARED_KEY_MIC);
  EXPECT_EQ(to_hex(auth.data), "0102030405");
}

TEST(AuthPayload, IgnoresReservedOctets) { expect_reserved_ignored(PayloadType::AUTH, "02000001 aa", "02000000 aa"); }

TEST(AuthPayload, RefusesABodyOfLessThanFourOctets) { expect_refused_when_cut(PayloadType::AUTH, "02000000"); }

TEST(NoncePayload, AcceptsExactlySixteenTo256Octets) {
  for (std::size_t size = 0; size <= 300; ++size) {
    const Octets body(size, 0x5a);
    if (size >= 16 && size <= 256) EXPECT_EQ(accepted<NoncePayload>(PayloadType::Nonce, body).nonce, body);
    else EXPECT_EQ(refusal(PayloadType::Nonce, body), ParseErrorCode::nonce_length);
  }
}

TEST(EapPayload, KeepsThePacketWhenItsLengthIsThePayloads) {
  EXPECT_EQ(accepted<EapPayload>(PayloadType::EAP, "01010005 01").message.size(), 5u);
  EXPECT_EQ(accepted<EapPayload>(PayloadType::EAP, "03010004").message.size(), 4u);
}

TEST(EapPayload, RefusesAnotherLength) {
  for (const auto* body : {"01010004 01", "01010006 01", "01010000", "0101ffff 01", "01010003"})
    EXPECT_EQ(refusal(PayloadType::EAP, body), ParseErrorCode::eap_length_mismatch);
  for (const auto* body : {"", "01", "0101", "010100"})
    EXPECT_EQ(refusal(PayloadType::EAP, body), ParseErrorCode::payload_truncated);
}

TEST(VendorIdPayload, IsOpaqueAndMayBeEmpty) {
  EXPECT_TRUE(accepted<VendorIdPayload>(PayloadType::V, "").data.empty());
  EXPECT_EQ(accepted<VendorIdPayload>(PayloadType::V, "882fe56d6fd20dbc2251613b2ebe5beb").data.size(), 16u);
}

}  // namespace
}  // namespace keypact::wire
