// Row E21: what CRLs say, and which of them may say it. RFC 5280 §5, §6.3.
#include "pki/revocation.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "pki/test_authority.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

struct WantedList {
  std::vector<std::pair<const Issued*, int>> revoked{};  ///< with the reason; 0: none
  std::int64_t this_update = kTestNow - kDay;
  std::int64_t next_update = kTestNow + kDay;  ///< 0: none
  std::vector<std::pair<std::string, std::string>> extensions{{"2.5.29.20", "DER:020105"}};
};

constexpr std::int64_t kRevokedAt = kTestNow - 2 * 3600;

Octets list_by(const Issued& issuer, const WantedList& wanted, const Issued* key_of = nullptr) {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), 1);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.x509.get()));
  const auto time = [](std::int64_t at) {
    return std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)>(ASN1_TIME_set(nullptr, at), ASN1_TIME_free);
  };
  X509_CRL_set1_lastUpdate(crl.get(), time(wanted.this_update).get());
  if (wanted.next_update != 0) X509_CRL_set1_nextUpdate(crl.get(), time(wanted.next_update).get());
  for (const auto& [issued, reason] : wanted.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(issued->x509.get()));
    X509_REVOKED_set_revocationDate(entry, time(kRevokedAt).get());
    if (reason != 0) {
      const std::unique_ptr<ASN1_ENUMERATED, decltype(&ASN1_ENUMERATED_free)> value(ASN1_ENUMERATED_new(),
                                                                                    ASN1_ENUMERATED_free);
      ASN1_ENUMERATED_set(value.get(), reason);
      X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value.get(), 0, 0);
    }
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  for (const auto& [name, value] : wanted.extensions) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer.x509.get(), nullptr, nullptr, crl.get(), 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str());
    CHECK(extension != nullptr);
    X509_CRL_add_ext(crl.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_CRL_sort(crl.get());
  CHECK(X509_CRL_sign(crl.get(), (key_of != nullptr ? key_of : &issuer)->key.get(), EVP_sha256()) > 0);
  return encoded(crl.get(), i2d_X509_CRL);
}

class Revocation : public ::testing::Test {
 protected:
  /// Of the leaf below the root: "good enough", or what refuses it.
  std::string outcome(RevocationPolicy policy, const std::vector<Octets>& lists) {
    RevocationRules rules{policy, {}};
    for (const auto& list : lists) {
      auto read = RevocationList::read(list);
      EXPECT_TRUE(read.has_value()) << read.error().sentence();
      if (read) rules.lists.push_back(std::move(*read));
    }
    const std::vector path = {leaf.certificate(), root.certificate()};
    const auto refusal = check_revocation(path, rules, kTestNow);
    return refusal ? refusal->to_string() : "good enough";
  }
  /// By each of strict, ifuri and relaxed: the first letter says which accept.
  std::string accepted_by(const std::vector<Octets>& lists) {
    std::string accepted;
    if (outcome(RevocationPolicy::strict, lists) == "good enough") accepted += 's';
    if (outcome(RevocationPolicy::ifuri, lists) == "good enough") accepted += 'i';
    if (outcome(RevocationPolicy::relaxed, lists) == "good enough") accepted += 'r';
    return accepted;
  }

  Issued root = self_signed(wanted_ca("CN=Root"));
  Issued leaf = issued_by(root, wanted_leaf("CN=leaf"));
};

TEST_F(Revocation, AListThatIsValidAndDoesNotNameItMakesItGood) {
  EXPECT_EQ(accepted_by({list_by(root, {})}), "sir");
  EXPECT_EQ(accepted_by({list_by(root, {.next_update = 0})}), "sir");
  EXPECT_EQ(accepted_by({}), "ir");
  EXPECT_EQ(outcome(RevocationPolicy::strict, {}),
            "\"CN=leaf\": whether it is revoked is not known: no CRL of its issuer is at hand (RFC 5280 §6.3)");
}

