#include "sim/engine_invariants.h"

#include <algorithm>

namespace keypact::sim {
namespace {

/// The answer, and what it lets begin on each of two IKE SAs that become one.
constexpr std::size_t kDatagramsForOne = 4;
/// One event may end all that an engine holds: so many outputs for each thing held, beside those for the event itself.
constexpr std::size_t kOutputsPerEvent = 16;
constexpr std::size_t kOutputsPerThing = 8;

/// A peer at one address has policies that are there from the configuration on.
bool has_lasting_policies(const config::Connection& connection) {
  return connection.remote_addrs.size() == 1 && connection.remote_addrs.front().is_single();
}

std::set<std::string> configured_policies(const config::Snapshot& configuration) {
  std::set<std::string> names;
  for (const auto& connection : configuration.connections)
    for (const auto& child : connection->children)
      if (has_lasting_policies(*connection)) names.insert(connection->name + '/' + child.name);
  return names;
}

JobId awaited_job(const ike::v2::LocalExchange& exchange) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.job; }) return e.job;
        else return JobId{};
      },
      exchange);
}

/// What an established IKE SA without a timer waits for, or that it has nothing to do.
bool is_driven(const Node& node, const ike::v2::EstablishedSa& sa) {
  // RFC 7296 §2.8.2: the IKE SA that it came of has an exchange on its way, which decides.
  if (sa.standing() == ike::v2::Standing::undecided) return true;
  const auto awaited = sa.answer_awaits();
  if (sa.is_idle())
    // RFC 7296 §2.4: without liveness checks an SA may rest for ever. What its Child SAs wait for is the stack's answer.
    return std::ranges::all_of(sa.children(), [&](const auto& child) {
      return child.second.phase == ike::v2::ChildSa::Phase::installed || node.installations.contains(child.first);
    });
  // A request of ours may wait for the installation that it is about.
  return node.jobs.contains(awaited_job(sa.exchange())) || node.jobs.contains(awaited.job) ||
         node.installations.contains(awaited.installation) ||
         std::ranges::any_of(sa.children(),
                             [&](const auto& child) { return node.installations.contains(child.first); });
}

bool is_driven(const Node& node, const ike::v2::IkeSa& sa) {
  if (sa.deadline()) return true;
  return std::visit(
      [&](const auto& state) {
        if constexpr (requires { state.job; }) return node.jobs.contains(state.job);
        else if constexpr (requires { state.is_idle(); }) return is_driven(node, state);
        else return false;
      },
      sa.state());
}

void check_driven(const Node& node, BrokenInvariant& broken) {
  bool at_rest = node.jobs.empty();
  std::size_t children = node.engine.stragglers().size();
  for (const auto& [id, sa] : node.engine.ike_sas()) {
    if (!is_driven(node, sa)) broken.report(3, node.name, "nothing drives IKE SA " + std::to_string(id.value));
    const auto* established = sa.established();
    at_rest = at_rest && established != nullptr && established->is_idle();
    if (established != nullptr) children += established->children().size();
  }
  const auto spis = node.engine.footprint().esp_spis;
  if (at_rest && spis != children)
    broken.report(9, node.name, std::to_string(spis) + " SPIs for " + std::to_string(children) + " Child SAs");
  if (at_rest && node.installations.empty() && !node.stack.expected().empty())
    broken.report(9, node.name, "the stack expects a Child SA that the engine forgot");
}

/// Where the peer's address came with the request to initiate, the policy stays until it is configured otherwise.
bool is_held_for_initiation(const Node& node, PolicyId id) {
  const auto* name = node.engine.policies().name_of(id);
  if (name == nullptr || !node.engine.policies().find(*name)->configured) return false;
  const auto connection = node.engine.configuration()->connection(name->first);
  return connection != nullptr && connection->child(name->second) != nullptr;
}

void check_configured_policies(const Node& node, BrokenInvariant& broken) {
  auto missing = configured_policies(*node.engine.configuration());
  for (const auto& [id, policy] : node.stack.policies()) {
    const bool configured = missing.erase(policy.name) == 1;
    // No simulated connection lets anything pass in clear.
    if (configured && policy.action != PolicyAction::protect)
      broken.report(6, node.name, "a policy that protects nothing: " + policy.name);
  }
  // RFC 4301 §5.1: what the SPD protects goes through an SA or nowhere.
  if (!missing.empty()) broken.report(6, node.name, "no policy " + *missing.begin());
}

}  // namespace

