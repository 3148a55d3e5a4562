// Where Child SAs stand in a kernel: numbers that are chosen for them stay through rekeyings, and TFC padding goes to peers that take it.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

class Placements : public Ladder {
 protected:
  void establish() {
    start();
    initiate();
    ASSERT_FALSE(refusal(left()).has_value());
  }
  static const ipsec::ChildSa& newest(Node& node) { return node.stack.child_sas().rbegin()->second; }
  static ChildSaId child_id(Node& node) { return established(node)->children().begin()->first; }
};

TEST_F(Placements, GivenNumbersGetToTheStack) {
  left_site.placement.in = {{5, 0xff}, 7};
  left_site.placement.reqid = 9;
  left_site.tfc_padding = 1200;
  establish();
  EXPECT_EQ(newest(left()).placement.in, (Lane{{5, 0xff}, 7}));
  EXPECT_EQ(newest(left()).placement.reqid, 9u);
  EXPECT_EQ(newest(left()).tfc_padding, 1200u);
  EXPECT_EQ(newest(right()).placement, Placement{});
  EXPECT_EQ(newest(right()).tfc_padding, 0u);
}

TEST_F(Placements, TransportModeHasNoPadding) {
  for (auto* site : {&left_site, &right_site}) {
    site->between_hosts = true;
    site->mode = Mode::transport;
    site->tfc_padding = 1200;
  }
  establish();
  EXPECT_EQ(newest(left()).mode, Mode::transport);
  EXPECT_EQ(newest(left()).tfc_padding, 0u);
}

TEST_F(Placements, APeerThatTakesNoPaddingGetsNone) {
  right_site.tfc_padding = 1200;
  for (auto* site : {&left_site, &right_site})
    site->esp_proposals = {{ProtocolId::ESP,
                            {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
                             sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
  establish();
  EXPECT_EQ(newest(right()).tfc_padding, 1200u);
  const auto offered = left_site.connection()->children[0].esp_proposals[0];
  to_right(sealed_by_left(ExchangeType::CREATE_CHILD_SA, 2,
                          {wire::NotifyPayload{ProtocolId{}, {}, NotifyType::ESP_TFC_PADDING_NOT_SUPPORTED, {}},
                           wire::SaPayload{{wire::ProposalSubstructure::of(1, offered, Octets{1, 2, 3, 4})}},
                           wire::NoncePayload{Octets(32, 7)},
                           wire::TsPayload::of(PayloadType::TSi, {TrafficSelector::of(left_site.local_network)}),
                           wire::TsPayload::of(PayloadType::TSr, {TrafficSelector::of(left_site.remote_network)})}));
  ASSERT_EQ(child_sas(right()), 2u);
  EXPECT_EQ(newest(right()).outbound_spi.value, 0x01020304u);
  EXPECT_EQ(newest(right()).tfc_padding, 0u);
}

TEST_F(Placements, ASuccessorHasTheNumbersOfItsPredecessor) {
  for (auto* site : {&left_site, &right_site}) {
    site->placement.mark_in = site->placement.mark_out = config::Choice::unique;
    site->placement.if_id_in = site->placement.if_id_out = config::Choice::unique_dir;
  }
  right_site.remote = IpAddress::unspecified(IpFamily::v4);  // a gateway, where each client has numbers of its own
  establish();
  const auto before_left = newest(left()).placement;
  const auto before_right = newest(right()).placement;
  EXPECT_NE(before_left.in.mark.value, 0u);
  EXPECT_NE(before_left.in.interface_id, before_left.out.interface_id);
  for (auto* node : {&left(), &right()}) {
    world.control(*node, ike::RekeyChild{ControlId{77}, child_id(*node)});
    world.run_for(seconds(20));
    world.control(*node, ike::RekeyIke{ControlId{78}, established_id(*node), false});
    world.run_for(seconds(20));
  }
  EXPECT_EQ(newest(left()).placement, before_left);
  EXPECT_EQ(newest(right()).placement, before_right);
}

TEST_F(Placements, TheChildSasOfAnIkeSaShareTheInterfacesOfTheirConnection) {
  right_site.more_children = left_site.more_children = {"lan2"};
  right_site.remote = IpAddress::unspecified(IpFamily::v4);
  right_site.placement.if_id_in = right_site.placement.if_id_out = config::Choice::unique;
  right_site.placement.if_ids_of_connection = true;
  right_site.placement.mark_out = config::Choice::unique;
  establish();
  initiate("lan2");
  ASSERT_EQ(right().stack.child_sas().size(), 2u);
  const auto& first = right().stack.child_sas().begin()->second.placement;
  const auto& second = newest(right()).placement;
  EXPECT_NE(first.in.interface_id, 0u);
  EXPECT_EQ(first.in.interface_id, second.in.interface_id);
  EXPECT_EQ(first.out.interface_id, second.out.interface_id);
  EXPECT_NE(first.out.mark.value, second.out.mark.value);
}

TEST_F(Placements, ATrapAndItsSaHaveTheSameNumbers) {
  left_site.placement.mark_out = config::Choice::unique;
  establish();
  const auto& policies = left().stack.policies();
  ASSERT_EQ(policies.size(), 1u);
  EXPECT_EQ(policies.begin()->second.placement, newest(left()).placement);
}

}  // namespace
}  // namespace keypact::sim