TEST_F(Revocation, IfuriAsksWhereTheCertificateSaysWhereToAsk) {
  leaf = issued_by(root, wanted_leaf("CN=leaf", {{"crlDistributionPoints", "URI:http://crl.example/"}}));
  EXPECT_EQ(accepted_by({}), "r");
  leaf = issued_by(root, wanted_leaf("CN=leaf", {{"authorityInfoAccess", "OCSP;URI:http://ocsp.example/"}}));
  EXPECT_EQ(accepted_by({}), "r");
  EXPECT_EQ(accepted_by({list_by(root, {})}), "sir");
}

TEST_F(Revocation, WhatIsRevokedIsRefusedUnderEachPolicyWithWhenAndWhy) {
  const auto revoked = list_by(root, {.revoked = {{&leaf, 1}}});
  EXPECT_EQ(accepted_by({revoked}), "");
  EXPECT_EQ(outcome(RevocationPolicy::relaxed, {revoked}),
            "\"CN=leaf\": it was revoked on 2026-05-31 22:00 UTC (keyCompromise) (RFC 5280 §6.3)");
  EXPECT_EQ(outcome(RevocationPolicy::relaxed, {list_by(root, {.revoked = {{&leaf, 0}}})}),
            "\"CN=leaf\": it was revoked on 2026-05-31 22:00 UTC (RFC 5280 §6.3)");
  EXPECT_EQ(accepted_by({revoked, list_by(root, {})}), "") << "another list that does not name it changes nothing";
}

TEST_F(Revocation, AnOldListMakesNothingGoodButStillTellsWhatWasRevoked) {
  const WantedList old{.this_update = kTestNow - 3 * kDay, .next_update = kTestNow - 1};
  EXPECT_EQ(accepted_by({list_by(root, old)}), "ir");
  EXPECT_EQ(outcome(RevocationPolicy::strict, {list_by(root, old)}),
            "\"CN=leaf\": whether it is revoked is not known: the CRL of its issuer was to be renewed on 2026-05-31 "
            "23:59 UTC (RFC 5280 §6.3)");
  auto revoked = old;
  revoked.revoked = {{&leaf, 4}};
  EXPECT_EQ(accepted_by({list_by(root, revoked)}), "");
  revoked.revoked = {{&leaf, 6}};
  EXPECT_EQ(accepted_by({list_by(root, revoked)}), "ir") << "a hold may have been taken back";
  const WantedList future{.this_update = kTestNow + 1, .next_update = kTestNow + kDay};
  EXPECT_EQ(accepted_by({list_by(root, future)}), "ir");
}

TEST_F(Revocation, E19_OnlyTheIssuerSaysWhatIsRevoked) {
  const auto other = self_signed(wanted_ca("CN=Other"));
  const auto forger = self_signed(wanted_ca("CN=Root"));
  EXPECT_EQ(accepted_by({list_by(other, {.revoked = {{&leaf, 1}}})}), "ir");
  EXPECT_EQ(accepted_by({list_by(root, {.revoked = {{&leaf, 1}}}, &forger)}), "ir");
  EXPECT_EQ(outcome(RevocationPolicy::strict, {list_by(root, {}, &forger)}),
            "\"CN=leaf\": whether it is revoked is not known: the CRL of its issuer's name is not signed by its issuer "
            "(RFC 5280 §6.3)");
  root = self_signed(wanted_ca("CN=Root", {{"keyUsage", "critical,keyCertSign"}}));
  leaf = issued_by(root, wanted_leaf("CN=leaf"));
  EXPECT_EQ(accepted_by({list_by(root, {.revoked = {{&leaf, 1}}})}), "ir") << "without cRLSign";
}

TEST_F(Revocation, ADeltaChangesWhatItsBaseSays) {
  const auto base = [&](const WantedList& more) { return list_by(root, more); };
  const auto delta = [&](int base_number, int number, int reason) {
    WantedList wanted{.revoked = {{&leaf, reason}}};
    wanted.extensions = {{"2.5.29.27", "critical,DER:02010" + std::to_string(base_number)},
                         {"2.5.29.20", "DER:02010" + std::to_string(number)}};
    return list_by(root, wanted);
  };
  EXPECT_EQ(accepted_by({base({}), delta(5, 6, 1)}), "");
  EXPECT_EQ(accepted_by({delta(5, 6, 1)}), "ir") << "alone it says nothing";
  EXPECT_EQ(accepted_by({base({}), delta(7, 8, 1)}), "sir") << "of a later base";
  EXPECT_EQ(accepted_by({base({}), delta(4, 5, 1)}), "sir") << "no later than what we have";
  EXPECT_EQ(accepted_by({base({.revoked = {{&leaf, 6}}}), delta(5, 6, 8)}), "sir") << "a hold that was taken back";
  EXPECT_EQ(accepted_by({base({.revoked = {{&leaf, 6}}}), delta(5, 6, 8), delta(5, 7, 1)}), "");
}

