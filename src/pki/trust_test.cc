// Chains that are good, and a corpus of those that are not: each with the sentence that refuses it. RFC 5280 §6.1, RFC 4945 §5.1.3.
#include "pki/trust.h"

#include <gtest/gtest.h>

#include "pki/test_authority.h"

namespace keypact::pki {
namespace {

using Extensions = std::vector<std::pair<std::string, std::string>>;

std::vector<Certificate> certificates(const std::vector<Issued>& issued) {
  std::vector<Certificate> all;
  for (const auto& each : issued) all.push_back(each.certificate());
  return all;
}

/// "accepted", or what refuses it.
std::string outcome(const Issued& leaf, const std::vector<Issued>& untrusted, const std::vector<Issued>& roots,
                    const AuthConstraints& constraints = {}, TrustLimits limits = {}) {
  const auto anchors = TrustAnchors::of(certificates(roots));
  if (!anchors) return anchors.error().to_string();
  const auto path = validate(leaf.certificate(), certificates(untrusted), *anchors, kTestNow, constraints, limits);
  return path ? "accepted" : path.error().to_string();
}

/// One below a root, with these extensions.
std::string leaf_with(const Extensions& extensions) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  return outcome(issued_by(root, wanted_leaf("CN=leaf", extensions)), {}, {root});
}

/// One below a CA with these extensions below a root.
std::string below_ca_with(const Extensions& of_ca, const Wanted& leaf = wanted_leaf("CN=leaf")) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto middle = issued_by(root, wanted_ca("CN=Middle", of_ca));
  return outcome(issued_by(middle, leaf), {middle}, {root});
}

TEST(Trust, FollowsAPathFromTheEndEntityToAnAnchor) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto middle = issued_by(root, wanted_ca("CN=Middle"));
  const auto leaf = issued_by(middle, wanted_leaf("CN=leaf"));
  EXPECT_EQ(outcome(leaf, {middle}, {root}), "accepted");
  EXPECT_EQ(outcome(leaf, {leaf, middle, leaf, middle, root}, {root}), "accepted") << "duplicates, and the root itself";
  EXPECT_EQ(outcome(leaf, {}, {middle}), "accepted") << "a CA below a root may be what is trusted";
  const auto path =
      validate(leaf.certificate(), certificates({middle}), TrustAnchors::of(certificates({root})).value(), kTestNow);
  ASSERT_TRUE(path.has_value());
  ASSERT_EQ(path->certificates().size(), 3u);
  EXPECT_EQ(path->end_entity(), leaf.certificate());
  EXPECT_EQ(path->anchor(), root.certificate());
}

TEST(Trust, FindsTheGoodPathAmongCrossCertificates) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto old_root = self_signed(wanted_ca("CN=Old"));
  auto wanted = wanted_ca("CN=Middle");
  const auto middle = issued_by(root, wanted);
  // The same CA, name and key, certified by another root, and once when its time is over.
  const auto cross = [&](const Issued& by, std::int64_t not_after) {
    auto again = wanted;
    again.not_after = not_after;
    auto made = issued_by(by, again);
    return made;
  };
  const auto leaf = issued_by(middle, wanted_leaf("CN=leaf"));
  EXPECT_EQ(outcome(leaf, {cross(old_root, kTestNow + kDay), cross(root, kTestNow - 1), middle}, {root}), "accepted");
}

TEST(Trust, RefusesWhatItsTimeIsNot) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  auto late = wanted_leaf("CN=late");
  late.not_after = kTestNow - 1;
  auto early = wanted_leaf("CN=early");
  early.not_before = kTestNow + 1;
  EXPECT_EQ(outcome(issued_by(root, late), {}, {root}), "\"CN=late\": it has expired (RFC 5280 §4.1.2.5)");
  EXPECT_EQ(outcome(issued_by(root, early), {}, {root}), "\"CN=early\": it is not valid yet (RFC 5280 §4.1.2.5)");
  late.not_after = kTestNow;
  early.not_before = kTestNow;
  EXPECT_EQ(outcome(issued_by(root, early), {}, {root}), "accepted") << "both ends belong to the validity";
  auto ended = wanted_ca("CN=Ended");
  ended.not_after = kTestNow - 1;
  const auto ended_root = self_signed(ended);
  EXPECT_EQ(outcome(issued_by(ended_root, wanted_leaf("CN=leaf")), {}, {ended_root}),
            "\"CN=Ended\": it has expired (RFC 5280 §4.1.2.5)");
}

