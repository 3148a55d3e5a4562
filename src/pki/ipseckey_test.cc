#include "pki/ipseckey.h"

#include <gmock/gmock.h>

#include "pki/test_authority.h"

namespace keypact::pki {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

enum class Kind : std::uint8_t { rsa = 2, ecdsa = 3, eddsa = 4 };

PublicKey made(const std::string& key) {
  auto wanted = wanted_leaf("CN=peer");
  wanted.key = key;
  if (key == "ED25519") wanted.hash = "";
  return self_signed(wanted).certificate().public_key();
}

/// The last octets of SubjectPublicKeyInfo: those of a point, or of a key of EdDSA.
Octets last(const PublicKey& key, std::size_t octets) { return to_octets(key.spki().last(octets)); }

/// RFC 3110 of a key of 2048 bits with the exponent 65537: in DER the modulus ends before "02 03 01 00 01".
Octets rsa_octets(const PublicKey& key) {
  Octets octets = {3, 1, 0, 1};
  append(octets, key.spki().last(256 + 5).first(256));
  return octets;
}

Octets record(Kind kind, const Octets& key, const Octets& gateway_type_and = {0}) {
  Octets rdata = {10, gateway_type_and[0], static_cast<std::uint8_t>(kind)};
  append(rdata, OctetView(gateway_type_and).subspan(1));
  append(rdata, key);
  return rdata;
}

TEST(Ipseckey, KeysOfEachKindAreRead) {
  const auto rsa = made("RSA");
  EXPECT_EQ(key_of_ipseckey(record(Kind::rsa, rsa_octets(rsa))), rsa);
  const auto p256 = made("P-256");
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, last(p256, 64))), p256);
  const auto p384 = made("P-384");
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, last(p384, 96))), p384);
  const auto ed25519 = made("ED25519");
  EXPECT_EQ(key_of_ipseckey(record(Kind::eddsa, last(ed25519, 32))), ed25519);
}

TEST(Ipseckey, ALongExponentHasItsLengthInTwoOctets) {
  const auto key = made("RSA");
  auto octets = rsa_octets(key);
  octets.insert(octets.begin(), {0, 0});
  EXPECT_EQ(key_of_ipseckey(record(Kind::rsa, octets)), key);
}

TEST(Ipseckey, GatewaysArePassedOver) {
  const auto key = made("P-256");
  const auto octets = last(key, 64);
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, octets, {1, 192, 0, 2, 1})), key);
  Octets v6(17, 0);
  v6[0] = 2;
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, octets, v6)), key);
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, octets, {3, 2, 'g', 'w', 3, 'o', 'r', 'g', 0})), key);
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, octets, {3, 0})), key);
}

TEST(Ipseckey, E_WhatIsCutOffOrNoKeyIsNone) {
  const auto whole = record(Kind::ecdsa, last(made("P-256"), 64), {3, 2, 'g', 'w', 0});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(key_of_ipseckey(OctetView(whole).first(size)), std::nullopt) << size;
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, last(made("P-256"), 64), {3, 0xc0, 0x0c})), std::nullopt)
      << "a compressed name";
  EXPECT_EQ(key_of_ipseckey(record(Kind::ecdsa, Octets(64, 1))), std::nullopt) << "no point of the curve";
  EXPECT_EQ(key_of_ipseckey(record(static_cast<Kind>(1), Octets(64, 1))), std::nullopt) << "DSA";
  EXPECT_EQ(key_of_ipseckey(record(static_cast<Kind>(0), {})), std::nullopt) << "no key";
  EXPECT_EQ(key_of_ipseckey(Octets{10, 4, 2, 1}), std::nullopt) << "a gateway of a type that nobody knows";
}

/// RFC 4025 §3.1: its example has 240 bits.
TEST(Ipseckey, AShortRsaKeyIsNone) {
  Octets octets = {1, 3};
  octets.resize(2 + 30, 0xd3);
  EXPECT_EQ(key_of_ipseckey(record(Kind::rsa, octets, {1, 192, 0, 2, 38})), std::nullopt);
}

TEST(Ipseckey, NamesOfIdentities) {
  EXPECT_EQ(ipseckey_name(Identification::fqdn("gw.example.org")), "gw.example.org");
  EXPECT_EQ(ipseckey_name(Identification::of(*IpAddress::parse("192.0.2.38"))), "38.2.0.192.in-addr.arpa");
  EXPECT_EQ(ipseckey_name(Identification::of(*IpAddress::parse("2001:db8::1"))),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  EXPECT_EQ(ipseckey_name(Identification::email("a@b.org")), std::nullopt);
  for (const auto* name : {"", ".", ".a", "a..b", "a b", "a/b", "*.example.org"})
    EXPECT_EQ(ipseckey_name(Identification::fqdn(name)), std::nullopt) << name;
  EXPECT_EQ(ipseckey_name(Identification::fqdn(std::string(254, 'a'))), std::nullopt);
}

TEST(Ipseckey, RecordsAreOneDocumentAndComeApartAgain) {
  const std::vector<Octets> records = {{1, 2, 3}, {}, Octets(300, 7)};
  const auto document = join_records(records);
  const auto parts = split_records(document);
  ASSERT_EQ(parts.size(), 3U);
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(to_octets(parts[i]), records[i]);
  EXPECT_THAT(split_records(OctetView(document).first(4)), IsEmpty());
  EXPECT_EQ(split_records(join_records(std::vector<Octets>(100, {1}))).size(), kIpseckeyRecords);
}

}  // namespace
}  // namespace keypact::pki
