// Authentication by certificates between two engines. RFC 7296 §1.2, §2.15, §3.6 to §3.8, RFC 7427, RFC 4945 §5.1.
#include <fstream>
#include <sstream>

#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

std::string text_of(const std::string& name) {
  std::ifstream file(std::string(KEYPACT_SOURCE_DIR) + "/tests/data/certificates/" + name + ".pem");
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

SiteCertificates certificates_of(const std::string& name, const std::vector<std::string>& more = {}) {
  SiteCertificates certificates{text_of(name), text_of(name + ".key"), {}, {text_of("root")}};
  for (const auto& each : more) certificates.more.push_back(text_of(each));
  return certificates;
}

class ByCertificate : public Ladder {
 protected:
  ByCertificate() {
    left_site.certificates = certificates_of("left");
    right_site.certificates = certificates_of("right");
  }
  void expect_tunnel() {
    start();
    initiate();
    EXPECT_FALSE(refusal(left()).has_value());
    expect_mirrored_child_sas(1);
  }
  /// It does not come up, and nothing of it is left anywhere once what lingers is forgotten.
  void expect_nothing() {
    world.run_for(seconds(40));
    EXPECT_EQ(child_sas(left()), 0u);
    EXPECT_EQ(child_sas(right()), 0u);
    for (auto* node : {&left(), &right()}) {
      EXPECT_EQ(node->engine.footprint().ike_sas, 0u) << node->name;
      EXPECT_EQ(node->engine.footprint().jobs, 0u) << node->name;
      EXPECT_EQ(node->engine.footprint().esp_spis, 0u) << node->name;
    }
  }
};

TEST_F(ByCertificate, TakesFourMessages) {
  expect_tunnel();
  ASSERT_EQ(world.ladder().size(), 4u);
  EXPECT_EQ(world.ladder()[0],
            "left  IKE_SA_INIT request 0  "
            "HDR, SAi1, KEi, Ni, N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP), "
            "N(IKEV2_FRAGMENTATION_SUPPORTED), N(REDIRECT_SUPPORTED), N(SIGNATURE_HASH_ALGORITHMS)");
  EXPECT_EQ(world.ladder()[1],
            "right  IKE_SA_INIT response 0  "
            "HDR, SAr1, KEr, Nr, N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP), "
            "N(IKEV2_FRAGMENTATION_SUPPORTED), N(CHILDLESS_IKEV2_SUPPORTED), N(SIGNATURE_HASH_ALGORITHMS), CERTREQ");
  EXPECT_EQ(world.ladder()[2],
            "left  IKE_AUTH request 1  HDR, SK {IDi, CERT, CERTREQ, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr}");
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {IDr, CERT, AUTH, SAr2, TSi, TSr}");
}

TEST_F(ByCertificate, WithACaInBetween) {
  left_site.certificates = certificates_of("left-middle", {"middle"});
  right_site.certificates = certificates_of("right-middle", {"middle"});
  expect_tunnel();
  EXPECT_NE(world.ladder()[2].find("CERT, CERT, CERTREQ"), std::string::npos) << world.ladder()[2];
}

TEST_F(ByCertificate, OneEndTheOtherBySharedKey) {
  left_site.certificates->only_peer = true;
  auto right_connection = right_site.snapshot();
  world.add("left", left_site.local, left_site.snapshot());
  auto changed = std::make_shared<config::Snapshot>(*right_connection);
  auto connection = std::make_shared<config::Connection>(*changed->connections.front());
  connection->remote.front().kind = config::AuthKind::psk;
  changed->connections = {std::move(connection)};
  world.add("right", right_site.local, changed);
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(ByCertificate, SurvivesLossAndDuplication) {
  start();
  world.set_faults({0, 50, milliseconds(1), milliseconds(900)});
  initiate("lan", seconds(30));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(ByCertificate, TheResponderRefusesACertificateWhoseTimeIsOver) {
  left_site.certificates = certificates_of("left-ended");
  start();
  initiate();
  const auto told = refusal(left());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, RefusalCode::certificate_refused);
  EXPECT_TRUE(told->by_peer);
  const auto* here = right().last<ike::Refused>();
  ASSERT_NE(here, nullptr);
  EXPECT_EQ(here->refusal.code, RefusalCode::certificate_refused);
  EXPECT_EQ(here->refusal.rule, "RFC 5280 §4.1.2.5");
  EXPECT_NE(here->refusal.detail.find("CN=left-ended"), std::string::npos) << here->refusal.detail;
  expect_nothing();
}

TEST_F(ByCertificate, TheInitiatorRefusesAResponderOfAnotherRoot) {
  auto other = certificates_of("left-other");
  right_site.certificates = certificates_of("right");
  left_site.certificates->authorities = {text_of("other")};
  start();
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::certificate_refused);
  expect_nothing();
}

TEST_F(ByCertificate, F06_TheIdentityMustStandInTheCertificate) {
  left_site.local_id = "somebody.example.org";
  right_site.remote_id = "somebody.example.org";
  start();
  initiate();
  EXPECT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(established_ike_sas(right()), 0u);
  expect_nothing();
}

TEST_F(ByCertificate, WithoutAPrivateKeyNothingIsSent) {
  left_site.certificates->private_key = text_of("left-other.key");
  start();
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_signing_key);
  EXPECT_TRUE(world.ladder().empty());
  expect_nothing();
}

TEST_F(ByCertificate, AKeyThatIsTakenAwayMeanwhileEndsTheAttempt) {
  start();
  auto without = left_site;
  without.certificates->private_key = text_of("left-other.key");
  world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  world.configure(left(), without.snapshot());
  world.run_for(seconds(1));
  EXPECT_EQ(outcome(left(), ControlId{1}), RefusalCode::no_signing_key);
  expect_nothing();
}

TEST_F(ByCertificate, AnIkeSaStaysWhenTheCertificatesAreLoadedAgain) {
  expect_tunnel();
  world.configure(left(), left_site.snapshot());
  world.configure(right(), right_site.snapshot());
  world.run_for(seconds(1));
  expect_mirrored_child_sas(1);
}

TEST_F(ByCertificate, CalledOffWhileTheResponderIsVerifiedItIsDeletedThere) {
  start();
  const ControlId request{7};
  world.control(left(), ike::Initiate{request, "net", "lan", {}, {}});
  const auto verifying = [&] {
    const auto& all = left().engine.ike_sas();
    return !all.empty() && std::holds_alternative<ike::v2::AwaitResponderVerified>(all.begin()->second.state());
  };
  for (int i = 0; i < 10000 && !verifying(); ++i) world.run_for(microseconds(20));
  ASSERT_TRUE(verifying());
  world.control(left(), ike::TerminateIke{ControlId{8}, left().engine.ike_sas().begin()->first, false});
  expect_nothing();
}

}  // namespace
}  // namespace keypact::sim
