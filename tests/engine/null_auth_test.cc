// Ends that do not show who they are, where the configuration says so, and nowhere else. RFC 7619.
#include "ike/v2/authentication.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using config::AuthKind;
using ike::RefusalCode;

struct Proofs {
  AuthKind local = AuthKind::psk;
  AuthKind remote = AuthKind::psk;
};

void apply(config::AuthRound& round, AuthKind kind) {
  round.kind = kind;
  if (kind == AuthKind::null_auth) round.id = IdentityPattern::anybody();
}

class NullAuth : public Ladder {
 protected:
  static std::shared_ptr<config::Connection> connection_of(const SiteToSite& site, Proofs proofs) {
    auto connection = std::make_shared<config::Connection>(*site.connection());
    apply(connection->local.front(), proofs.local);
    apply(connection->remote.front(), proofs.remote);
    return connection;
  }
  void start_with(Proofs ours, Proofs theirs) {
    world.add("left", left_site.local, snapshot_with(left_site, {connection_of(left_site, ours)}));
    world.add("right", right_site.local, snapshot_with(right_site, {connection_of(right_site, theirs)}));
  }
  static std::shared_ptr<const config::Snapshot> snapshot_with(
      const SiteToSite& site, std::vector<std::shared_ptr<const config::Connection>> connections) {
    auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
    snapshot->connections = std::move(connections);
    return snapshot;
  }
  /// The shared key is of anybody.
  static std::shared_ptr<const config::Snapshot> with_key_for_all(
      const SiteToSite& site, std::shared_ptr<const config::Connection> connection) {
    auto snapshot = std::make_shared<config::Snapshot>(*snapshot_with(site, {std::move(connection)}));
    snapshot->ike_secrets = {
        std::make_shared<config::SharedKey>(config::SharedKey{"ike", {}, Secret::copy_of(as_octets(site.secret))})};
    return snapshot;
  }
  void start_with_key_for_all(Proofs ours, Proofs theirs) {
    auto asks_anybody = connection_of(left_site, ours);
    asks_anybody->remote.front().id = IdentityPattern::anybody();
    world.add("left", left_site.local, with_key_for_all(left_site, asks_anybody));
    world.add("right", right_site.local, with_key_for_all(right_site, connection_of(right_site, theirs)));
  }
  void expect_tunnel() {
    ASSERT_FALSE(refusal(left()).has_value());
    expect_mirrored_child_sas(1);
  }
  void expect_refusal(RefusalCode code, const std::string& rule = {}) {
    EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
    EXPECT_EQ(established_ike_sas(left()) + established_ike_sas(right()), 0u);
    const auto* refused = right().last<ike::Refused>();
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->refusal.code, code);
    EXPECT_EQ(refused->refusal.notify, NotifyType::AUTHENTICATION_FAILED);
    if (!rule.empty()) {
      EXPECT_EQ(refused->refusal.rule, rule);
    }
  }
  static const Identification& peer_of(Node& node) { return established(node)->peer_identity(); }
};

constexpr Proofs kNobody{AuthKind::null_auth, AuthKind::null_auth};

TEST_F(NullAuth, BothEndsAreNobody) {
  start_with(kNobody, kNobody);
  initiate();
  expect_tunnel();
  EXPECT_EQ(peer_of(left()).to_string(), "ID_NULL");
  EXPECT_EQ(peer_of(right()).to_string(), "ID_NULL");
}

/// The key is of whoever wants to know whether it is the right gateway.
TEST_F(NullAuth, OnlyTheInitiatorIsNobody) {
  start_with_key_for_all({AuthKind::null_auth, AuthKind::psk}, {AuthKind::psk, AuthKind::null_auth});
  initiate();
  expect_tunnel();
  EXPECT_EQ(peer_of(left()), Identification::fqdn(left_site.remote_id));
  EXPECT_EQ(peer_of(right()), ike::v2::nobody());
}

/// RFC 7619 §2: where a proof is wanted there is none of this.
TEST_F(NullAuth, E18_NobodyIsRefusedWhereAProofIsWanted) {
  start_with(kNobody, {AuthKind::null_auth, AuthKind::psk});
  initiate();
  expect_refusal(RefusalCode::unknown_identity);
}

TEST_F(NullAuth, E18_NobodyIsRefusedWhereAnybodyWithAProofIsWanted) {
  auto asks = connection_of(right_site, {AuthKind::null_auth, AuthKind::psk});
  asks->remote.front().id = IdentityPattern::anybody();
  world.add("left", left_site.local, snapshot_with(left_site, {connection_of(left_site, kNobody)}));
  world.add("right", right_site.local, snapshot_with(right_site, {asks}));
  initiate();
  expect_refusal(RefusalCode::authentication_failed, "RFC 7619 §2");
}

TEST_F(NullAuth, E18_AResponderThatIsNobodyIsRefusedWhereAProofIsWanted) {
  start_with_key_for_all({AuthKind::null_auth, AuthKind::psk}, kNobody);
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
  EXPECT_EQ(established_ike_sas(left()), 0u);
}