TEST(Trust, RefusesWhatNobodyKnownSigned) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto stranger = self_signed(wanted_ca("CN=Stranger"));
  EXPECT_EQ(outcome(issued_by(stranger, wanted_leaf("CN=leaf")), {}, {root}),
            "\"CN=leaf\": no certificate of its issuer \"CN=Stranger\" is known (RFC 5280 §6.1)");
  EXPECT_EQ(outcome(self_signed(wanted_leaf("CN=alone")), {}, {root}),
            "\"CN=alone\": it is signed by itself and the configuration does not trust it (RFC 5280 §6.1)");
  EXPECT_EQ(outcome(root, {}, {root}),
            "\"CN=Root\": it is the certificate of a CA that the configuration trusts, not of a peer (RFC 5280 §6.1)");
  EXPECT_EQ(outcome(issued_by(root, wanted_leaf("CN=leaf")), {}, {}),
            "\"CN=leaf\": no certificate of its issuer \"CN=Root\" is known (RFC 5280 §6.1)");
}

TEST(Trust, E01_a_name_alone_makes_no_issuer) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto forger = self_signed(wanted_ca("CN=Root"));
  auto forged = wanted_leaf("CN=leaf");
  forged.extensions.clear();  // with key identifiers the root would not be tried at all
  EXPECT_EQ(outcome(issued_by(forger, forged), {}, {root}),
            "\"CN=leaf\": the key of \"CN=Root\" did not sign it (RFC 5280 §6.1.3)");
  EXPECT_EQ(outcome(issued_by(forger, forged), {forger}, {root}).find("accepted"), std::string::npos);
}

