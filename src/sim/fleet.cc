#include "sim/fleet.h"

#include <algorithm>
#include <cstdio>

#include "sim/invariants.h"
#include "sim/scenario_network.h"

namespace keypact::sim {
namespace {

std::vector<Proposal> fleet_ike() {
  return {{ProtocolId::IKE,
           {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
            key_exchange(KeyExchangeMethod::CURVE25519)}}};
}
std::vector<Proposal> fleet_esp() {
  return {{ProtocolId::ESP,
           {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
            sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
}

Link fleet_link(std::size_t first, std::size_t second, Duration dpd_delay) {
  Link link;
  link.first.node = first;
  link.second.node = second;
  for (auto* end : {&link.first, &link.second}) {
    end->ike_proposals = fleet_ike();
    end->esp_proposals = fleet_esp();
    end->secret = "the key of " + std::to_string(first) + " and " + std::to_string(second);
    end->dpd_delay = dpd_delay;
  }
  return link;
}

std::string in_seconds(Duration duration) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "%.1f s",
                      static_cast<double>(std::chrono::duration_cast<milliseconds>(duration).count()) / 1000);
  return text;
}

/// Begins a new IKE SA, and is not sent again.
bool begins(const ike::Datagram& datagram) {
  const auto header = wire::parse_header(datagram.octets);
  return header && header->exchange == ExchangeType::IKE_SA_INIT && !header->response;
}

/// The nodes of a plan, and what both kinds of fleet do with them.
class Fleet {
 public:
  Fleet(ScenarioPlan plan, std::uint64_t seed, Duration most_job_delay,
        const std::function<void(const std::string&)>& narrator = {})
      : plan_(std::move(plan)), world_(seed), invariants_(world_), changes_(plan_.links.size()) {
    world_.set_narrator(narrator);
    world_.set_tracing(static_cast<bool>(narrator));
    auto faults = plan_.faults;
    faults.least_delay = milliseconds(5);
    faults.most_delay = milliseconds(50);
    faults.most_job_delay = most_job_delay;
    world_.set_faults(faults);
    for (std::size_t i = 0; i < plan_.nodes; ++i)
      world_.add(node_name(i), node_address(plan_, i), node_configuration(plan_, i, changes_));
  }

  World& world() { return world_; }
  Node& node(std::size_t number) { return *world_.nodes()[number]; }
  const ScenarioPlan& plan() const { return plan_; }
  Invariants& invariants() { return invariants_; }
  std::shared_ptr<const config::Snapshot> configuration(std::size_t number) {
    return node_configuration(plan_, number, changes_);
  }

  void start(const Link& link, bool at_first) {
    const auto& end = at_first ? link.first : link.second;
    ike::Initiate initiate{{}, connection_name(link, at_first), child_name(0), {}, {}};
    initiate.persistent = true;
    world_.control(node(end.node), initiate);
  }

  /// Child SAs of this end of the link that the other end holds too, and established IKE SAs.
  std::size_t child_sas(const Link& link, bool at_first) {
    auto& here = node((at_first ? link.first : link.second).node);
    const auto& there = node((at_first ? link.second : link.first).node);
    return static_cast<std::size_t>(std::ranges::count_if(here.stack.child_sas(), [&](const auto& entry) {
      return entry.second.remote.address == there.address && there.stack.by_inbound_spi(entry.second.outbound_spi);
    }));
  }
  std::size_t ike_sas(const Link& link, bool at_first) {
    auto& here = node((at_first ? link.first : link.second).node);
    const auto& there = node((at_first ? link.second : link.first).node);
    return static_cast<std::size_t>(std::ranges::count_if(here.engine.ike_sas(), [&](const auto& entry) {
      return entry.second.established() != nullptr && entry.second.record().remote.address == there.address;
    }));
  }
  bool is_up(const Link& link) { return child_sas(link, true) > 0 && child_sas(link, false) > 0; }
  bool is_single(const Link& link) {
    return std::ranges::all_of(std::array{true, false}, [&](bool at_first) {
      return child_sas(link, at_first) == 1 && ike_sas(link, at_first) == 1;
    });
  }

 private:
  ScenarioPlan plan_;
  World world_;
  Invariants invariants_;
  std::vector<LinkChanges> changes_;
};

ScenarioPlan mesh_plan(std::size_t nodes, unsigned loss) {
  ScenarioPlan plan;
  plan.family = IpFamily::v4;
  plan.nodes = nodes;
  plan.faults.loss = loss;
  for (std::size_t first = 0; first + 1 < nodes; ++first)
    for (std::size_t second = first + 1; second < nodes; ++second)
      plan.links.push_back(fleet_link(first, second, seconds(60)));
  return plan;
}

ScenarioPlan star_plan(std::size_t clients) {
  ScenarioPlan plan;
  plan.family = IpFamily::v4;
  plan.nodes = clients + 1;
  for (std::size_t client = 1; client <= clients; ++client) {
    auto link = fleet_link(0, client, seconds(30));
    link.open = true;
    link.second.when_lost = config::Action::start;
    plan.links.push_back(std::move(link));
  }
  return plan;
}

constexpr Duration kLook = milliseconds(250);
/// A mesh that is not settled by then never will be.
constexpr Duration kMeshPatience = minutes(10);
/// So long a settled mesh is watched.
constexpr Duration kMeshWatch = minutes(3);
constexpr Duration kOutage = minutes(5);
constexpr Duration kStormPatience = minutes(10);

}  // namespace

MeshOutcome run_mesh(std::size_t nodes, unsigned loss, std::uint64_t seed,
                     const std::function<void(const std::string&)>& narrator) {
  Fleet fleet(mesh_plan(nodes, loss), seed, microseconds(100), narrator);
  auto& world = fleet.world();
  MeshOutcome outcome;
  outcome.nodes = nodes;
  outcome.links = fleet.plan().links.size();
  world.set_judge([&](const InFlight& flight) {
    if (begins(flight.datagram)) ++outcome.attempts;
    return Fate::deliver;
  });
  const auto began = world.now();
  for (const auto& link : fleet.plan().links)
    for (const bool at_first : {true, false}) fleet.start(link, at_first);
  const auto is_broken = [&] { return fleet.invariants().broken().is_broken(); };
  const auto all_single = [&] {
    return std::ranges::all_of(fleet.plan().links, [&](const Link& link) { return fleet.is_single(link); });
  };
  bool up = false;
  bool settled = false;
  while (world.now() - began < kMeshPatience && !settled && !is_broken()) {
    world.run_for(kLook);
    if (!up) outcome.up = world.now() - began;
    up = up || std::ranges::all_of(fleet.plan().links, [&](const Link& link) { return fleet.is_up(link); });
    settled = up && all_single();
    outcome.settled = world.now() - began;
  }
  if (!is_broken()) world.run_for(kMeshWatch);
  for (const auto& node : world.nodes()) outcome.datagrams += node->engine.counters().sent;
  for (const auto& link : fleet.plan().links) {
    if (is_broken() || fleet.is_single(link)) continue;
    fleet.invariants().report(2, node_name(link.first.node) + " and " + node_name(link.second.node),
                              std::to_string(fleet.ike_sas(link, true)) + '/' +
                                  std::to_string(fleet.ike_sas(link, false)) + " IKE SAs, " +
                                  std::to_string(fleet.child_sas(link, true)) + '/' +
                                  std::to_string(fleet.child_sas(link, false)) + " Child SAs");
  }
  outcome.broken = fleet.invariants().broken().words();
  return outcome;
}

std::string to_string(const MeshOutcome& outcome) {
  return "mesh of " + std::to_string(outcome.nodes) + ": " + std::to_string(outcome.links) + " links, all up after " +
         in_seconds(outcome.up) + ", one IKE SA and one pair of Child SAs each after " + in_seconds(outcome.settled) +
         ", " + std::to_string(outcome.attempts) + " IKE_SA_INIT requests, " + std::to_string(outcome.datagrams) +
         " datagrams: " + (outcome.broken.empty() ? "holds" : outcome.broken);
}

StormBounds storm_bounds(std::size_t clients) {
  // After five minutes a client sends every twenty to thirty seconds: so many come in a second on average, or twice as many where
  // their times meet, and nobody waits longer than for its next transmission but one.
  return {std::max<std::size_t>(20, clients / 10), seconds(45), seconds(75)};
}

StormOutcome run_storm(std::size_t clients, Outage outage, std::uint64_t seed) {
  Fleet fleet(star_plan(clients), seed, microseconds(100));
  auto& world = fleet.world();
  auto& gateway = fleet.node(0);
  gateway.job_cost = microseconds(300);
  StormOutcome outcome;
  outcome.outage = outage;
  outcome.clients = clients;
  outcome.lasted = kOutage;
  std::map<std::int64_t, std::size_t> rate;
  const auto second = [&] { return std::chrono::duration_cast<seconds>(world.now().since_origin()).count(); };
  bool out = false;
  world.set_judge([&](const InFlight& flight) {
    const bool at_gateway = flight.datagram.remote.address == gateway.address && !out;
    if (at_gateway && begins(flight.datagram)) ++rate[second()];
    if (!out || outage == Outage::crash) return Fate::deliver;
    return Fate::drop;
  });
  const auto peak = [&] {
    std::size_t most = 0;
    for (const auto& [at, number] : std::exchange(rate, {})) most = std::max(most, number);
    return most;
  };
  const auto count_up = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(fleet.plan().links, [&](const Link& link) { return fleet.child_sas(link, false) > 0; }));
  };
  const auto is_broken = [&] { return fleet.invariants().broken().is_broken(); };
  for (const auto& link : fleet.plan().links) fleet.start(link, false);
  world.run_for(minutes(3));
  outcome.peak_before = peak();
  if (count_up() != clients)
    fleet.invariants().report(11, gateway.name, std::to_string(count_up()) + " clients came up at the start");
  out = true;
  if (outage == Outage::crash) world.stop(gateway);
  world.run_for(kOutage);
  rate.clear();
  out = false;
  if (outage == Outage::crash) world.restart(gateway, fleet.configuration(0));
  const auto back = world.now();
  std::size_t up = 0;
  // What the clients still hold of before the outage is no tunnel: the gateway has to hold it too.
  while (world.now() - back < kStormPatience && up < clients && !is_broken()) {
    world.run_for(kLook);
    if (up * 100 < clients * 99) outcome.nearly_all = world.now() - back;
    outcome.all = world.now() - back;
    up = count_up();
  }
  outcome.peak_after = peak();
  if (up < clients)
    fleet.invariants().report(11, gateway.name, std::to_string(clients - up) + " clients never came back");
  world.run_for(minutes(5));
  for (const auto& link : fleet.plan().links)
    if (!is_broken() && !fleet.is_single(link))
      fleet.invariants().report(2, node_name(link.second.node), "has not one IKE SA and one Child SA at both ends");
  outcome.cookies = gateway.engine.counters().cookies_sent;
  outcome.refused = gateway.engine.counters().half_open_refused;
  outcome.broken = fleet.invariants().broken().words();
  return outcome;
}