void EngineInvariants::check(const Step& step, Instant now, BrokenInvariant& broken) {
  const auto& node = *step.node;
  if (!node.stack.complaint().empty()) broken.report(6, node.name, node.stack.complaint());
  const auto deadline = node.engine.deadline();
  const bool by_time = step.cause == Step::Cause::deadline || step.cause == Step::Cause::wake;
  if (by_time && deadline && *deadline <= now) broken.report(3, node.name, "a timer that is due again at once");
  check_work(step, broken);
}

void EngineInvariants::check_tables(const Node& node, BrokenInvariant& broken) {
  check_driven(node, broken);
  check_configured_policies(node, broken);
  if (is_empty(node)) check_nothing_left(node, broken);
}

void EngineInvariants::check_policy(const Node& node, const ipsec::ChildSa& sa, BrokenInvariant& broken) {
  const auto found = node.stack.policies().find(sa.policy);
  if (found == node.stack.policies().end())
    return broken.report(6, node.name, "a Child SA whose policy is gone: " + to_string(sa.inbound_spi));
  const auto& policy = found->second;
  if (policy.action != PolicyAction::protect || !covers(policy.local, sa.local_selectors) ||
      !covers(policy.remote, sa.remote_selectors))
    broken.report(7, node.name,
                  "a Child SA with selectors beyond its policy " + policy.name + ": " + to_string(sa.local_selectors) +
                      " === " + to_string(sa.remote_selectors));
}

void EngineInvariants::check_work(const Step& step, BrokenInvariant& broken) {
  const auto footprint = step.node->engine.footprint();
  const auto held = footprint.ike_sas + footprint.child_sas + footprint.waiting_requests;
  const auto before = std::exchange(held_before_[step.node], held);
  // What a configuration costs follows from its size.
  const bool configured = step.cause == Step::Cause::configuration || step.cause == Step::Cause::restart;
  if (!configured && step.outputs > kOutputsPerEvent + kOutputsPerThing * std::max(before, held))
    broken.report(10, step.node->name, std::to_string(step.outputs) + " outputs for one event");
  // All fragments of a message are one answer.
  const auto later = std::ranges::count_if(step.sent, [](const ike::Datagram& datagram) {
    const auto message = wire::parse_message(datagram.octets);
    return message && message->encrypted && message->encrypted->fragment_number > 1;
  });
  const auto messages = step.sent.size() - static_cast<std::size_t>(later);
  if (step.cause == Step::Cause::datagram &&
      (messages > kDatagramsForOne || later >= std::ptrdiff_t{limits::kFragments}))
    broken.report(10, step.node->name, std::to_string(messages) + " messages in answer to one");
}

bool EngineInvariants::is_empty(const Node& node) {
  return node.engine.ike_sas().empty() && !node.engine.stragglers().next() && node.jobs.empty();
}

void EngineInvariants::check_baseline(const Node& node, BrokenInvariant& broken) {
  check_nothing_left(node, broken);
  if (node.engine.deadline()) broken.report(9, node.name, "a timer without an SA");
}

/// What is to begin again may have a timer.
void EngineInvariants::check_nothing_left(const Node& node, BrokenInvariant& broken) {
  if (node.engine.footprint() != ike::Footprint{}) broken.report(9, node.name, "the engine's tables are not empty");
  if (!node.stack.child_sas().empty()) broken.report(9, node.name, "Child SAs without an IKE SA");
  auto missing = configured_policies(*node.engine.configuration());
  std::set<std::string> names;
  for (const auto& [id, policy] : node.stack.policies()) {
    if (missing.erase(policy.name) == 0 && !is_held_for_initiation(node, id))
      broken.report(9, node.name, "a policy that nobody configured: " + policy.name);
    if (!names.insert(policy.name).second) broken.report(9, node.name, "a policy is there twice");
  }
  if (!missing.empty()) broken.report(9, node.name, "a policy is gone: " + *missing.begin());
}

}  // namespace keypact::sim
