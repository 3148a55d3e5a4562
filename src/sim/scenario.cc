#include "sim/scenario.h"

#include <algorithm>

namespace keypact::sim {
namespace {

/// Longer than any exchange takes to be given up, after the longest silence before somebody asks whether the peer lives.
constexpr Duration kSettling = minutes(10);
constexpr Duration kGivingUp = minutes(5);
constexpr Duration kBringingUp = minutes(1);
/// An IKE SA that was deleted answers retransmissions for half a minute.
constexpr Duration kGoing = minutes(1);

class Scenario {
 public:
  Scenario(std::uint64_t seed, const std::function<void(const std::string&)>& narrator)
      : plan_(plan_of(seed)), random_(~seed), world_(seed), invariants_(world_), changes_(plan_.links.size()) {
    world_.set_narrator(narrator);
    world_.set_tracing(static_cast<bool>(narrator));
    world_.set_faults(plan_.faults);
    // With every third seed nearly every message goes in fragments.
    if (seed % 3 == 0) world_.set_options({.fragment_size = 200});
    for (std::size_t i = 0; i < plan_.nodes; ++i) plan_.homes.push_back(i);
    for (std::size_t i = 0; i < plan_.nodes; ++i)
      world_.add(node_name(i), node_address(plan_, i), node_configuration(plan_, i, changes_));
    for (std::size_t i = 0; i < plan_.nats.size(); ++i) {
      std::vector<Node*> inside;
      for (const auto number : plan_.nats[i]) inside.push_back(&world_.node(node_name(number)));
      world_.add_nat(nat_address(plan_, i), plan_.nat_idle, inside);
    }
  }

  Outcome run() {
    const auto began = world_.now();
    for (const auto& operation : plan_.operations) {
      if (!run_until(began + operation.at)) break;
      perform(operation);
    }
    if (!is_broken()) come_to_rest();
    if (!is_broken()) clear_one_sided();
    if (!is_broken()) bring_everything_up();
    if (!is_broken()) take_everything_down();
    outcome_.broken = invariants_.broken().words();
    outcome_.trace_hash = world_.trace_hash();
    outcome_.nodes = plan_.nodes;
    for (const auto& node : world_.nodes()) outcome_.datagrams += node->engine.counters().sent;
    for (const auto& node : world_.nodes()) outcome_.ike_sas += node->count<ike::IkeSaEstablished>();
    outcome_.simulated = world_.now() - began;
    return outcome_;
  }

 private:
  [[nodiscard]] bool is_broken() const { return invariants_.broken().is_broken(); }
  [[nodiscard]] Node& node(const Link& link, bool at_first) {
    return world_.node(node_name((at_first ? link.first : link.second).node));
  }

  /// False when an invariant broke on the way.
  bool run_until(Instant until) {
    while (!is_broken() && world_.step(until)) {
    }
    if (!is_broken() && world_.now() < until) world_.run_for(until - world_.now());
    return !is_broken();
  }
  bool run_for(Duration duration) { return run_until(world_.now() + duration); }

  ControlId fresh_request() { return ControlId{++outcome_.requests}; }

  template <class Request>
  ControlId ask(Node& at, Request request) {
    request.id = fresh_request();
    invariants_.events.asked(at, request.id, world_.now());
    world_.control(at, request);
    return request.id;
  }

  ControlId initiate(const Link& link, bool at_first, std::size_t child) {
    if (link.open) at_first = false;
    auto& at = node(link, at_first);
    return ask(at, ike::Initiate{{}, connection_name(link, at_first), child_name(child), {}, {}});
  }

  /// The IKE SAs of this end of the link that are not over.
  std::vector<IkeSaId> ike_sas(const Link& link, bool at_first) {
    const auto& peer = node(link, !at_first);
    std::vector<IkeSaId> found;
    for (const auto& [id, sa] : node(link, at_first).engine.ike_sas()) {
      const auto* established = sa.established();
      const bool with_peer = established != nullptr ? established->peer_identity().to_string() == peer.name
                                                    : sa.record().remote.address == peer.address;
      if (with_peer && !std::holds_alternative<ike::v2::Closed>(sa.state())) found.push_back(id);
    }
    return found;
  }

