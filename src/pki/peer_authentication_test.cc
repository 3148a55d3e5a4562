#include "pki/peer_authentication.h"

#include <gtest/gtest.h>

#include "pki/identity.h"
#include "pki/private_key.h"
#include "pki/test_authority.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {
namespace {

constexpr std::string_view kOctets = "what the peer's signature is over";

PrivateKey key_of(const Issued& issued) { return PrivateKey::of(issued.key.get()).value(); }

/// A peer below a root, and the rules that accept it.
class PeerAuthentication : public ::testing::Test {
 protected:
  PeerAuthentication() { rules.anchors = TrustAnchors::of({root.certificate()}).value(); }

  [[nodiscard]] static Issued peer_below(const Issued& issuer, std::string names = "DNS:moon.example.org") {
    return issued_by(issuer, wanted_leaf("C=CH, CN=moon", {{"subjectAltName", std::move(names)}}));
  }
  /// What the holder of the key says, with these certificates.
  static PeerClaim claim_of(const Issued& holder, const std::vector<Certificate>& sent,
                            Identification identity = Identification::fqdn("moon.example.org")) {
    const auto key = key_of(holder);
    const std::array hashes = {HashAlgorithm::SHA2_256};
    const auto* scheme = key.schemes(hashes, {}).front();
    const auto signature = key.sign(*scheme, as_octets(kOctets)).value();
    PeerClaim claim{
        std::move(identity), scheme->method, encode_auth_data(*scheme, signature), to_octets(as_octets(kOctets)), {}};
    for (const auto& certificate : sent)
      claim.certificates.push_back({CertEncoding::X509_CERTIFICATE_SIGNATURE, to_octets(certificate.der())});
    return claim;
  }
  [[nodiscard]] std::string refusal(const PeerClaim& claim) const {
    const auto result = authenticate_peer(claim, rules, kTestNow);
    return result ? "accepted" : result.error().to_string();
  }

