// What our defaults make of what the products of the world offer and take as they are installed: tests/data/peers. Who is refused
// is told what to change, and the change is tried.
#include "config/default_proposals.h"
#include "config/proposal_grammar.h"
#include "diagnose/verdict.h"
#include "tests/engine/ladder.h"
#include "tests/engine/peer_file.h"

namespace keypact::sim {
namespace {

constexpr auto kRefused = "NO_PROPOSAL_CHOSEN";

std::string name_of(const ::testing::TestParamInfo<PeerFile>& tested) {
  auto name = tested.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
}

/// As the files have it: RFC 7296 §3.3 gives the order of transforms of different types no meaning.
std::string in_order_of_types(Proposal proposal) {
  std::ranges::stable_sort(proposal.transforms, {}, &Transform::type);
  return to_string(proposal);
}

/// Left is the peer, as its file says; right is ours, with the defaults.
class Peers : public Ladder, public ::testing::WithParamInterface<PeerFile> {
 protected:
  void be_the_peer(SiteToSite& site) const {
    site.ike_proposals = GetParam().proposals("SAi1");
    site.esp_proposals = GetParam().proposals("SAi2");
  }
  static std::string ike_proposal(Node& node) {
    const auto* sa = established(node);
    return sa == nullptr ? kRefused : in_order_of_types(sa->parts().proposal);
  }
  /// Of the newest one.
  static std::string child_proposal(Node& node) {
    const auto* sa = established(node);
    return sa == nullptr || sa->children().empty() ? kRefused
                                                   : in_order_of_types(sa->children().rbegin()->second.proposal);
  }
  /// What right made of the rekeying of its Child SA by left.
  std::string rekeyed() {
    const auto old = established(left())->children().begin()->first;
    world.control(left(), ike::RekeyChild{ControlId{7}, old});
    world.run_for(seconds(3));
    return outcome(left(), ControlId{7}) ? kRefused : child_proposal(left());
  }
  diagnose::Verdict verdict() {
    const auto* refused = right().last<ike::Refused>();
    EXPECT_NE(refused, nullptr);
    return refused == nullptr ? diagnose::Verdict{} : diagnose::verdict_of(refused->refusal, refused->connection);
  }
  /// The peer's IKE_SA_INIT request, with its vendor IDs, goes to right.
  void send_with_vendor_ids() {
    std::optional<ike::Datagram> request;
    world.set_judge([&](const InFlight& packet) {
      if (!request) request = packet.datagram;
      return Fate::drop;
    });
    initiate("lan", milliseconds(100));
    ASSERT_TRUE(request);
    world.set_judge({});
    auto message = *wire::parse_message(request->octets);
    for (const auto& id : GetParam().all("vendor ID"))
      message.clear.payloads.emplace_back(wire::VendorIdPayload{*from_hex(id)});
    to_right(wire::encode_message(message.header, message.clear.payloads));
  }
  void expect_refusal_that_helps() {
    const auto& peer = GetParam();
    const auto told = verdict();
    EXPECT_EQ(told.code, "no-proposal-chosen");
    EXPECT_EQ(told.what, "none of the peer's proposals is acceptable to connection net: " + peer.one("refusal") +
                             " (NO_PROPOSAL_CHOSEN)");
    EXPECT_EQ(told.remedy, peer.one("remedy"));
    EXPECT_FALSE(peer.one("setting").empty());
    EXPECT_TRUE(told.remedy.ends_with("proposals = default, " + peer.one("setting"))) << told.remedy;
  }
};

TEST_P(Peers, AreAnsweredByOurDefaults) {
  const auto& peer = GetParam();
  be_the_peer(left_site);
  start();
  if (peer.one("SAr1") == kRefused) {
    send_with_vendor_ids();
    EXPECT_EQ(world.ladder().back(), "right  IKE_SA_INIT response 0  HDR, N(NO_PROPOSAL_CHOSEN)");
    expect_refusal_that_helps();
    return;
  }
  initiate();
  EXPECT_EQ(ike_proposal(right()), peer.one("SAr1"));
  EXPECT_EQ(child_proposal(right()), peer.one("SAr2"));
  ASSERT_EQ(child_sas(right()), 1u);
  EXPECT_EQ(rekeyed(), peer.one("rekeyed"));
  if (peer.one("rekeyed") == kRefused) expect_refusal_that_helps();
}

class RefusedPeers : public Peers {};

std::vector<PeerFile> refused_peer_files() {
  auto files = peer_files();
  std::erase_if(files, [](const PeerFile& peer) { return peer.one("setting").empty(); });
  return files;
}

/// The legacy setting that the refusal names for one connection.
TEST_P(RefusedPeers, AreTakenWithTheSettingThatTheRefusalNames) {
  const auto& peer = GetParam();
  be_the_peer(left_site);
  const bool esp = peer.one("SAr1") != kRefused;
  auto& setting = esp ? right_site.esp_proposals : right_site.ike_proposals;
  setting = esp ? config::default_esp_acceptable() : config::default_ike_acceptable();
  const auto legacy = config::parse_proposal(esp ? ProtocolId::ESP : ProtocolId::IKE, peer.one("setting"));
  ASSERT_TRUE(legacy.has_value());
  setting.push_back(legacy->proposal);
  start();
  initiate();
  ASSERT_EQ(child_sas(right()), 1u);
  EXPECT_NE(rekeyed(), kRefused);
}

TEST_P(Peers, ChooseOfWhatOurDefaultsOffer) {
  const auto& peer = GetParam();
  be_the_peer(right_site);
  start();
  initiate();
  EXPECT_EQ(ike_proposal(left()), peer.one("chosen SAr1"));
  EXPECT_EQ(child_proposal(left()), peer.one("chosen SAr2"));
}

INSTANTIATE_TEST_SUITE_P(OfTheWorld, Peers, ::testing::ValuesIn(peer_files()), name_of);
INSTANTIATE_TEST_SUITE_P(OfTheWorld, RefusedPeers, ::testing::ValuesIn(refused_peer_files()), name_of);

}  // namespace

/// In the names of failed tests.
void PrintTo(const PeerFile& peer, std::ostream* out) { *out << peer.one("peer"); }

}  // namespace keypact::sim