TEST_F(Revocation, AListOfAPartOfTheCertificatesSaysNothingOfOthers) {
  const auto of = [&](const std::string& scope) {
    return list_by(root, {.extensions = {{"issuingDistributionPoint", "critical," + scope}}});
  };
  EXPECT_EQ(accepted_by({of("onlyuser:TRUE")}), "sir");
  EXPECT_EQ(accepted_by({of("onlyCA:TRUE")}), "ir");
  EXPECT_EQ(accepted_by({of("onlyAA:TRUE")}), "ir");
  leaf = issued_by(root, wanted_leaf("CN=leaf", {{"crlDistributionPoints", "URI:http://crl.example/1"}}));
  EXPECT_EQ(accepted_by({of("fullname:URI:http://crl.example/1")}), "sir");
  EXPECT_EQ(accepted_by({of("fullname:URI:http://crl.example/2")}), "r");
}

TEST_F(Revocation, EachCertificateOfThePathIsLookedUpButTheAnchor) {
  const auto middle = issued_by(root, wanted_ca("CN=Middle"));
  leaf = issued_by(middle, wanted_leaf("CN=leaf"));
  const std::vector path = {leaf.certificate(), middle.certificate(), root.certificate()};
  RevocationRules rules{RevocationPolicy::strict, {RevocationList::read(list_by(middle, {})).value()}};
  EXPECT_EQ(check_revocation(path, rules, kTestNow)->certificate, "CN=Middle");
  rules.lists.push_back(RevocationList::read(list_by(root, {})).value());
  EXPECT_FALSE(check_revocation(path, rules, kTestNow));
  rules.lists.push_back(RevocationList::read(list_by(root, {.revoked = {{&middle, 2}}})).value());
  EXPECT_EQ(check_revocation(path, rules, kTestNow)->to_string(),
            "\"CN=Middle\": it was revoked on 2026-05-31 22:00 UTC (cACompromise) (RFC 5280 §6.3)");
}

TEST_F(Revocation, RefusesListsThatItCannotUnderstand) {
  const auto refusal = [](const Octets& octets) {
    const auto list = RevocationList::read(octets);
    return list ? std::string("read") : list.error().sentence();
  };
  EXPECT_EQ(refusal(list_by(root, {.extensions = {{"1.2.3.4", "critical,DER:0500"}}})),
            "it has a critical extension that is not known here");
  EXPECT_EQ(refusal(list_by(root, {.extensions = {{"issuingDistributionPoint", "critical,indirectCRL:TRUE"}}})),
            "it is an indirect CRL, of other issuers too");
  EXPECT_EQ(refusal(list_by(root, {.extensions = {{"2.5.29.20", "DER:0201ff"}}})),
            "an extension of the CRL is malformed or stands twice");
  const auto good = list_by(root, {.revoked = {{&leaf, 1}}});
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(refusal(Octets(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), "read") << size;
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(refusal(longer), "it is not one CRL in DER or PEM");
  EXPECT_EQ(refusal(Octets(kRevocationListOctets + 1)), "it is longer than any CRL that is taken here");
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto changed = good;
    changed[at] ^= 0x55;
    static_cast<void>(RevocationList::read(changed));
  }
}

TEST_F(Revocation, AListOfManyThousandsIsSearchedQuickly) {
  WantedList wanted;
  // The same certificate as often as it takes: what counts is the number of entries.
  for (int i = 0; i < 20000; ++i) wanted.revoked.emplace_back(&root, 1);
  const auto list = RevocationList::read(list_by(root, wanted)).value();
  for (int i = 0; i < 20000; ++i) ASSERT_FALSE(list.find(leaf.certificate()).has_value());
}

}  // namespace
}  // namespace keypact::pki
