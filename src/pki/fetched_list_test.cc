// What is asked, what is taken of the answers, and what is kept of them: CRLs. Rows C07, E21. RFC 5280 §4.2.1.13, §5.2.4, §6.3.
#include <gtest/gtest.h>

#include "pki/revocation.h"
#include "pki/revocation_pointers.h"
#include "pki/test_revocation.h"

namespace keypact::pki {
namespace {

constexpr const char* kUri = "http://crl.example/root";

class FetchedList : public ::testing::Test {
 protected:
  RevocationOutcome check(std::int64_t now = kTestNow) {
    const std::vector path = {leaf.certificate(), root.certificate()};
    auto outcome = check_revocation(path, rules, inquiry, knowledge, now);
    knowledge.learn(outcome.learned, now);
    return outcome;
  }
  /// The URIs that are wanted, or the refusal, or "good enough".
  std::string outcome(std::int64_t now = kTestNow) {
    const auto found = check(now);
    if (found.refusal) return found.refusal->sentence;
    std::string uris;
    for (const auto& request : found.wanted) uris += (uris.empty() ? "" : " ") + request.uri;
    return uris.empty() ? "good enough" : uris;
  }
  void comes(const std::string& uri, Octets octets) {
    inquiry.documents.insert_or_assign(uri, std::make_shared<const Octets>(std::move(octets)));
  }
  /// What the one place says, in the words after its URI.
  std::string refused(Octets octets) {
    inquiry.documents.clear();
    knowledge = RevocationKnowledge();
    comes(kUri, std::move(octets));
    const auto text = outcome();
    const auto prefix = std::string("whether it is revoked is not known: ");
    EXPECT_TRUE(text.starts_with(prefix)) << text;
    const auto at = text.find(std::string("the CRL of ") + kUri + ": ");
    EXPECT_NE(at, std::string::npos) << text;
    return at == std::string::npos ? text
                                   : text.substr(at + std::string("the CRL of : ").size() + std::string(kUri).size());
  }