TEST(Trust, E19_only_cas_sign) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto user = issued_by(root, wanted_leaf("CN=user"));
  EXPECT_EQ(outcome(issued_by(user, wanted_leaf("CN=leaf")), {user}, {root}),
            "\"CN=user\": it issued a certificate and is no CA (RFC 5280 §4.2.1.9)");
  EXPECT_EQ(below_ca_with({{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", ""}}),
            "\"CN=Middle\": it issued a certificate and is no CA (RFC 5280 §4.2.1.9)");
  EXPECT_EQ(below_ca_with({{"keyUsage", "critical,cRLSign"}}),
            "\"CN=Middle\": it issued a certificate and its key usage lacks keyCertSign (RFC 5280 §4.2.1.3)");
  auto old = Wanted{.subject = "CN=Old", .version = 1};
  const auto version_1 = issued_by(root, old);
  EXPECT_EQ(outcome(issued_by(version_1, {.subject = "CN=leaf"}), {version_1}, {root}),
            "\"CN=Old\": it issued a certificate and is no CA (RFC 5280 §4.2.1.9)");
  EXPECT_EQ(outcome(user, {}, {user}),
            "\"CN=user\": it is no CA, so it cannot be trusted to sign others (RFC 5280 "
            "§4.2.1.9)");
}

TEST(Trust, HoldsCasToTheirPathLength) {
  const auto root = self_signed(wanted_ca("CN=Root", {{"basicConstraints", "critical,CA:TRUE,pathlen:0"}}));
  EXPECT_EQ(outcome(issued_by(root, wanted_leaf("CN=leaf")), {}, {root}), "accepted");
  const auto middle = issued_by(root, wanted_ca("CN=Middle"));
  const auto refused = outcome(issued_by(middle, wanted_leaf("CN=leaf")), {middle}, {root});
  EXPECT_EQ(refused, "\"CN=Root\": more CAs follow it than its path length allows (RFC 5280 §4.2.1.9)");
}

TEST(Trust, E10_HoldsNamesToTheConstraintsAboveThem) {
  const std::string outside = ": a name in it is outside of what a CA above it may certify (RFC 5280 §4.2.1.10)";
  const std::string excluded = ": a name in it is one that a CA above it must not certify (RFC 5280 §4.2.1.10)";
  const auto under = [](const std::string& constraints, const std::string& names, const std::string& subject = "CN=x") {
    return below_ca_with({{"nameConstraints", "critical," + constraints}},
                         wanted_leaf(subject, {{"subjectAltName", names}}));
  };
  EXPECT_EQ(under("permitted;DNS:example.org", "DNS:a.example.org"), "accepted");
  EXPECT_EQ(under("permitted;DNS:example.org", "DNS:A.EXAMPLE.ORG"), "accepted");
  EXPECT_EQ(under("permitted;DNS:example.org", "DNS:example.com"), "\"CN=x\"" + outside);
  EXPECT_EQ(under("permitted;DNS:example.org", "DNS:badexample.org"), "\"CN=x\"" + outside);
  EXPECT_EQ(under("excluded;DNS:example.org", "DNS:a.ExAmPlE.oRg"), "\"CN=x\"" + excluded);
  EXPECT_EQ(under("excluded;email:example.org", "email:moon@EXAMPLE.org"), "\"CN=x\"" + excluded);
  EXPECT_EQ(under("permitted;email:example.org", "email:moon@example.org"), "accepted");
  EXPECT_EQ(under("permitted;IP:192.0.2.0/255.255.255.0", "IP:192.0.2.7"), "accepted");
  EXPECT_EQ(under("permitted;IP:192.0.2.0/255.255.255.0", "IP:198.51.100.7"), "\"CN=x\"" + outside);
  EXPECT_EQ(under("excluded;IP:192.0.2.0/255.255.255.0", "IP:192.0.2.7"), "\"CN=x\"" + excluded);
}

TEST(Trust, RefusesCriticalExtensionsThatItDoesNotKnow) {
  EXPECT_EQ(leaf_with({{"1.2.3.4", "critical,DER:0500"}}),
            "\"CN=leaf\": it has a critical extension that is not known here (RFC 5280 §4.2)");
  EXPECT_EQ(leaf_with({{"1.2.3.4", "DER:0500"}}), "accepted");
}

TEST(Trust, AsksForAKeyUsageThatSigns) {
  for (const char* good : {"digitalSignature", "nonRepudiation", "critical,digitalSignature,keyEncipherment"})
    EXPECT_EQ(leaf_with({{"keyUsage", good}}), "accepted") << good;
  EXPECT_EQ(leaf_with({{"keyUsage", "keyEncipherment"}}),
            "\"CN=leaf\": its key usage has neither digitalSignature nor nonRepudiation (RFC 4945 §5.1.3.2)");
}

TEST(Trust, AsksForAPurposeThatAPeerMayHave) {
  for (const char* good :
       {"serverAuth", "clientAuth", "anyExtendedKeyUsage", "1.3.6.1.5.5.7.3.17", "codeSigning,serverAuth"})
    EXPECT_EQ(leaf_with({{"extendedKeyUsage", good}}), "accepted") << good;
  const std::string none =
      ": its extended key usage has none of ipsecIKE, anyExtendedKeyUsage, serverAuth and clientAuth (RFC 4945 "
      "§5.1.3.12)";
  EXPECT_EQ(leaf_with({{"extendedKeyUsage", "codeSigning"}}), "\"CN=leaf\"" + none);
  EXPECT_EQ(below_ca_with({{"extendedKeyUsage", "emailProtection"}}), "\"CN=Middle\"" + none);
}

TEST(Trust, E16_RefusesSignaturesOverBrokenHashes) {
  auto wanted_root = wanted_ca("CN=Root");
  wanted_root.key = "RSA";
  const auto root = self_signed(wanted_root);
  for (const auto& [hash, told] : {std::pair{"SHA1", "sha1"}, std::pair{"MD5", "md5"}}) {
    auto weak = wanted_leaf("CN=leaf");
    weak.hash = hash;
    EXPECT_EQ(outcome(issued_by(root, weak), {}, {root}),
              "\"CN=leaf\": it is signed over " + std::string(told) + ", which can be forged (RFC 8247 §3.2)");
  }
  // That of the anchor itself says nothing.
  auto old = wanted_ca("CN=Old root");
  old.hash = "SHA1";
  const auto old_root = self_signed(old);
  EXPECT_EQ(outcome(issued_by(old_root, wanted_leaf("CN=leaf")), {}, {old_root}), "accepted");
}

TEST(Trust, HoldsThePathToTheConfiguredAlgorithms) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto leaf = issued_by(root, wanted_leaf("CN=leaf"));
  const auto with = [&](const char* words) { return outcome(leaf, {}, {root}, AuthConstraints::parse(words).value()); };
  EXPECT_EQ(with("ecdsa-256-sha256"), "accepted");
  EXPECT_EQ(with("ike:ecdsa-sha512"), "accepted") << "of AUTH payloads only";
  EXPECT_EQ(with("rsa"), "\"CN=leaf\": its key is none that the configuration allows (configuration)");
  EXPECT_EQ(with("ecdsa-sha384"),
            "\"CN=leaf\": its signature is none that the configuration allows for certificates (configuration)");
}

TEST(Trust, EndsWhereCasCertifyEachOther) {
  // Each of two CAs has a certificate by the other one, and no anchor is near.
  const auto one = self_signed(wanted_ca("CN=One"));
  const auto two = issued_by(one, wanted_ca("CN=Two"));
  auto back = wanted_ca("CN=One");
  const auto again = issued_by(two, back);
  const auto leaf = issued_by(again, wanted_leaf("CN=leaf"));
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto refused = outcome(leaf, {one, two, again}, {root});
  EXPECT_NE(refused, "accepted");
  EXPECT_NE(refused.find("RFC 5280 §6.1"), std::string::npos) << refused;
}

TEST(Trust, E20_AThousandIntermediatesCostABoundedNumberOfSignatures) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  // A mesh: many CAs of the same name and without key identifiers, so that each may be the issuer of each.
  std::vector<Issued> mesh;
  auto wanted = wanted_ca("CN=Mesh", {{"subjectKeyIdentifier", ""}, {"authorityKeyIdentifier", ""}});
  for (int i = 0; i < 40; ++i) mesh.push_back(self_signed(wanted));
  auto leaf = wanted_leaf("CN=leaf");
  leaf.extensions.clear();
  std::vector<Issued> all;
  for (int i = 0; i < 25; ++i) all.insert(all.end(), mesh.begin(), mesh.end());
  const auto refused = outcome(issued_by(mesh.back(), leaf), all, {root}, {}, {.signatures = 16});
  EXPECT_EQ(refused,
            "\"CN=leaf\": too many certificates could be in a path to it; the search was given up (RFC 5280 §6.1)");
}