/// Even if it says that it is who is wanted, and knows the key of the exchange as everybody does.
TEST_F(NullAuth, E18_AResponderThatOnlyCallsItselfWhoIsWantedIsRefused) {
  auto impostor = connection_of(right_site, kNobody);
  impostor->local.front().id = IdentityPattern::exactly(Identification::fqdn(right_site.local_id));
  world.add("left", left_site.local,
            snapshot_with(left_site, {connection_of(left_site, {AuthKind::null_auth, AuthKind::psk})}));
  world.add("right", right_site.local, snapshot_with(right_site, {impostor}));
  initiate();
  EXPECT_TRUE(refusal_code(left()).has_value());
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
  EXPECT_EQ(established_ike_sas(left()), 0u);
}

/// RFC 7619 §2.2: what it calls itself is neither believed nor asked.
TEST_F(NullAuth, ANameIsOnlyAClaim) {
  auto named = connection_of(left_site, kNobody);
  named->local.front().id = IdentityPattern::exactly(Identification::fqdn("admin.example"));
  world.add("left", left_site.local, snapshot_with(left_site, {named}));
  world.add("right", right_site.local, snapshot_with(right_site, {connection_of(right_site, kNobody)}));
  initiate();
  expect_tunnel();
  EXPECT_EQ(peer_of(right()).to_string(), "ID_NULL");
}

/// A connection that asks for a proof is not the one of who gives none, in whatever order they stand.
TEST_F(NullAuth, LeadsToTheConnectionThatIsForIt) {
  auto asks = connection_of(right_site, {AuthKind::psk, AuthKind::psk});
  asks->name = "asks";
  asks->remote.front().id = IdentityPattern::anybody();
  world.add("left", left_site.local, snapshot_with(left_site, {connection_of(left_site, kNobody)}));
  world.add("right", right_site.local, snapshot_with(right_site, {asks, connection_of(right_site, kNobody)}));
  initiate();
  expect_tunnel();
  EXPECT_EQ(established(right())->parts().connection->name, "net");
}

/// And who gives one does not come to that of nobody.
TEST_F(NullAuth, AProofDoesNotLeadToTheConnectionForNobody) {
  start_with_key_for_all({AuthKind::psk, AuthKind::null_auth}, kNobody);
  initiate();
  expect_refusal(RefusalCode::authentication_failed);
}

/// RFC 7619 §2.3: nobody's word ends nobody else's IKE SA, whatever `unique` says.
TEST_F(NullAuth, NobodyTakesAnothersPlace) {
  auto connection = connection_of(right_site, kNobody);
  connection->unique = config::UniquePolicy::replace;
  connection->remote_addrs = {config::AddressPattern{}};
  connection->children.front().remote_ts = {{true, {}}};
  auto one = connection_of(left_site, kNobody);
  one->children.front().local_ts = {{true, {}}};
  world.add("right", right_site.local, snapshot_with(right_site, {connection}));
  world.add("left", left_site.local, snapshot_with(left_site, {one}));
  auto other_site = left_site;
  other_site.local = *IpAddress::parse("192.0.2.77");
  auto another = connection_of(other_site, kNobody);
  another->children.front().local_ts = {{true, {}}};
  auto& third = world.add("third", other_site.local, snapshot_with(other_site, {another}));
  initiate();
  world.control(third, ike::Initiate{ControlId{9}, "net", "lan", {}, {}});
  world.run_for(seconds(2));
  EXPECT_EQ(established_ike_sas(right()), 2u);
  EXPECT_EQ(child_sas(right()), 2u);
}

/// AUTH is made with SK_pi, which only who took part in this key exchange has.
TEST_F(NullAuth, E18_AuthOfAnotherKeyIsRefused) {
  start_with(kNobody, kNobody);
  world.set_judge([](const InFlight& packet) {
    return wire::parse_header(packet.datagram.octets)->exchange == ExchangeType::IKE_AUTH ? Fate::drop : Fate::deliver;
  });
  initiate("lan", milliseconds(200));
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto* waiting = std::get_if<ike::v2::AwaitAuth>(&sa.state());
  ASSERT_NE(waiting, nullptr);
  const auto& keys = waiting->channel.keys();
  const wire::IdPayload id{PayloadType::IDi, waiting->local_id};
  const auto id_body = id.body();
  // With SK_pr in the place of SK_pi.
  const auto data =
      ike::v2::null_auth(world.library(), {waiting->request, waiting->peer_nonce, keys.prf, keys.pr, id_body});
  SeededRandom random{44};
  to_right(ike::seal_message(world.library(), random, keys.initiator, 1000000,
                             sa.record().header(ExchangeType::IKE_AUTH, 1, false),
                             {id, wire::AuthPayload{AuthMethod::NULL_AUTHENTICATION, data}}));
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_NE(refused->refusal.code, RefusalCode::malformed_message);
  EXPECT_EQ(established_ike_sas(right()), 0u);
}

}  // namespace
}  // namespace keypact::sim