  std::vector<ChildSaId> child_sas(const Link& link, bool at_first) {
    const auto& at = node(link, at_first);
    std::vector<ChildSaId> found;
    for (const auto id : ike_sas(link, at_first)) {
      const auto* established = at.engine.ike_sas().at(id).established();
      if (established == nullptr) continue;
      for (const auto& [child, sa] : established->children())
        if (at.stack.child_sas().contains(child)) found.push_back(child);
    }
    return found;
  }

  template <class Id>
  std::optional<Id> any_of(const std::vector<Id>& ids) {
    if (ids.empty()) return std::nullopt;
    return ids[random_.below(ids.size())];
  }

  void perform(const Operation& operation) {
    const auto& link = plan_.links[operation.link];
    using enum Operation::Kind;
    if (operation.kind == part) return world_.part(node(link, true), node(link, false));
    if (operation.kind == join) return world_.join(node(link, true), node(link, false));
    perform(operation, link, operation.at_first);
    if (operation.at_both && !is_broken()) perform(operation, link, !operation.at_first);
  }

  void perform(const Operation& operation, const Link& link, bool at_first) {
    auto& at = node(link, at_first);
    if (operation.kind == Operation::Kind::revive && at.is_down) world_.restart(at, configuration(link, at_first));
    if (!at.is_awake(world_.now())) return;
    switch (operation.kind) {
      case Operation::Kind::initiate: initiate(link, at_first, operation.child); break;
      case Operation::Kind::terminate_child:
        if (const auto child = any_of(child_sas(link, at_first))) ask(at, ike::TerminateChild{{}, *child});
        break;
      case Operation::Kind::terminate_ike:
      case Operation::Kind::terminate_ike_at_once:
        if (const auto sa = any_of(ike_sas(link, at_first)))
          ask(at, ike::TerminateIke{{}, *sa, operation.kind == Operation::Kind::terminate_ike_at_once});
        break;
      case Operation::Kind::expire_child:
        if (const auto child = any_of(child_sas(link, at_first)))
          world_.stack_event(at, ipsec::ChildSaExpired{*child, random_.chance(50)});
        break;
      case Operation::Kind::rekey_child:
        if (const auto child = any_of(child_sas(link, at_first))) ask(at, ike::RekeyChild{{}, *child});
        break;
      case Operation::Kind::rekey_ike:
      case Operation::Kind::reauthenticate:
        if (const auto sa = any_of(ike_sas(link, at_first)))
          ask(at, ike::RekeyIke{{}, *sa, operation.kind == Operation::Kind::reauthenticate});
        break;
      case Operation::Kind::reconfigure:
        (at_first ? changes_[operation.link].first : changes_[operation.link].second) = operation.change;
        world_.configure(at, configuration(link, at_first));
        break;
      case Operation::Kind::restart: world_.restart(at, configuration(link, at_first)); break;
      case Operation::Kind::crash: world_.stop(at); break;
      case Operation::Kind::suspend: world_.suspend(at, operation.lasts); break;
      case Operation::Kind::rebind:
        if (auto* nat = node(link, false).nat) nat->rebind();
        break;
      case Operation::Kind::move: move(link); break;
      default: break;
    }
  }

  /// Only who is taken anywhere may go somewhere else. Addresses are never used twice.
  void move(const Link& link) {
    auto& at = node(link, false);
    if (!link.open || at.nat != nullptr || next_home_ >= kHomes || !at.is_awake(world_.now())) return;
    plan_.homes[link.second.node] = next_home_++;
    world_.configure(at, configuration(link, false));
    world_.move(at, node_address(plan_, link.second.node));
  }

  std::shared_ptr<const config::Snapshot> configuration(const Link& link, bool at_first) {
    return node_configuration(plan_, (at_first ? link.first : link.second).node, changes_);
  }

  /// Nothing goes wrong any more, and everybody is configured as planned: what is on its way comes to its end.
  void come_to_rest() {
    if (!run_until(Instant(seconds(1)) + plan_.unrest)) return;
    world_.set_faults({});
    for (const auto& nat : world_.nats()) nat->set_idle({});
    for (std::size_t i = 0; i < plan_.nodes; ++i) {
      auto& node = world_.node(node_name(i));
      world_.wake(node);
      if (node.is_down) world_.restart(node, node_configuration(plan_, i, changes_));
    }
    for (const auto& link : plan_.links) world_.join(node(link, true), node(link, false));
    changes_.assign(plan_.links.size(), {});
    for (std::size_t i = 0; i < plan_.nodes; ++i)
      world_.configure(world_.node(node_name(i)), node_configuration(plan_, i, changes_));
    if (!run_for(kSettling)) return;
    invariants_.check_all_answered();
  }

