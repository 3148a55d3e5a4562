// Peers whose keys are in the DNS. RFC 4025.
#include <gtest/gtest.h>

#include "pki/ipseckey.h"
#include "pki/peer_authentication.h"
#include "pki/private_key.h"
#include "pki/test_authority.h"

namespace keypact::pki {
namespace {

constexpr std::string_view kOctets = "what the peer's signature is over";
constexpr std::uint8_t kEcdsa = 3;

class PeerByDns : public ::testing::Test {
 protected:
  PeerByDns() { rules.dns_keys = DnsKeys::secure; }

  static Issued key_pair() { return self_signed(wanted_leaf("CN=whoever")); }
  static PublicKey public_key(const Issued& holder) { return holder.certificate().public_key(); }
  static Octets record(const Issued& holder) {
    Octets rdata = {10, 0, kEcdsa};
    append(rdata, public_key(holder).spki().last(64));
    return rdata;
  }
  static PeerClaim claim_of(const Issued& holder, bool sends_key = true, std::string_view name = "moon.example.org") {
    const auto key = PrivateKey::of(holder.key.get()).value();
    const std::array hashes = {HashAlgorithm::SHA2_256};
    const auto* scheme = key.schemes(hashes, {}).front();
    const auto signature = key.sign(*scheme, as_octets(kOctets)).value();
    PeerClaim claim{Identification::fqdn(name),
                    scheme->method,
                    encode_auth_data(*scheme, signature),
                    to_octets(as_octets(kOctets)),
                    {}};
    if (sends_key) claim.certificates.push_back({CertEncoding::RAW_PUBLIC_KEY, to_octets(public_key(holder).spki())});
    return claim;
  }
  /// With the answer of the DNS; "asks NAME" where it has none yet.
  [[nodiscard]] std::string outcome(const PeerClaim& claim, const std::optional<Document>& answer = std::nullopt,
                                    bool may_ask = true) const {
    Inquiry inquiry{.may_ask = may_ask};
    if (answer) inquiry.documents.emplace("IPSECKEY moon.example.org", *answer);
    const auto result = authenticate_peer(claim, rules, kTestNow, inquiry, RevocationKnowledge()).outcome;
    if (const auto* wanted = std::get_if<WantedDocuments>(&result)) {
      const auto& request = wanted->requests.front();
      const bool is_signed = request.kind == DocumentRequest::Kind::signed_keys;
      return "asks " + request.uri + (is_signed ? "" : ", signed or not");
    }
    const auto* refusal = std::get_if<Refusal>(&result);
    return refusal != nullptr ? refusal->to_string() : "accepted";
  }
  static Document dns_says(const std::vector<Octets>& records) {
    return std::make_shared<const Octets>(join_records(records));
  }

  Issued moon = key_pair();
  Issued stranger = key_pair();
  PeerRules rules;
};

TEST_F(PeerByDns, TheKeyThatTheDnsHasMakesTheSignature) {
  for (const bool sends_key : {true, false}) {
    const auto claim = claim_of(moon, sends_key);
    EXPECT_EQ(outcome(claim), "asks moon.example.org");
    EXPECT_EQ(outcome(claim, dns_says({record(moon)})), "accepted");
    EXPECT_EQ(outcome(claim, dns_says({record(stranger), record(moon)})), "accepted");
  }
}

TEST_F(PeerByDns, AnotherKeyIsRefused) {
  EXPECT_EQ(outcome(claim_of(stranger), dns_says({record(moon)})),
            "\"moon.example.org\": its raw public key is none that the DNS has for it (RFC 7670 §5)");
  EXPECT_EQ(outcome(claim_of(stranger, false), dns_says({record(moon)})),
            "\"moon.example.org\": no public key that the DNS has for it made its signature (RFC 7296 §2.15)");
}

TEST_F(PeerByDns, C07_NobodyAsksAboutAKeyWhoseHolderIsNotThere) {
  auto claim = claim_of(stranger);
  claim.certificates.front().data = to_octets(public_key(moon).spki());
  EXPECT_EQ(outcome(claim),
            "\"moon.example.org\": the signature in AUTH is not by the raw public key that it sent (RFC 7296 §2.15)");
}

TEST_F(PeerByDns, WhatTheDnsCannotSayIsTheReason) {
  EXPECT_EQ(outcome(claim_of(moon), Document(failure(std::string("it is not signed")))),
            "\"moon.example.org\": it is not signed (RFC 4025 §4)");
  EXPECT_EQ(outcome(claim_of(moon), dns_says({{10, 0, 0}})),
            "\"moon.example.org\": the DNS has no key for it that signatures are verified with (RFC 4025 §2.4)");
  EXPECT_EQ(outcome(claim_of(moon), std::nullopt, false),
            "\"moon.example.org\": its key is in the DNS, which is not asked any more, or at all (configuration)");
}

TEST_F(PeerByDns, UnsignedRecordsAreAskedForOnlyWhereTheyAreAllowed) {
  rules.dns_keys = DnsKeys::insecure;
  EXPECT_EQ(outcome(claim_of(moon)), "asks moon.example.org, signed or not");
  rules.dns_keys = DnsKeys::no;
  EXPECT_EQ(outcome(claim_of(moon), dns_says({record(moon)})),
            "\"moon.example.org\": its raw public key is none that the configuration has for it (RFC 7670 §5)");
}

TEST_F(PeerByDns, AKeyOfTheConfigurationNeedsNoDns) {
  rules.pinned_keys = {public_key(moon)};
  EXPECT_EQ(outcome(claim_of(moon)), "accepted");
  EXPECT_EQ(outcome(claim_of(stranger)), "asks moon.example.org");
}

TEST_F(PeerByDns, AnIdentityThatTheDnsCannotKnowIsRefused) {
  EXPECT_EQ(outcome(claim_of(moon, true, "no name")),
            "\"no name\": the DNS has keys for host names and addresses, and it is neither (RFC 4025 §1.2)");
}

}  // namespace
}  // namespace keypact::pki