TEST(Trust, E20_APathHasALimit) {
  auto issuer = self_signed(wanted_ca("CN=Root"));
  const auto root = issuer;
  std::vector<Issued> between;
  for (int i = 0; i < 7; ++i) {
    issuer = issued_by(issuer, wanted_ca("CN=CA" + std::to_string(i)));
    between.push_back(issuer);
  }
  const auto leaf = issued_by(issuer, wanted_leaf("CN=leaf"));
  EXPECT_EQ(outcome(leaf, between, {root}),
            "\"CN=CA0\": the path above it is longer than 8 certificates (RFC 5280 §6.1)");
  EXPECT_EQ(outcome(leaf, between, {root}, {}, {.path = 9}), "accepted");
}

TEST(Trust, TakesEachKindOfKeyInAPath) {
  for (const char* kind : {"RSA", "P-256", "P-384", "P-521", "ED25519"}) {
    auto ca = wanted_ca("CN=Root");
    ca.key = kind;
    auto leaf = wanted_leaf("CN=leaf");
    leaf.key = kind;
    if (ca.key == "ED25519") ca.hash = leaf.hash = "";
    const auto root = self_signed(ca);
    EXPECT_EQ(outcome(issued_by(root, leaf), {}, {root}), "accepted") << kind;
  }
}

}  // namespace
}  // namespace keypact::pki