  /// RFC 7296 §2.4: an end that never asks whether its peer lives keeps what the peer has lost. An operator takes it away.
  void clear_one_sided() {
    for (const auto& node : world_.nodes()) {
      for (const auto id : invariants_.sas.one_sided(*node)) {
        const auto& sa = *node->engine.ike_sas().at(id).established();
        if (sa.parts().connection->dpd_delay > Duration{})
          invariants_.report(
              1, node->name,
              "an IKE SA that the peer has lost, or moved away from, long ago: " + std::to_string(id.value));
        ask(*node, ike::TerminateIke{{}, id, false});
      }
    }
    if (!run_for(kGivingUp)) return;
    for (const auto& node : world_.nodes()) {
      if (!invariants_.sas.one_sided(*node).empty())
        invariants_.report(1, node->name, "an IKE SA that cannot be terminated");
      invariants_.check_agreement(*node);
    }
    invariants_.check_all_answered();
  }

  struct Wanted {
    const Link* link = nullptr;
    bool at_first = false;
    std::size_t child = 0;
    ControlId request;
  };

  void bring_everything_up() {
    std::vector<Wanted> wanted;
    for (const auto& link : plan_.links) {
      const bool at_first = !link.open && random_.chance(50);
      for (std::size_t child = 0; child < link.children; ++child)
        wanted.push_back({&link, at_first, child, initiate(link, at_first, child)});
    }
    if (!run_for(kBringingUp)) return;
    invariants_.check_all_answered();
    for (const auto& one : wanted) check_outcome(one);
    for (const auto& node : world_.nodes()) invariants_.check_agreement(*node);
  }

  void check_outcome(const Wanted& wanted) {
    const auto& link = *wanted.link;
    const auto& at = node(link, wanted.at_first);
    const auto what = connection_name(link, wanted.at_first) + '/' + child_name(wanted.child);
    for (const auto& event : at.events) {
      const auto* done = std::get_if<ike::RequestDone>(&event);
      if (done == nullptr || done->request != wanted.request) continue;
      const auto came = done->refusal ? std::string(ike::to_string(done->refusal->code)) : "up";
      const auto expected = link.refusal ? std::string(ike::to_string(*link.refusal)) : "up";
      if (came != expected) invariants_.report(11, at.name, what + ": " + came + " instead of " + expected);
    }
    if (link.refusal) return;
    for (const bool at_first : {true, false})
      if (!has_child(link, at_first, child_name(wanted.child)))
        invariants_.report(11, node(link, at_first).name, "does not hold " + what);
  }

  bool has_child(const Link& link, bool at_first, const std::string& name) {
    for (const auto id : ike_sas(link, at_first)) {
      const auto* sa = node(link, at_first).engine.ike_sas().at(id).established();
      if (sa != nullptr &&
          std::ranges::any_of(sa->children(), [&](const auto& child) { return child.second.name == name; }))
        return true;
    }
    return false;
  }

  void take_everything_down() {
    // A reauthentication that the other end had just begun outlives what it renews (RFC 7296 §2.8.3): it takes a second time.
    for (int time = 0; time < 2; ++time) {
      for (const auto& link : plan_.links) {
        const bool at_first = random_.chance(50);
        for (const auto id : ike_sas(link, at_first)) ask(node(link, at_first), ike::TerminateIke{{}, id, false});
      }
      if (!run_for(kGoing)) return;
    }
    invariants_.check_all_answered();
    for (const auto& node : world_.nodes()) invariants_.check_baseline(*node);
  }

  ScenarioPlan plan_;
  SeededRandom random_;
  World world_;
  Invariants invariants_;
  std::vector<LinkChanges> changes_;
  static constexpr std::size_t kHomes = 250;
  std::size_t next_home_ = 101;
  Outcome outcome_;
};

}  // namespace

Outcome run_scenario(std::uint64_t seed, const std::function<void(const std::string&)>& narrator) {
  return Scenario(seed, narrator).run();
}

}  // namespace keypact::sim
