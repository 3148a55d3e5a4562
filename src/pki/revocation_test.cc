// Row E21: what CRLs say, and which of them may say it. RFC 5280 §5, §6.3.
#include "pki/revocation.h"

#include <gtest/gtest.h>

#include "pki/test_revocation.h"

namespace keypact::pki {
namespace {

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
    const auto refusal = refusal_of(path, rules);
    return refusal ? refusal->to_string() : "good enough";
  }
  static std::optional<Refusal> refusal_of(std::span<const Certificate> path, const RevocationRules& rules) {
    return check_revocation(path, rules, Inquiry(), RevocationKnowledge(), kTestNow).refusal;
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
  EXPECT_EQ(refusal_of(path, rules)->certificate, "CN=Middle");
  rules.lists.push_back(RevocationList::read(list_by(root, {})).value());
  EXPECT_FALSE(refusal_of(path, rules));
  rules.lists.push_back(RevocationList::read(list_by(root, {.revoked = {{&middle, 2}}})).value());
  EXPECT_EQ(refusal_of(path, rules)->to_string(),
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