  Issued root = self_signed(wanted_ca("CN=Root"));
  Issued leaf = issued_by(root, wanted_leaf("CN=leaf", {{"crlDistributionPoints", std::string("URI:") + kUri}}));
  RevocationRules rules{RevocationPolicy::strict, {}, {}};
  Inquiry inquiry{.may_ask = true};
  RevocationKnowledge knowledge;
};

TEST_F(FetchedList, IsAskedForUnderEachPolicyAndOnlyWhereOneMayAsk) {
  for (const auto policy : {RevocationPolicy::strict, RevocationPolicy::ifuri, RevocationPolicy::relaxed}) {
    rules.policy = policy;
    EXPECT_EQ(outcome(), kUri);
  }
  inquiry.may_ask = false;
  EXPECT_EQ(outcome(), "good enough");
  rules.policy = RevocationPolicy::strict;
  EXPECT_EQ(outcome(), "whether it is revoked is not known: no CRL of its issuer is at hand");
}

TEST_F(FetchedList, IsNotAskedForWhereAListIsAtHand) {
  rules.lists = {RevocationList::read(list_by(root, {})).value()};
  EXPECT_EQ(outcome(), "good enough");
}

TEST_F(FetchedList, IsKeptUntilItIsToBeRenewed) {
  comes(kUri, list_by(root, {}));
  EXPECT_EQ(outcome(), "good enough");
  inquiry.documents.clear();
  EXPECT_EQ(outcome(kTestNow + kDay), "good enough");
  EXPECT_EQ(outcome(kTestNow + kDay + 1), kUri);
  knowledge.forget_all();
  EXPECT_EQ(outcome(), kUri);
}

TEST_F(FetchedList, RefusesWhatItNames) {
  comes(kUri, list_by(root, {.revoked = {{&leaf, 1}}}));
  rules.policy = RevocationPolicy::relaxed;
  EXPECT_EQ(outcome(), "it was revoked on 2026-05-31 22:00 UTC (keyCompromise)");
}

TEST_F(FetchedList, OutOfDateStillTellsWhatWasRevokedAndIsNotKept) {
  comes(kUri,
        list_by(root, {.revoked = {{&leaf, 1}}, .this_update = kTestNow - 2 * kDay, .next_update = kTestNow - kDay}));
  EXPECT_EQ(outcome(), "it was revoked on 2026-05-31 22:00 UTC (keyCompromise)");
  EXPECT_TRUE(knowledge.lists().empty());
}

TEST_F(FetchedList, E21_IsRefusedWithTheReason) {
  const auto other = self_signed(wanted_ca("CN=Other"));
  const auto forger = self_signed(wanted_ca("CN=Root"));
  EXPECT_EQ(refused(to_octets("junk")), "it is not one CRL in DER or PEM");
  EXPECT_EQ(refused(list_by(other, {})), "it is of \"CN=Other\", another issuer");
  EXPECT_EQ(refused(list_by(root, {}, &forger)), "it is not signed by the issuer of the certificate");
  EXPECT_EQ(refused(list_by(root, {.this_update = kTestNow - 2 * kDay, .next_update = kTestNow - kDay})),
            "it was to be renewed on 2026-05-31 00:00 UTC");
  EXPECT_EQ(refused(list_by(root, {.this_update = kTestNow + 60})), "it is of 2026-06-01 00:01 UTC, which is not yet");
  EXPECT_EQ(refused(list_by(root, {.extensions = {{"issuingDistributionPoint", "critical,onlyCA:TRUE"}}})),
            "it is for other certificates");
}

TEST_F(FetchedList, E21_DoesNotReplaceANewerOne) {
  comes(kUri, list_by(root, {.revoked = {{&leaf, 1}}, .extensions = {{"2.5.29.20", "DER:020105"}}}));
  EXPECT_NE(outcome(), "good enough");
  inquiry.documents.clear();
  comes(kUri, list_by(root, {.this_update = kTestNow,
                             .next_update = kTestNow + 9 * kDay,
                             .extensions = {{"2.5.29.20", "DER:020104"}}}));
  EXPECT_NE(outcome(kTestNow + kDay + 1), "good enough");
  EXPECT_EQ(knowledge.lists().at(kUri).number().back(), 5);
}

TEST_F(FetchedList, WhatFailedIsNotAskedForAgainForAWhile) {
  inquiry.documents.emplace(kUri, failure(std::string(kUri) + ": no answer within 10 s"));
  const auto refusal =
      "whether it is revoked is not known: no CRL of its issuer is at hand; http://crl.example/root: no answer within "
      "10 s";
  EXPECT_EQ(outcome(), refusal);
  inquiry.documents.clear();
  EXPECT_EQ(outcome(kTestNow + 59), refusal);
  EXPECT_EQ(outcome(kTestNow + 119), kUri) << "it is not told again and again";
}

TEST_F(FetchedList, PlacesAreAskedOneAfterTheOtherThoseOfTheConfigurationFirst) {
  leaf =
      issued_by(root, wanted_leaf("CN=leaf", {{"crlDistributionPoints", "URI:http://a/,URI:ldap://b/,URI:HTTP://c/"}}));
  rules.authorities = {{root.certificate(), {"file:///etc/crl"}, {}},
                       {self_signed(wanted_ca("CN=Other")).certificate(), {"http://d/"}, {}}};
  const auto first = check();
  ASSERT_EQ(first.wanted.size(), 1);
  EXPECT_EQ(first.wanted[0].uri, "file:///etc/crl");
  EXPECT_TRUE(first.wanted[0].configured);
  for (const auto* uri : {"file:///etc/crl", "http://a/", "HTTP://c/"}) {
    const auto wanted = check().wanted;
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted[0].uri, uri);
    EXPECT_EQ(wanted[0].configured, wanted[0].uri.starts_with("file"));
    inquiry.documents.emplace(uri, failure(std::string("silent")));
  }
  EXPECT_EQ(outcome(), "whether it is revoked is not known: no CRL of its issuer is at hand; silent; silent; silent");
}

TEST_F(FetchedList, EachCertificateOfThePathIsAskedAboutAtOnceAndEachPlaceOnce) {
  const auto middle = issued_by(root, wanted_ca("CN=Middle", {{"crlDistributionPoints", "URI:http://a/"}}));
  leaf = issued_by(middle, wanted_leaf("CN=leaf", {{"crlDistributionPoints", "URI:http://b/"}}));
  const std::vector path = {leaf.certificate(), middle.certificate(), root.certificate()};
  const auto outcome = check_revocation(path, rules, inquiry, knowledge, kTestNow);
  ASSERT_EQ(outcome.wanted.size(), 2);
  comes("http://b/", list_by(middle, {.revoked = {{&leaf, 1}}}));
  const auto refused = check_revocation(path, rules, inquiry, knowledge, kTestNow);
  EXPECT_TRUE(refused.refusal);
  EXPECT_TRUE(refused.wanted.empty()) << "what is refused asks for nothing more";
}

TEST_F(FetchedList, ADeltaIsAskedForWhereItIs) {
  leaf = issued_by(root, wanted_leaf("CN=leaf", {{"crlDistributionPoints", std::string("URI:") + kUri},
                                                 {"freshestCRL", "URI:http://delta/"}}));
  comes(kUri, list_by(root, {}));
  EXPECT_EQ(outcome(), "http://delta/");
  comes("http://delta/",
        list_by(root, {.revoked = {{&leaf, 1}},
                       .extensions = {{"2.5.29.27", "critical,DER:020105"}, {"2.5.29.20", "DER:020106"}}}));
  EXPECT_EQ(outcome(), "it was revoked on 2026-05-31 22:00 UTC (keyCompromise)");
  inquiry.documents.clear();
  EXPECT_EQ(outcome(), "it was revoked on 2026-05-31 22:00 UTC (keyCompromise)") << "both are kept";
}

TEST_F(FetchedList, ADeltaThatDoesNotComeIsDoneWithout) {
  comes(kUri, list_by(root, {.extensions = {{"2.5.29.20", "DER:020105"}, {"freshestCRL", "URI:http://delta/"}}}));
  EXPECT_EQ(outcome(), "http://delta/");
  inquiry.documents.emplace("http://delta/", failure(std::string("silent")));
  EXPECT_EQ(outcome(), "good enough");
}

TEST_F(FetchedList, OnlySoMuchIsKept) {
  knowledge = RevocationKnowledge({.lists = 2, .list_octets = 1 << 20, .statuses = 2, .failures = 2});
  const auto list = [&](int days) {
    return RevocationList::read(list_by(root, {.next_update = kTestNow + days * kDay})).value();
  };
  Learned learned;
  for (int i = 1; i <= 3; ++i) {
    learned.lists.emplace_back(std::to_string(i), list(i));
    learned.statuses.emplace_back(std::to_string(i), CertificateStatus{.next_update = kTestNow + i * kDay});
    learned.failures.emplace_back("f" + std::to_string(i), "silent");
  }
  knowledge.learn(learned, kTestNow);
  EXPECT_EQ(knowledge.list("1"), nullptr) << "the one that ends first";
  EXPECT_NE(knowledge.list("3"), nullptr);
  EXPECT_EQ(knowledge.status("1", kTestNow), nullptr);
  EXPECT_NE(knowledge.status("3", kTestNow), nullptr);
  EXPECT_EQ(knowledge.status("3", kTestNow + 3 * kDay + 1), nullptr);
  EXPECT_EQ((knowledge.failure("f1", kTestNow) != nullptr) + (knowledge.failure("f2", kTestNow) != nullptr) +
                (knowledge.failure("f3", kTestNow) != nullptr),
            2);
  // Signatures of ECDSA differ in length by some octets.
  knowledge = RevocationKnowledge({.list_octets = list(1).size() * 5 / 2});
  knowledge.learn(learned, kTestNow);
  EXPECT_EQ(knowledge.lists().size(), 2);
}

TEST_F(FetchedList, C07_OnlyUrisOfHttpAreTakenFromCertificates) {
  EXPECT_TRUE(is_http_uri("http://a/"));
  EXPECT_TRUE(is_http_uri("hTTp://a"));
  for (const auto* uri : {"", "http://", "https://a/", "file:///etc/passwd", "ldap://a/", "ftp://a/", "http:/a",
                          " http://a/", "http://a/\r\nX: y", "http://a/\x80", "http://a/ b"})
    EXPECT_FALSE(is_http_uri(uri)) << uri;
  EXPECT_FALSE(is_http_uri("http://" + std::string(2048, 'a')));
  const auto many = issued_by(
      root, wanted_leaf("CN=leaf", {{"crlDistributionPoints",
                                     "URI:http://1/,URI:http://2/,URI:http://3/,URI:http://4/,URI:http://5/"}}));
  EXPECT_EQ(revocation_pointers(many.certificate()).lists.size(), 4);
}

}  // namespace
}  // namespace keypact::pki