bool holds(const StormOutcome& outcome) {
  const auto bounds = storm_bounds(outcome.clients);
  return outcome.broken.empty() && outcome.peak_after <= bounds.peak && outcome.nearly_all <= bounds.nearly_all &&
         outcome.all <= bounds.all;
}

std::string to_string(const StormOutcome& outcome) {
  const auto bounds = storm_bounds(outcome.clients);
  return std::string(outcome.outage == Outage::crash ? "crash" : "partition") + " of " + in_seconds(outcome.lasted) +
         ", " + std::to_string(outcome.clients) + " clients: at most " + std::to_string(outcome.peak_before) +
         " IKE_SA_INIT a second at the start, " + std::to_string(outcome.peak_after) + " after the outage (bound " +
         std::to_string(bounds.peak) + "), 99 % back within " + in_seconds(outcome.nearly_all) + " (bound " +
         in_seconds(bounds.nearly_all) + "), all within " + in_seconds(outcome.all) + " (bound " +
         in_seconds(bounds.all) + "), " + std::to_string(outcome.cookies) + " cookies, " +
         std::to_string(outcome.refused) + " refused: " +
         (!outcome.broken.empty() ? outcome.broken
          : holds(outcome)        ? "holds"
                                  : "does not hold");
}

}  // namespace keypact::sim
