// IKE_SA_INIT and IKE_AUTH between two engines. RFC 7296 §1.2, §2.6, §2.7, §2.15, §2.21.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class InitialExchanges : public Ladder {};

TEST_F(InitialExchanges, TakeFourMessagesAndEndWithAPairOfChildSas) {
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  ASSERT_EQ(world.ladder().size(), 4u);
  EXPECT_EQ(world.ladder()[0],
            "left  IKE_SA_INIT request 0  "
            "HDR, SAi1, KEi, Ni, N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP), "
            "N(IKEV2_FRAGMENTATION_SUPPORTED), N(REDIRECT_SUPPORTED)");
  EXPECT_EQ(world.ladder()[1],
            "right  IKE_SA_INIT response 0  "
            "HDR, SAr1, KEr, Nr, N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP), "
            "N(IKEV2_FRAGMENTATION_SUPPORTED), N(CHILDLESS_IKEV2_SUPPORTED)");
  EXPECT_EQ(world.ladder()[2],
            "left  IKE_AUTH request 1  HDR, SK {IDi, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr}");
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}");
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().count<ike::ChildSaUp>(), 1u);
  EXPECT_EQ(right().count<ike::ChildSaUp>(), 1u);
}

TEST_F(InitialExchanges, WorkOverIpv6) {
  std::tie(left_site, right_site) = left_and_right(IpFamily::v6);
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(InitialExchanges, S35_SurviveTheLossOfEveryFirstTransmission) {
  start();
  std::set<std::string> seen;
  world.set_judge([&](const InFlight& packet) {
    return seen.insert(to_hex(packet.datagram.octets)).second ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(20));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
  EXPECT_EQ(right().engine.ike_sas().size(), 1u);
}

TEST_F(InitialExchanges, S35_AnswerARetransmissionWithTheSameOctets) {
  start();
  std::vector<Octets> from_right;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left") return Fate::deliver;
    from_right.push_back(packet.datagram.octets);
    return from_right.size() % 2 == 1 ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(5));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
  ASSERT_EQ(from_right.size(), 4u);
  EXPECT_EQ(from_right[0], from_right[1]);
  EXPECT_EQ(from_right[2], from_right[3]);
  EXPECT_EQ(right().engine.counters().retransmissions_answered, 2u);
}

TEST_F(InitialExchanges, SurviveReorderedAndDuplicatedDatagrams) {
  start();
  world.set_faults({0, 50, milliseconds(1), milliseconds(900)});
  initiate("lan", seconds(30));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(InitialExchanges, GiveUpWhenNobodyAnswers) {
  start();
  world.set_judge([](const InFlight&) { return Fate::drop; });
  initiate("lan", minutes(10));
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_answer);
  EXPECT_EQ(left().engine.ike_sas().size(), 0u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

TEST_F(InitialExchanges, RestartWithTheMethodThatTheResponderAsksFor) {
  const auto proposal = [](KeyExchangeMethod first, KeyExchangeMethod second) {
    return std::vector{Proposal{ProtocolId::IKE,
                                {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                                 key_exchange(first), key_exchange(second)}}};
  };
  left_site.ike_proposals = proposal(KeyExchangeMethod::CURVE25519, KeyExchangeMethod::ECP_256);
  right_site.ike_proposals = proposal(KeyExchangeMethod::ECP_256, KeyExchangeMethod::MODP_2048);
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(world.ladder()[1], "right  IKE_SA_INIT response 0  HDR, N(INVALID_KE_PAYLOAD)");
  expect_mirrored_child_sas(1);
}

TEST_F(InitialExchanges, EndWithNoProposalChosenWhenNothingIsCommon) {
  left_site.ike_proposals = {Proposal{ProtocolId::IKE,
                                      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                                       key_exchange(KeyExchangeMethod::CURVE25519)}}};
  right_site.ike_proposals = {Proposal{ProtocolId::IKE,
                                       {encryption(EncryptionId::ENCR_AES_GCM_16, 128), prf(PrfId::PRF_HMAC_SHA2_256),
                                        key_exchange(KeyExchangeMethod::CURVE25519)}}};
  start();
  initiate("lan", seconds(10));
  const auto why = refusal(left());
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code, RefusalCode::no_proposal_chosen);
  EXPECT_TRUE(why->by_peer);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.ours.front(), "IKE: ENCR_AES_GCM_16-128 / PRF_HMAC_SHA2_256 / CURVE25519");
  EXPECT_EQ(refused->refusal.theirs.front(), "IKE: ENCR_AES_GCM_16-256 / PRF_HMAC_SHA2_256 / CURVE25519");
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(InitialExchanges, S08_AWrongKeyEndsOnBothSidesWithoutAChildSa) {
  right_site.secret = "another shared key of length";
  start();
  initiate("lan", seconds(40));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
  EXPECT_EQ(left().engine.ike_sas().size() + right().engine.ike_sas().size(), 0u);
  EXPECT_EQ(right().last<ike::Refused>()->refusal.code, RefusalCode::authentication_failed);
}

/// `left` with these secrets instead of its own.
void give_secrets(Node& node, const std::vector<std::pair<std::string, std::vector<std::string>>>& secrets,
                  Instant now) {
  auto changed = std::make_shared<config::Snapshot>(*node.engine.configuration());
  changed->ike_secrets.clear();
  for (const auto& [name, owners] : secrets) {
    auto key = std::make_shared<config::SharedKey>();
    key->name = name;
    for (const auto& owner : owners) key->owners.push_back(IdentityPattern::exactly(Identification::fqdn(owner)));
    key->secret = Secret::copy_of(as_octets("a shared key of decent length"));
    changed->ike_secrets.push_back(std::move(key));
  }
  node.engine.set_configuration(now, changed);
}

TEST_F(InitialExchanges, AreNotBegunWhenNoSecretCanBeForTheTwoIdentities) {
  start();
  give_secrets(left(), {{"ike-1", {"left.example.org", "other.example.org"}}, {"", {"a.example", "b.example"}}},
               world.now());
  initiate();
  EXPECT_TRUE(world.ladder().empty()) << world.ladder().front();
  const auto why = refusal(left());
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code, RefusalCode::no_shared_key);
  EXPECT_FALSE(why->exchange.has_value());
  EXPECT_FALSE(why->by_peer);
  EXPECT_EQ(side_of(*why), ike::Side::local_configuration);
  EXPECT_EQ(why->detail, "wanted is a secret for left.example.org and right.example.org");
  EXPECT_EQ(why->ours, (std::vector<std::string>{"secret ike-1 for left.example.org, other.example.org",
                                                 "a secret for a.example, b.example"}));
  EXPECT_TRUE(why->theirs.empty());
  EXPECT_EQ(left().last<ike::Refused>()->connection, "net");
  EXPECT_EQ(left().engine.ike_sas().size(), 0u);
  EXPECT_EQ(left().engine.footprint().half_open, 0u);
  EXPECT_FALSE(left().engine.policies().all().empty()) << "the traffic stays protected";

  // With the secret the next request comes up.
  give_secrets(left(), {{"ike-1", {"left.example.org", "right.example.org"}}}, world.now());
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(InitialExchanges, AreBegunWithASecretThatNamesUsAloneOrNobody) {
  start();
  for (const auto& owners : {std::vector<std::string>{"left.example.org"}, {}}) {
    give_secrets(left(), {{"ike-1", owners}}, world.now());
    initiate();
    EXPECT_FALSE(refusal(left()).has_value());
    expect_mirrored_child_sas(1);
    world.control(left(), ike::TerminateIke{ControlId{1}, established_id(left()), false});
    world.run_for(seconds(1));
    EXPECT_EQ(child_sas(left()), 0u);
  }
}

TEST_F(InitialExchanges, ARefusalForWantOfASecretNamesNoMoreThanAPersonReads) {
  start();
  std::vector<std::pair<std::string, std::vector<std::string>>> many(20,
                                                                     {"k", std::vector<std::string>(20, "x.example")});
  give_secrets(left(), many, world.now());
  initiate();
  ASSERT_EQ(refusal(left())->ours.size(), 9u);
  EXPECT_EQ(refusal(left())->ours.back(), "and 12 more secrets");
  EXPECT_TRUE(refusal(left())->ours.front().ends_with("x.example and 12 more"));
  give_secrets(left(), {}, world.now());
  initiate();
  EXPECT_EQ(refusal(left())->ours, std::vector<std::string>{"no secrets of IKE"});
  EXPECT_TRUE(world.ladder().empty());
}

TEST_F(InitialExchanges, AnUnknownIdentityIsAuthenticationFailedForThePeerAndNamedAtHome) {
  left_site.local_id = "stranger.example.org";
  start();
  initiate("lan", seconds(40));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  const auto& refused = right().last<ike::Refused>()->refusal;
  EXPECT_EQ(refused.code, RefusalCode::unknown_identity);
  EXPECT_EQ(refused.theirs.front(), "IDi stranger.example.org, IDr right.example.org");
}

TEST_F(InitialExchanges, UnacceptableSelectorsLeaveTheIkeSaStanding) {
  right_site.remote_network = prefix_of(*IpAddress::parse("10.9.0.0"), 24);
  start();
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::selectors_unacceptable);
  EXPECT_NE(established(left()), nullptr);
  EXPECT_NE(established(right()), nullptr);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {IDr, AUTH, N(TS_UNACCEPTABLE)}");
}

