// Row E21: what OCSP responders say, and which of them may say it. RFC 6960, RFC 9654.
#include "pki/ocsp.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "pki/own_status.h"
#include "pki/test_revocation.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

struct WantedResponse {
  int status = V_OCSP_CERTSTATUS_GOOD;
  int reason = OCSP_REVOKED_STATUS_NOSTATUS;
  std::int64_t this_update = kTestNow - 60;
  std::int64_t next_update = kTestNow + kDay;  ///< 0: none
  Octets nonce{};                              ///< empty: none
  const EVP_MD* hash = EVP_sha256();
  const EVP_MD* id_hash = EVP_sha1();
  unsigned long flags = 0;              ///< OCSP_RESPID_KEY, OCSP_NOCERTS
  std::vector<const Issued*> others{};  ///< more certificates in it
  std::string extension{};              ///< one more of the response: an OID, critical
  const Issued* named = nullptr;        ///< whose certificate names the signer, if not that of who signs
};

template <class T, class Free>
std::unique_ptr<T, Free> own(T* object, Free free) {
  return {object, free};
}

auto time_at(std::int64_t at) { return own(ASN1_GENERALIZEDTIME_set(nullptr, at), ASN1_GENERALIZEDTIME_free); }

Octets response_by(const Issued& signer, const Issued& certificate, const Issued& issuer,
                   const WantedResponse& wanted = {}) {
  const auto basic = own(OCSP_BASICRESP_new(), OCSP_BASICRESP_free);
  const auto id = own(OCSP_cert_to_id(wanted.id_hash, certificate.x509.get(), issuer.x509.get()), OCSP_CERTID_free);
  const auto next = time_at(wanted.next_update);
  CHECK(OCSP_basic_add1_status(basic.get(), id.get(), wanted.status, wanted.reason,
                               wanted.status == V_OCSP_CERTSTATUS_REVOKED ? time_at(kRevokedAt).get() : nullptr,
                               time_at(wanted.this_update).get(),
                               wanted.next_update == 0 ? nullptr : next.get()) != nullptr);
  auto nonce = wanted.nonce;
  if (!nonce.empty()) CHECK(OCSP_basic_add1_nonce(basic.get(), nonce.data(), static_cast<int>(nonce.size())) == 1);
  if (!wanted.extension.empty()) {
    auto* extension = X509V3_EXT_nconf(nullptr, nullptr, wanted.extension.c_str(), "critical,DER:0500");
    CHECK(extension != nullptr && OCSP_BASICRESP_add_ext(basic.get(), extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  const auto more = own(sk_X509_new_null(), +[](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (const auto* each : wanted.others) sk_X509_push(more.get(), each->x509.get());
  if (wanted.named == nullptr) {
    CHECK(OCSP_basic_sign(basic.get(), signer.x509.get(), signer.key.get(), wanted.hash, more.get(), wanted.flags) ==
          1);
  } else {
    // The name of one, the key of another.
    auto* const copy = X509_dup(wanted.named->x509.get());
    X509_set_pubkey(copy, signer.key.get());
    CHECK(OCSP_basic_sign(basic.get(), copy, signer.key.get(), wanted.hash, more.get(), wanted.flags | OCSP_NOCERTS) ==
          1);
    X509_free(copy);
  }
  const auto response = own(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()), OCSP_RESPONSE_free);
  return encoded(response.get(), i2d_OCSP_RESPONSE);
}

class Ocsp : public ::testing::Test {
 protected:
  std::string outcome(const Octets& response) const {
    const auto certificate = leaf.certificate();
    const auto issuer = root.certificate();
    const auto status = read_ocsp_response(response, {certificate, issuer, signers, nonce, now});
    if (!status) return status.error();
    switch (status->kind) {
      case CertificateStatus::Kind::good: return "good";
      case CertificateStatus::Kind::unknown: return "unknown";
      case CertificateStatus::Kind::revoked: break;
    }
    return "revoked at " + std::to_string(status->revoked_at) + " for " + std::to_string(status->reason);
  }
  std::string by_root(const WantedResponse& wanted) const { return outcome(response_by(root, leaf, root, wanted)); }

  Issued root = self_signed(wanted_ca("CN=Root"));
  Issued leaf = issued_by(root, wanted_leaf("CN=leaf"));
  std::vector<Certificate> signers;
  Octets nonce = Octets(kOcspNonceOctets, 7);
  std::int64_t now = kTestNow;
};

TEST_F(Ocsp, TheIssuerSaysWhatIsSo) {
  EXPECT_EQ(by_root({}), "good");
  EXPECT_EQ(by_root({.flags = OCSP_RESPID_KEY}), "good") << "named by its key";
  EXPECT_EQ(by_root({.flags = OCSP_NOCERTS}), "good");
  EXPECT_EQ(by_root({.id_hash = EVP_sha256()}), "good") << "RFC 6960 §4.3";
  EXPECT_EQ(by_root({.status = V_OCSP_CERTSTATUS_UNKNOWN}), "unknown");
  EXPECT_EQ(by_root({.status = V_OCSP_CERTSTATUS_REVOKED, .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE}),
            "revoked at " + std::to_string(kRevokedAt) + " for 1");
  EXPECT_EQ(by_root({.status = V_OCSP_CERTSTATUS_REVOKED}), "revoked at " + std::to_string(kRevokedAt) + " for 0");
}

TEST_F(Ocsp, E21_WhomTheIssuerNamedForIt) {
  const auto delegate = [&](const std::string& purpose, std::int64_t until = kTestNow + kDay) {
    auto wanted = wanted_leaf("CN=responder", {{"extendedKeyUsage", purpose}});
    wanted.not_after = until;
    return issued_by(root, wanted);
  };
  const auto good = delegate("OCSPSigning");
  EXPECT_EQ(outcome(response_by(good, leaf, root)), "good");
  EXPECT_EQ(outcome(response_by(good, leaf, root, {.flags = OCSP_NOCERTS})),
            "it is not signed by the issuer of the certificate, and does not hold the certificate of its signer");
  EXPECT_EQ(outcome(response_by(delegate("serverAuth"), leaf, root)),
            "its signer \"CN=responder\" has not id-kp-OCSPSigning");
  EXPECT_EQ(outcome(response_by(issued_by(root, wanted_leaf("CN=responder")), leaf, root)),
            "its signer \"CN=responder\" has not id-kp-OCSPSigning");
  EXPECT_EQ(outcome(response_by(delegate("OCSPSigning", kTestNow - 1), leaf, root)),
            "its signer \"CN=responder\" has expired");
  auto early = wanted_leaf("CN=responder", {{"extendedKeyUsage", "OCSPSigning"}});
  early.not_before = kTestNow + 1;
  EXPECT_EQ(outcome(response_by(issued_by(root, early), leaf, root)), "its signer \"CN=responder\" is not valid yet");
  EXPECT_EQ(
      outcome(response_by(issued_by(root, wanted_leaf("CN=responder", {{"extendedKeyUsage", "OCSPSigning"},
                                                                       {"keyUsage", "critical,keyEncipherment"}})),
                          leaf, root)),
      "its signer \"CN=responder\" may sign nothing: its key usage has neither digitalSignature nor nonRepudiation");
}

TEST_F(Ocsp, E21_NobodyElse) {
  const auto other = self_signed(wanted_ca("CN=Other"));
  const auto of_another = issued_by(other, wanted_leaf("CN=responder", {{"extendedKeyUsage", "OCSPSigning"}}));
  EXPECT_EQ(outcome(response_by(of_another, leaf, root)),
            "its signer \"CN=responder\" was not issued by the issuer of the certificate");
  EXPECT_EQ(outcome(response_by(leaf, leaf, root)), "its signer \"CN=leaf\" has not id-kp-OCSPSigning") << "itself";
  const auto middle = issued_by(root, wanted_ca("CN=Middle"));
  const auto below = issued_by(middle, wanted_leaf("CN=responder", {{"extendedKeyUsage", "OCSPSigning"}}));
  EXPECT_EQ(outcome(response_by(below, leaf, root, {.others = {&middle}})),
            "its signer \"CN=responder\" was not issued by the issuer of the certificate")
      << "not of the issuer itself";
  EXPECT_EQ(outcome(response_by(other, leaf, root, {.named = &root})), "the key of \"CN=Root\" did not sign it");
}

TEST_F(Ocsp, ASignerOfTheConfiguration) {
  const auto local = self_signed(wanted_leaf("CN=local responder"));
  EXPECT_NE(outcome(response_by(local, leaf, root)), "good");
  signers = {local.certificate()};
  EXPECT_EQ(outcome(response_by(local, leaf, root, {.flags = OCSP_NOCERTS})), "good");
}

TEST_F(Ocsp, E21_OfThisTime) {
  EXPECT_EQ(by_root({.this_update = kTestNow - 2 * kDay, .next_update = kTestNow - 301}),
            "it was to be renewed on 2026-05-31 23:54 UTC");
  EXPECT_EQ(by_root({.this_update = kTestNow - 2 * kDay, .next_update = kTestNow - 300}), "good")
      << "clocks may differ";
  EXPECT_EQ(by_root({.this_update = kTestNow + 301}), "it is of 2026-06-01 00:05 UTC, which is not yet");
  EXPECT_EQ(by_root({.this_update = kTestNow + 300}), "good");
  EXPECT_EQ(by_root({.this_update = kTestNow, .next_update = kTestNow - 1}), "its times make no sense");
}

TEST_F(Ocsp, WithoutANextUpdateItIsMadeForUsOrNew) {
  // OpenSSL writes the present time into producedAt.
  EXPECT_TRUE(by_root({.next_update = 0}).ends_with(", and does not say until when it holds"));
  EXPECT_EQ(by_root({.next_update = 0, .nonce = nonce}), "good");
}

TEST_F(Ocsp, E21_TheNonceIsOursWhereThereIsOne) {
  EXPECT_EQ(by_root({.nonce = nonce}), "good");
  EXPECT_EQ(by_root({}), "good") << "responders that sign in advance have none";
  EXPECT_EQ(by_root({.nonce = Octets(kOcspNonceOctets, 8)}), "its nonce is not that of our request");
  EXPECT_EQ(by_root({.nonce = Octets(kOcspNonceOctets - 1, 7)}), "its nonce is not that of our request");
  nonce.clear();
  EXPECT_EQ(by_root({.nonce = Octets(kOcspNonceOctets, 8)}), "good") << "the peer sent it";
}

TEST_F(Ocsp, OfThisCertificate) {
  const auto another = issued_by(root, wanted_leaf("CN=another"));
  const auto other_root = self_signed(wanted_ca("CN=Root"));
  EXPECT_EQ(outcome(response_by(root, another, root)), "it is of other certificates");
  EXPECT_EQ(outcome(response_by(root, leaf, other_root)), "it is of other certificates") << "of a CA with another key";
}

TEST_F(Ocsp, RefusesWhatItCannotUse) {
  EXPECT_EQ(by_root({.hash = EVP_sha1()}), "it is signed over sha1, which can be forged");
  EXPECT_EQ(by_root({.extension = "1.2.3.4"}), "it has a critical extension that is not known here");
  for (const auto& [status, text] : {std::pair{1, "malformedRequest"},
                                     {2, "internalError"},
                                     {3, "tryLater"},
                                     {5, "sigRequired"},
                                     {6, "unauthorized"},
                                     {9, "a status that is not known"}})
    EXPECT_EQ(outcome({0x30, 0x03, 0x0a, 0x01, static_cast<std::uint8_t>(status)}),
              std::string("the responder answers ") + text);
  EXPECT_EQ(outcome({0x30, 0x03, 0x0a, 0x01, 0x00}), "it is no basic OCSP response");
  EXPECT_EQ(outcome(Octets(kOcspOctets + 1)), "it is longer than any OCSP response that is taken here");
  const auto good = response_by(root, leaf, root);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(outcome(Octets(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
              "it is not one OCSP response in DER")
        << size;
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(outcome(longer), "it is not one OCSP response in DER");
}

TEST_F(Ocsp, E21_NoOctetOfWhatIsSignedCanBeChanged) {
  const auto good = response_by(root, leaf, root, {.status = V_OCSP_CERTSTATUS_REVOKED, .flags = OCSP_NOCERTS});
  ASSERT_TRUE(outcome(good).starts_with("revoked"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto changed = good;
    changed[at] ^= 0x01;
    EXPECT_FALSE(outcome(changed) == "good") << at;
  }
}

TEST_F(Ocsp, TheRequestNamesTheCertificateAndHasTheNonce) {
  const auto der = ocsp_request(leaf.certificate(), root.certificate(), nonce);
  const auto* at = der.data();
  const auto request = own(d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(der.size())), OCSP_REQUEST_free);
  ASSERT_TRUE(request);
  ASSERT_EQ(OCSP_request_onereq_count(request.get()), 1);
  const auto id = own(OCSP_cert_to_id(EVP_sha1(), leaf.x509.get(), root.x509.get()), OCSP_CERTID_free);
  EXPECT_EQ(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(request.get(), 0)), id.get()), 0);
  EXPECT_GE(OCSP_REQUEST_get_ext_by_NID(request.get(), NID_id_pkix_OCSP_Nonce, -1), 0);
  EXPECT_NE(ocsp_key(leaf.certificate(), root.certificate()), ocsp_key(root.certificate(), root.certificate()));
}

/// OCSP among all that is asked.
class AskedByOcsp : public Ocsp {
 protected:
  AskedByOcsp() {
    leaf = issued_by(root, wanted_leaf("CN=leaf", {{"authorityInfoAccess", "OCSP;URI:http://ocsp/"},
                                                   {"crlDistributionPoints", "URI:http://crl/"}}));
    inquiry.nonce = nonce;
  }
  std::string check(std::int64_t at = kTestNow) {
    const std::vector path = {leaf.certificate(), root.certificate()};
    auto found = check_revocation(path, rules, inquiry, knowledge, at);
    knowledge.learn(found.learned, at);
    wanted = found.wanted;
    if (found.refusal) return found.refusal->sentence;
    return wanted.empty() ? "good enough" : wanted.front().uri;
  }
  void comes(const Octets& response) {
    ASSERT_FALSE(wanted.empty());
    inquiry.documents.insert_or_assign(wanted.front().key, std::make_shared<const Octets>(response));
  }
  RevocationRules rules{RevocationPolicy::strict, {}, {}};
  Inquiry inquiry{.may_ask = true};
  RevocationKnowledge knowledge;
  std::vector<DocumentRequest> wanted;
};

TEST_F(AskedByOcsp, TheResponderGoesFirstAndItsAnswerIsKept) {
  EXPECT_EQ(check(), "http://ocsp/");
  EXPECT_EQ(wanted.front().kind, DocumentRequest::Kind::ocsp);
  EXPECT_EQ(wanted.front().body, ocsp_request(leaf.certificate(), root.certificate(), nonce));
  comes(response_by(root, leaf, root, {.nonce = nonce}));
  EXPECT_EQ(check(), "good enough");
  inquiry.documents.clear();
  EXPECT_EQ(check(kTestNow + kDay), "good enough");
  EXPECT_EQ(check(kTestNow + kDay + 1), "http://ocsp/");
}

TEST_F(AskedByOcsp, WhatItSaysIsRevokedIsRefused) {
  check();
  comes(response_by(root, leaf, root, {.status = V_OCSP_CERTSTATUS_REVOKED, .reason = OCSP_REVOKED_STATUS_SUPERSEDED}));
  rules.policy = RevocationPolicy::relaxed;
  EXPECT_EQ(check(), "it was revoked on 2026-05-31 22:00 UTC (superseded)");
  inquiry.documents.clear();
  inquiry.may_ask = false;
  EXPECT_EQ(check(), "it was revoked on 2026-05-31 22:00 UTC (superseded)");
}

TEST_F(AskedByOcsp, ListsAreAskedForWhenItDoesNotHelp) {
  check();
  comes(response_by(root, leaf, root, {.status = V_OCSP_CERTSTATUS_UNKNOWN}));
  EXPECT_EQ(check(), "http://crl/");
  inquiry.documents.emplace("http://crl/", failure(std::string("http://crl/: silent")));
  EXPECT_EQ(
      check(),
      "whether it is revoked is not known: no CRL of its issuer is at hand; http://crl/: silent; the OCSP response "
      "of http://ocsp/: it does not know the certificate");
  inquiry.documents.insert_or_assign("http://crl/", std::make_shared<const Octets>(list_by(root, {})));
  knowledge.forget_all();
  EXPECT_EQ(check(), "good enough");
}

TEST_F(AskedByOcsp, WhatThePeerSentIsAsGood) {
  rules.sent_responses = {to_octets("junk"), response_by(root, leaf, root)};
  EXPECT_EQ(check(), "good enough");
  rules.sent_responses = {response_by(leaf, leaf, root)};
  EXPECT_EQ(check(), "http://ocsp/") << "it cannot speak for itself";
  rules.sent_responses = {response_by(root, leaf, root, {.status = V_OCSP_CERTSTATUS_REVOKED})};
  EXPECT_EQ(check(), "it was revoked on 2026-05-31 22:00 UTC");
}

TEST_F(AskedByOcsp, TheConfigurationsRespondersGoFirst) {
  rules.authorities = {{root.certificate(), {}, {"http://10.0.0.1/"}}};
  EXPECT_EQ(check(), "http://10.0.0.1/");
  EXPECT_TRUE(wanted.front().configured);
  inquiry.documents.emplace(wanted.front().key, failure(std::string("silent")));
  EXPECT_EQ(check(), "http://ocsp/");
  EXPECT_FALSE(wanted.front().configured);
}

/// RFC 4806 §4.2.
class OwnStatusOf : public AskedByOcsp {
 protected:
  std::string ask(std::int64_t at = kTestNow) {
    const OwnStatusQuestion question{leaf.certificate(), root.certificate(), {"http://ours/"}, {"http://ocsp/"}, {}};
    auto found = own_status(question, inquiry, knowledge, at);
    knowledge.learn(found.learned, at);
    wanted = found.wanted;
    if (!wanted.empty()) return wanted.front().uri;
    return found.response.empty() ? "nothing" : found.response == came ? "what came" : "something else";
  }
  Octets came;
};

TEST_F(OwnStatusOf, IsAskedForWithoutANonceAndKept) {
  EXPECT_EQ(ask(), "http://ours/");
  EXPECT_TRUE(wanted.front().configured);
  EXPECT_EQ(wanted.front().body, ocsp_request(leaf.certificate(), root.certificate(), {}));
  came = response_by(root, leaf, root);
  comes(came);
  EXPECT_EQ(ask(), "what came");
  inquiry.documents.clear();
  EXPECT_EQ(ask(kTestNow + kDay), "what came");
  EXPECT_EQ(ask(kTestNow + kDay + 1), "http://ours/");
}

TEST_F(OwnStatusOf, IsNotSentWhereItWouldNotHelp) {
  ask();
  comes(response_by(root, leaf, root, {.status = V_OCSP_CERTSTATUS_REVOKED}));
  EXPECT_EQ(ask(), "http://ocsp/");
  EXPECT_FALSE(wanted.front().configured);
  comes(response_by(leaf, leaf, root));
  EXPECT_EQ(ask(), "nothing");
  inquiry.documents.clear();
  EXPECT_EQ(ask(), "nothing") << "nobody is asked again for a while";
  inquiry.may_ask = false;
  knowledge.forget_all();
  EXPECT_EQ(ask(), "nothing");
}

}  // namespace
}  // namespace keypact::pki