  Issued root = self_signed(wanted_ca("CN=Root"));
  Issued moon = peer_below(root);
  PeerRules rules;
};

TEST_F(PeerAuthentication, IsGivenToWhoeverHoldsTheKeyOfATrustedCertificateOfThisIdentity) {
  const auto result = authenticate_peer(claim_of(moon, {moon.certificate()}), rules, kTestNow);
  ASSERT_TRUE(result.has_value()) << result.error().to_string();
  EXPECT_EQ(result->identity(), Identification::fqdn("moon.example.org"));
  ASSERT_EQ(result->certificates().size(), 2u);
  EXPECT_EQ(result->certificates().front(), moon.certificate());
  EXPECT_EQ(result->scheme().key, KeyType::ecdsa);
}

TEST_F(PeerAuthentication, CompletesThePathWithWhatWasSentAndWhatIsKnown) {
  const auto middle = issued_by(root, wanted_ca("CN=Middle"));
  const auto peer = peer_below(middle);
  EXPECT_NE(refusal(claim_of(peer, {peer.certificate()})), "accepted");
  EXPECT_EQ(refusal(claim_of(peer, {peer.certificate(), middle.certificate()})), "accepted");
  rules.known = {middle.certificate()};
  EXPECT_EQ(refusal(claim_of(peer, {peer.certificate()})), "accepted");
}

TEST_F(PeerAuthentication, ACaOfThePathIsTheOneThatTheConfigurationAsksFor) {
  const auto named = [](std::string_view name) {
    return IdentityPattern::exactly({IdType::ID_DER_ASN1_DN, name_from_text(name).value()});
  };
  const auto middle = issued_by(root, wanted_ca("CN=Middle", {{"subjectAltName", "DNS:ca.example.org"}}));
  const auto peer = peer_below(middle);
  const auto claim = claim_of(peer, {peer.certificate(), middle.certificate()});
  for (const auto& id :
       {named("CN=Root"), named("CN=Middle"), IdentityPattern::exactly(Identification::fqdn("ca.example.org")),
        IdentityPattern::exactly(Identification::fqdn("*.example.org"))}) {
    rules.authority_id = id;
    EXPECT_EQ(refusal(claim), "accepted") << id.to_string();
  }
  rules.authority_id = named("C=CH, CN=moon");
  EXPECT_EQ(refusal(claim),
            "\"C=CH, CN=moon\": no CA above it is \"C=CH, CN=moon\", which ca_id asks for (configuration)");
  rules.authority_id = named("CN=Middle");
  EXPECT_NE(refusal(claim_of(moon, {moon.certificate()})), "accepted");
  rules.known = {moon.certificate()};
  EXPECT_NE(refusal(claim_of(moon, {moon.certificate()})), "accepted") << "known as it is, and not below that CA";
}

TEST_F(PeerAuthentication, ThePathIsOfThePoliciesThatTheConfigurationAsksFor) {
  // certificatePolicies of 1.3.6.1.4.1.1, of it and 1.2.3, of 1.3.6.1.4.1.11, and of anyPolicy.
  constexpr const char* kOne = "DER:300a300806062b0601040101";
  constexpr const char* kOneAndMore = "DER:3010300806062b0601040101300406022a03";
  constexpr const char* kOther = "DER:300a300806062b060104010b";
  constexpr const char* kAny = "DER:300830060604551d2000";
  const auto with = [&](const Issued& issuer, const std::string& policies) {
    return issued_by(
        issuer, wanted_leaf("C=CH, CN=moon", {{"subjectAltName", "DNS:moon.example.org"}, {"2.5.29.32", policies}}));
  };
  rules.policies = {"1.3.6.1.4.1.1"};
  EXPECT_EQ(
      refusal(claim_of(moon, {moon.certificate()})),
      "\"C=CH, CN=moon\": it is not issued under the certificate policy 1.3.6.1.4.1.1, which cert_policy asks for "
      "(configuration)");
  const auto other = with(root, kOther);
  EXPECT_NE(refusal(claim_of(other, {other.certificate()})), "accepted");
  const auto any = with(root, kAny);
  EXPECT_NE(refusal(claim_of(any, {any.certificate()})), "accepted") << "any is none for a peer";
  const auto one = with(root, kOneAndMore);
  EXPECT_EQ(refusal(claim_of(one, {one.certificate()})), "accepted");
  rules.policies.emplace_back("1.2.4");
  EXPECT_NE(refusal(claim_of(one, {one.certificate()})), "accepted") << "all of them";
  rules.policies.pop_back();
  for (const auto& [policies, outcome] : {std::pair{kAny, true}, {kOne, true}, {kOther, false}, {"", false}}) {
    const auto middle = issued_by(root, wanted_ca("CN=Middle", {{"2.5.29.32", policies}}));
    const auto peer = with(middle, kOne);
    EXPECT_EQ(refusal(claim_of(peer, {peer.certificate(), middle.certificate()})) == "accepted", outcome) << policies;
  }
}

TEST_F(PeerAuthentication, C07_NothingIsAskedBeforeThePathIsTrustedAndTheSignatureIsGood) {
  const auto wanted_of = [&](const PeerClaim& claim) {
    Inquiry inquiry{.may_ask = true};
    const auto outcome = authenticate_peer(claim, rules, kTestNow, inquiry, RevocationKnowledge()).outcome;
    const auto* wanted = std::get_if<WantedDocuments>(&outcome);
    return wanted == nullptr ? std::string() : wanted->requests.front().uri;
  };
  const auto peer_of = [](const Issued& issuer) {
    return issued_by(issuer, wanted_leaf("C=CH, CN=moon", {{"subjectAltName", "DNS:moon.example.org"},
                                                           {"crlDistributionPoints", "URI:http://crl/"}}));
  };
  const auto peer = peer_of(root);
  EXPECT_EQ(wanted_of(claim_of(peer, {peer.certificate()})), "http://crl/");
  EXPECT_EQ(wanted_of(claim_of(moon, {peer.certificate()})), "") << "by another key";
  const auto stranger = peer_of(self_signed(wanted_ca("CN=Root")));
  EXPECT_EQ(wanted_of(claim_of(stranger, {stranger.certificate()})), "") << "below another root";
  EXPECT_EQ(wanted_of(claim_of(peer, {peer.certificate()}, Identification::fqdn("sun.example.org"))), "")
      << "by another name";
}

TEST_F(PeerAuthentication, F06_TheIdentityMustBeOneOfTheCertificate) {
  const auto certificate = moon.certificate();
  for (const auto& identity : {Identification::fqdn("moon.example.org"), Identification::fqdn("MOON.example.ORG"),
                               Identification{IdType::ID_DER_ASN1_DN, name_from_text("C=CH, CN=moon").value()},
                               Identification::key_id(certificate.public_key().key_id())})
    EXPECT_EQ(refusal(claim_of(moon, {certificate}, identity)), "accepted") << identity.to_string();
  for (const auto& identity :
       {Identification::fqdn("sun.example.org"), Identification::fqdn("*.example.org"), Identification::fqdn("moon"),
        Identification::email("moon.example.org"), Identification::fqdn("example.org"),
        Identification::fqdn(std::string_view("moon.example.org\0", 17)), Identification::fqdn(""),
        Identification{IdType::ID_DER_ASN1_DN, name_from_text("C=CH, CN=*").value()},
        Identification{IdType::ID_DER_ASN1_DN, {}}, Identification::key_id({}),
        Identification::of(*IpAddress::parse("192.0.2.1"))})
    EXPECT_NE(refusal(claim_of(moon, {certificate}, identity)), "accepted") << identity.to_string();
  EXPECT_EQ(refusal(claim_of(moon, {certificate}, Identification::fqdn("sun.example.org"))),
            "\"C=CH, CN=moon\": it does not speak for \"sun.example.org\", but for C=CH, CN=moon, moon.example.org "
            "(RFC 4945 §3.1)");
}

TEST_F(PeerAuthentication, H16_AStarInACertificateIsAStar) {
  const auto wild = peer_below(root, "DNS:*.example.org");
  EXPECT_NE(refusal(claim_of(wild, {wild.certificate()})), "accepted");
  EXPECT_EQ(refusal(claim_of(wild, {wild.certificate()}, Identification::fqdn("*.example.org"))), "accepted");
}

TEST_F(PeerAuthentication, RefusesASignatureOfAnotherKeyOrOverOtherOctets) {
  auto other_key = claim_of(peer_below(root), {moon.certificate()});
  EXPECT_NE(refusal(other_key).find("the signature in AUTH is not by its key"), std::string::npos)
      << refusal(other_key);
  auto other_octets = claim_of(moon, {moon.certificate()});
  other_octets.signed_octets.back() ^= 1;
  EXPECT_NE(refusal(other_octets).find("RFC 7296 §2.15"), std::string::npos) << refusal(other_octets);
  const auto whole = claim_of(moon, {moon.certificate()});
  for (std::size_t size = 0; size < whole.auth_data.size(); ++size) {
    auto cut = whole;
    cut.auth_data.resize(size);
    EXPECT_NE(refusal(cut), "accepted") << size;
  }
}

TEST_F(PeerAuthentication, RefusesASharedKeyWhereASignatureIsWanted) {
  auto claim = claim_of(moon, {moon.certificate()});
  claim.method = AuthMethod::SHARED_KEY_MIC;
  EXPECT_EQ(
      refusal(claim),
      "\"moon.example.org\": a signature is wanted of it, and it authenticates itself by SHARED_KEY_MIC (RFC 7296 "
      "§2.15)");
}

TEST_F(PeerAuthentication, E16_HoldsThePeerToTheConfiguredSignatures) {
  rules.constraints = AuthConstraints::parse("ike:ecdsa-sha384").value();
  EXPECT_NE(refusal(claim_of(moon, {moon.certificate()})).find("which the configuration does not allow"),
            std::string::npos);
  rules.constraints = AuthConstraints::parse("rsa").value();
  EXPECT_NE(refusal(claim_of(moon, {moon.certificate()})), "accepted");
}

TEST_F(PeerAuthentication, PinnedCertificatesAreTrustedAsTheyAreAndNoOthers) {
  const auto alone = self_signed(wanted_leaf("CN=alone", {{"subjectAltName", "DNS:moon.example.org"}}));
  EXPECT_NE(refusal(claim_of(alone, {alone.certificate()})), "accepted");
  rules.pinned = {alone.certificate()};
  EXPECT_EQ(refusal(claim_of(alone, {alone.certificate()})), "accepted");
  EXPECT_EQ(refusal(claim_of(alone, {})), "accepted") << "it need not be sent";
  EXPECT_NE(refusal(claim_of(moon, {moon.certificate()})), "accepted") << "though below the root";
  rules.anchored = true;
  EXPECT_NE(refusal(claim_of(alone, {alone.certificate()})), "accepted");
}

TEST_F(PeerAuthentication, AKnownEndEntityIsTrustedUnlessItsTimeIsOver) {
  auto wanted = wanted_leaf("CN=alone", {{"subjectAltName", "DNS:moon.example.org"}});
  const auto alone = self_signed(wanted);
  rules.known = {alone.certificate()};
  EXPECT_EQ(refusal(claim_of(alone, {alone.certificate()})), "accepted");
  EXPECT_EQ(refusal(claim_of(alone, {})), "accepted");
  wanted.not_after = kTestNow - kDay;
  const auto ended = self_signed(wanted);
  rules.known = {ended.certificate()};
  EXPECT_NE(refusal(claim_of(ended, {ended.certificate()})).find("it has expired"), std::string::npos);
}

TEST_F(PeerAuthentication, ARawPublicKeyIsOneOfThoseConfigured) {
  rules.anchors = {};
  rules.pinned_keys = {moon.certificate().public_key()};
  const auto claim = claim_of(moon, {});
  EXPECT_EQ(refusal(claim), "accepted");
  EXPECT_TRUE(authenticate_peer(claim, rules, kTestNow)->certificates().empty());
  auto sent = claim;
  sent.certificates = {{CertEncoding::RAW_PUBLIC_KEY, to_octets(moon.certificate().public_key().spki())}};
  EXPECT_EQ(refusal(sent), "accepted");
  const auto stranger = peer_below(root);
  EXPECT_NE(refusal(claim_of(stranger, {})), "accepted");
  sent = claim_of(stranger, {});
  sent.certificates = {{CertEncoding::RAW_PUBLIC_KEY, to_octets(stranger.certificate().public_key().spki())}};
  EXPECT_EQ(refusal(sent),
            "\"moon.example.org\": its raw public key is none that the configuration has for it (RFC 7670 §5)");
}

TEST_F(PeerAuthentication, A17_CertificatesThatAreNoneAreRefusedInWords) {
  auto claim = claim_of(moon, {moon.certificate()});
  const auto whole = claim.certificates.front().data;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    claim.certificates.front().data.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(refusal(claim).find("its certificate: "), std::string::npos) << refusal(claim);
  }
  claim.certificates = {{CertEncoding::HASH_AND_URL_X509_CERTIFICATE, Octets(40, 'x')}};
  EXPECT_NE(refusal(claim).find("URL"), std::string::npos);
  claim.certificates = {{static_cast<CertEncoding>(99), Octets(40, 'x')}};
  EXPECT_NE(refusal(claim).find("it sent no certificate"), std::string::npos) << refusal(claim);
}

TEST_F(PeerAuthentication, AcceptsNobodyWithoutRules) {
  EXPECT_FALSE(authenticate_peer(claim_of(moon, {moon.certificate()}), {}, kTestNow));
  EXPECT_FALSE(authenticate_peer({}, {}, kTestNow));
  EXPECT_FALSE(authenticate_peer({}, rules, kTestNow));
}

}  // namespace
}  // namespace keypact::pki