TEST_F(InitialExchanges, SelectorsAreNarrowedToWhatBothWant) {
  left_site.remote_network = prefix_of(*IpAddress::parse("10.2.0.0"), 16);
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
  EXPECT_EQ(to_string(left().stack.child_sas().begin()->second.remote_selectors), "10.2.0.0/24");
}

TEST_F(InitialExchanges, A11_AProposalWithoutAKeyExchangeIsRefused) {
  left_site.ike_proposals = {Proposal{ProtocolId::IKE,
                                      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                                       key_exchange(KeyExchangeMethod::CURVE25519)}}};
  start();
  // The KE transform is cut out of the request on its way.
  world.set_judge([&](const InFlight& packet) {
    auto message = wire::parse_message(packet.datagram.octets);
    if (packet.from.name != "left" || !message) return Fate::deliver;
    auto& sa = std::get<wire::SaPayload>(message->clear.payloads.front().body);
    std::erase_if(sa.proposals.front().transforms, [](const auto& t) { return t.type == TransformType::KE; });
    world.inject(right(), {packet.datagram.remote, packet.datagram.local,
                           wire::encode_message(message->header, message->clear.payloads)});
    return Fate::drop;
  });
  initiate("lan", seconds(10));
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_proposal_chosen);
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(InitialExchanges, H04_AForgedErrorInClearDoesNotEndTheAttempt) {
  start();
  unsigned forged = 0;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left" && forged < 100) {
      ++forged;
      auto header = *wire::parse_header(packet.datagram.octets);
      header.initiator = false;
      header.response = true;
      world.inject(left(), {packet.datagram.local, packet.datagram.remote,
                            wire::encode_message(header, {ike::notify_payload(NotifyType::NO_PROPOSAL_CHOSEN)})});
    }
    return Fate::deliver;
  });
  initiate();
  EXPECT_GT(forged, 0u);
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(InitialExchanges, D10_AKeyExchangeOfAnotherLengthIsRefusedBeforeAnyComputation) {
  start();
  world.set_judge([&](const InFlight& packet) {
    auto message = wire::parse_message(packet.datagram.octets);
    if (packet.from.name != "left" || !message) return Fate::deliver;
    for (auto& payload : message->clear.payloads)
      if (auto* ke = std::get_if<wire::KePayload>(&payload.body)) ke->data.push_back(0);
    world.inject(right(), {packet.datagram.remote, packet.datagram.local,
                           wire::encode_message(message->header, message->clear.payloads)});
    return Fate::drop;
  });
  initiate("lan", seconds(10));
  EXPECT_EQ(refusal_code(left()), RefusalCode::malformed_message);
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(InitialExchanges, APeerThatIsConfiguredByNameMayCallFromWhereverTheNameLeads) {
  auto named = std::make_shared<config::Connection>(*right_site.connection());
  named->remote_addrs = {{config::AddressPattern::Kind::name, {}, {}, "left.example.org"}};
  auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
  snapshot->connections = {named};
  world.add("left", left_site.local, left_site.snapshot());
  world.add("right", right_site.local, snapshot);
  initiate();
  EXPECT_EQ(refusal(left()), std::nullopt);
  expect_mirrored_child_sas(1);
}

TEST_F(InitialExchanges, NoTwoHandshakesShareANonceOrASpi) {
  start();
  std::set<std::uint64_t> spis;
  for (int i = 0; i < 5; ++i) {
    initiate();
    spis.insert(world.node("left").engine.ike_sas().begin()->second.record().initiator_spi.value);
    world.control(left(), ike::TerminateIke{ControlId{7}, established_id(left()), false});
    world.run_for(minutes(1));
  }
  EXPECT_EQ(spis.size(), 5u);
  EXPECT_EQ(left().engine.ike_sas().size() + right().engine.ike_sas().size(), 0u);
}

}  // namespace
}  // namespace keypact::sim
