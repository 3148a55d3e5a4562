// A profile's algorithms, offered as they stand in it, to the gateway from whose configuration it was made.
#include <gmock/gmock.h>

#include "config/proposal_grammar.h"
#include "provision/mobileconfig.h"
#include "provision/powershell.h"
#include "provision/sswan.h"
#include "tests/engine/ladder.h"
#include "tests/engine/peer_file.h"

namespace keypact::sim {
namespace {

constexpr std::array kClients = {provision::apple, provision::windows, provision::strongswan_app};

/// Left is the client, right the gateway.
class ExportedAlgorithms : public Ladder {
 protected:
  /// Nothing when the client has no profile; then `error` says why.
  std::optional<provision::Algorithms> exported(const provision::Client& client) {
    const auto connection = right_site.connection();
    auto algorithms =
        provision::algorithms_for(client.vocabulary, client.name, *connection, connection->children.front());
    if (algorithms) return std::move(*algorithms);
    error = algorithms.error();
    return std::nullopt;
  }
  void expect_answer(const provision::Algorithms& algorithms) {
    left_site.ike_proposals = {algorithms.ike};
    left_site.esp_proposals = {algorithms.esp};
    start();
    initiate();
    ASSERT_EQ(child_sas(right()), 1u);
    const auto old = established(left())->children().begin()->first;
    world.control(left(), ike::RekeyChild{ControlId{7}, old});
    world.run_for(seconds(3));
    EXPECT_EQ(outcome(left(), ControlId{7}), std::nullopt);
    const auto& rekeyed = established(right())->children().rbegin()->second.proposal;
    EXPECT_EQ(rekeyed.has_type(TransformType::KE), algorithms.esp.has_type(TransformType::KE));
  }
  Error error;
};

struct ExportOf : ExportedAlgorithms, ::testing::WithParamInterface<std::size_t> {
  [[nodiscard]] static const provision::Client& client() { return kClients.at(GetParam())(); }
};

TEST_P(ExportOf, AreAnsweredByTheDefaults) {
  const auto algorithms = exported(client());
  ASSERT_TRUE(algorithms);
  EXPECT_TRUE(algorithms->esp.has_type(TransformType::KE));
  expect_answer(*algorithms);
}

/// Gateways that demand PFS, and that know none.
TEST_P(ExportOf, HavePfsWhereTheGatewayWantsIt) {
  right_site.esp_proposals = {config::parse_proposal(ProtocolId::ESP, "aes256gcm16-ecp384-ecp256")->proposal};
  const auto algorithms = exported(client());
  ASSERT_TRUE(algorithms);
  EXPECT_TRUE(algorithms->esp.has_type(TransformType::KE));
  expect_answer(*algorithms);
}

TEST_P(ExportOf, HaveNoPfsWhereTheGatewayHasNone) {
  right_site.esp_proposals = {config::parse_proposal(ProtocolId::ESP, "aes128-sha256")->proposal};
  const auto algorithms = exported(client());
  ASSERT_TRUE(algorithms);
  EXPECT_FALSE(algorithms->esp.has_type(TransformType::KE));
  expect_answer(*algorithms);
}

/// Sequence numbers of 64 bits alone are what none of them is told to offer.
TEST_P(ExportOf, AreRefusedWhereOnlyExtendedSequenceNumbersAreTaken) {
  right_site.esp_proposals = {config::parse_proposal(ProtocolId::ESP, "aes256gcm16-esn")->proposal};
  EXPECT_FALSE(exported(client()));
  EXPECT_TRUE(error.remedy.ends_with("to `esp_proposals`, or leave that setting out")) << error.remedy;
}

std::string name_of_client(const ::testing::TestParamInfo<std::size_t>& tested) {
  const std::array names = {"Apple", "Windows", "StrongSwanApp"};
  return names.at(tested.param);
}
INSTANTIATE_TEST_SUITE_P(EachClient, ExportOf, ::testing::Range<std::size_t>(0, kClients.size()), name_of_client);

/// A gateway that takes just what a product offers, as tests/data/peers have it.
class ExportOfAGatewayLike : public ExportedAlgorithms,
                             public ::testing::WithParamInterface<std::tuple<PeerFile, std::size_t>> {
 protected:
  void SetUp() override {
    right_site.ike_proposals = std::get<0>(GetParam()).proposals("SAi1");
    right_site.esp_proposals = std::get<0>(GetParam()).proposals("SAi2");
  }
  /// Adds the proposal that the refusal names to the setting that it names.
  void follow_the_remedy() {
    const auto first = error.remedy.find('"');
    const auto text = error.remedy.substr(first + 1, error.remedy.find('"', first + 1) - first - 1);
    const bool esp = error.remedy.find("`esp_proposals`") != std::string::npos;
    const auto proposal = config::parse_proposal(esp ? ProtocolId::ESP : ProtocolId::IKE, text);
    ASSERT_TRUE(proposal.has_value()) << error.remedy;
    (esp ? right_site.esp_proposals : right_site.ike_proposals).push_back(proposal->proposal);
  }
};

TEST_P(ExportOfAGatewayLike, IsAnsweredByIt) {
  const auto& client = kClients.at(std::get<1>(GetParam()))();
  auto algorithms = exported(client);
  for (int refusals = 0; !algorithms && refusals < 2; ++refusals) {  // of IKE, then of ESP
    follow_the_remedy();
    algorithms = exported(client);
  }
  ASSERT_TRUE(algorithms);
  expect_answer(*algorithms);
}

std::string name_of_gateway(const ::testing::TestParamInfo<std::tuple<PeerFile, std::size_t>>& tested) {
  auto name = std::get<0>(tested.param).name + "_" + name_of_client({std::get<1>(tested.param), 0});
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(OfTheWorld, ExportOfAGatewayLike,
                         ::testing::Combine(::testing::ValuesIn(peer_files()),
                                            ::testing::Range<std::size_t>(0, kClients.size())),
                         name_of_gateway);

/// As everybody's proposals they are not taken by default either.
TEST(ExportedProfiles, AreRefusedOnlyWhereAProductOffersNothingGood) {
  std::vector<std::string> refused;
  for (const auto& peer : peer_files()) {
    config::Connection connection;
    connection.ike_acceptable = peer.proposals("SAi1");
    config::ChildConfig child;
    child.esp_acceptable = peer.proposals("SAi2");
    for (const auto client : kClients)
      if (!provision::algorithms_for(client().vocabulary, client().name, connection, child))
        refused.push_back(peer.name);
  }
  EXPECT_EQ(refused.size() % kClients.size(), 0u);
  refused.erase(std::ranges::unique(refused).begin(), refused.end());
  EXPECT_THAT(refused, ::testing::ElementsAre("azure", "cisco-asa-wizard", "cisco-ios-15", "mikrotik", "windows-11",
                                              "windows-7"));
}

}  // namespace
}  // namespace keypact::sim
