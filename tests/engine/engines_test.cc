// Several engines that share the peers of one process: ids that tell whose they are, policies that one of them holds, and
// INITIAL_CONTACT that reaches the others. RFC 7296 §2.4, RFC 4301 §4.4.1.
#include "ipsec/steering.h"
#include "sim/seeded_random.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

/// Two engines of one process with the configuration of the left site; `home` is the one that the peer's address leads to.
class EnginesOfOneProcess : public ::testing::Test {
 protected:
  ike::Engine& engine(std::size_t index) {
    auto& place = engines.at(index);
    if (!place) {
      ike::Options options;
      options.engine_index = static_cast<std::uint8_t>(index);
      options.engines = 2;
      place = std::make_unique<ike::Engine>(options, library, random, Instant{});
    }
    return *place;
  }
  static std::vector<PolicyId> policies_of(ike::Engine& engine) {
    std::vector<PolicyId> ids;
    for (const auto& output : engine.take_outputs())
      if (const auto* request = std::get_if<ipsec::StackRequest>(&output))
        if (const auto* install = std::get_if<ipsec::InstallPolicy>(request)) ids.push_back(install->policy.id);
    return ids;
  }

  SiteToSite site = left_and_right().first;
  std::size_t home = ipsec::engine_for(site.remote, 2);
  crypto::Library library;
  SeededRandom random{1};
  std::array<std::unique_ptr<ike::Engine>, 2> engines;
};

TEST_F(EnginesOfOneProcess, OneHoldsThePolicyOfAFixedPeer) {
  for (std::size_t index = 0; index < 2; ++index) {
    engine(index).set_configuration({}, site.snapshot());
    const auto ids = policies_of(engine(index));
    ASSERT_EQ(ids.size(), index == home ? 1u : 0u);
    for (const auto id : ids) EXPECT_EQ(id.value % 2, index);
  }
}

TEST_F(EnginesOfOneProcess, IdsAndSpisTellWhoseTheyAre) {
  for (std::size_t index = 0; index < 2; ++index) {
    engine(index).set_configuration({}, site.snapshot());
    engine(index).on_control({}, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    ASSERT_EQ(engine(index).ike_sas().size(), 1u);
    const auto& [id, sa] = *engine(index).ike_sas().begin();
    EXPECT_EQ(id.value % 2, index);
    EXPECT_EQ(sa.record().initiator_spi.value & 0xff, index);
  }
}

using ContactElsewhere = Ladder;

TEST_F(ContactElsewhere, WhatThePeerDoesNotHaveAnyMoreGoes) {
  start();
  initiate();
  const auto& sa = *established(right());
  const ike::FreshPeer contact{
      {}, sa.parts().connection->name, sa.parts().local_id, sa.peer_identity(), {}, config::UniquePolicy::no, true};
  ASSERT_EQ(child_sas(right()), 1u);
  auto other_peer = contact;
  other_peer.peer = Identification::fqdn("somebody.example.org");
  right().engine.on_contact_elsewhere(world.now(), other_peer);
  EXPECT_NE(established(right()), nullptr);
  right().engine.on_contact_elsewhere(world.now(), contact);
  EXPECT_EQ(established(right()), nullptr);
}

TEST(SteeringByAddress, SpreadsPeersEvenly) {
  std::array<std::size_t, 4> counts{};
  for (std::uint32_t host = 0; host < 40'000; ++host) ++counts[ipsec::engine_for(IpAddress::v4(0x0a000000 + host), 4)];
  for (const auto count : counts) {
    EXPECT_GT(count, 9'000u);
    EXPECT_LT(count, 11'000u);
  }
}

}  // namespace
}  // namespace keypact::sim
