#include "daemon/tunnel_routes.h"

#include <algorithm>
#include <utility>

#include "io/udp_socket.h"

namespace keypact::daemon {
namespace {

using io::PolicyRule;
using io::RuleKind;

/// Tables of our own are numbered by the name of the TUN device: two daemons on one machine keep apart, and a daemon that comes
/// back after a crash finds what it left.
constexpr std::uint32_t kFirstTable = 0x6b700000;
/// Behind every route into the tunnel: what holds when the device is gone with its process.
constexpr std::uint32_t kFallbackMetric = 0x6b700000;
/// Before the main table, after the local one. Each daemon has three priorities to itself: skip, look up, land.
constexpr std::uint32_t kFirstPriority = 220;
constexpr std::uint32_t kPriorities = 3;

std::uint32_t table_of(const std::string& device) {
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (const char c : device) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193;
  return kFirstTable | (hash & 0xffff);
}

std::vector<IpFamily> families() {
  std::vector<IpFamily> found;
  for (const auto family : {IpFamily::v4, IpFamily::v6})
    if (io::address_family_available(family)) found.push_back(family);
  return found;
}

/// The priority of the daemon that owns this table, or the first one that nobody has.
std::uint32_t choose_priority(const std::vector<PolicyRule>& rules, std::uint32_t table) {
  const auto lookup_of_ours = [&](const PolicyRule& rule) {
    return rule.kind == RuleKind::lookup && rule.table == table;
  };
  if (const auto before = std::ranges::find_if(rules, lookup_of_ours); before != rules.end()) return before->priority;
  std::uint32_t priority = kFirstPriority;
  const auto taken = [&](const PolicyRule& rule) { return rule.kind == RuleKind::lookup && rule.priority == priority; };
  while (std::ranges::any_of(rules, taken)) priority += kPriorities;
  return priority;
}

std::optional<IpAddress> source_address(const std::vector<io::LocalAddress>& addresses, const ipsec::Policy& policy,
                                        IpFamily family) {
  for (const auto& candidate : addresses) {
    if (candidate.at.address.family() != family || candidate.link_local || !candidate.usable) continue;
    for (const auto& selector : policy.local)
      if (selector.contains(candidate.at.address)) return candidate.at.address;
  }
  return std::nullopt;
}

void tell(const Result<void>& done, const TunnelRoutes::Problems& problems) {
  if (!done) problems(done.error().to_string());
}

}  // namespace

Result<TunnelRoutes> TunnelRoutes::open(io::Netlink netlink, const std::string& device, std::uint32_t own_mark) {
  TunnelRoutes routes(std::move(netlink));
  TRY(routes.interface_, routes.netlink().interface_index(device));
  routes.table_ = table_of(device);
  routes.own_mark_ = own_mark;
  TRY_VOID(routes.find_earlier_run());
  for (const auto family : families()) {
    // One that an earlier run left is not ours to take away before its policies are.
    if (!routes.earlier_rules_.contains(routes.lookup_rule(family)))
      TRY_VOID(routes.network_.add(routes.lookup_rule(family)));
  }
  return routes;
}

Result<void> TunnelRoutes::find_earlier_run() {
  TRY(const auto earlier, netlink().own_routes(table_));
  earlier_routes_.insert(earlier.begin(), earlier.end());
  TRY(const auto rules, netlink().own_rules());
  priority_ = choose_priority(rules, table_);
  for (const auto& rule : rules)
    if (rule.priority >= priority_ - 1 && rule.priority <= priority_ + 1) earlier_rules_.insert(rule);
  return {};
}

PolicyRule TunnelRoutes::lookup_rule(IpFamily family) const {
  PolicyRule rule;
  rule.family = family;
  rule.priority = priority_;
  rule.table = table_;
  rule.mark = own_mark_;
  rule.invert = true;
  return rule;
}

PolicyRule TunnelRoutes::landing_rule(IpFamily family) const {
  PolicyRule rule;
  rule.family = family;
  rule.priority = priority_ + 1;
  rule.kind = RuleKind::nothing;
  return rule;
}

io::Route TunnelRoutes::fallback(const Prefix& destination) const {
  io::Route route;
  route.destination = destination;
  route.kind = io::RouteKind::unreachable;
  route.table = table_;
  route.metric = kFallbackMetric;
  return route;
}

TunnelRoutes::Routes TunnelRoutes::wanted_routes(const Policies& policies, const Addresses& addresses) const {
  Routes wanted;
  for (const auto& [id, policy] : policies) {
    // Between the two ends themselves packets go the way that they have.
    if (policy.action == PolicyAction::bypass || policy.mode == Mode::transport) continue;
    for (const auto& selector : policy.remote) {
      for (const auto& prefix : prefixes_covering(selector.first, selector.last)) {
        io::Route route;
        route.destination = prefix;
        route.interface = interface_;
        route.table = table_;
        route.preferred_source = source_address(addresses, policy, prefix.address.family());
        wanted.emplace(prefix, route);
      }
    }
  }
  return wanted;
}

std::set<PolicyRule> TunnelRoutes::wanted_rules(const Policies& policies) const {
  std::set<PolicyRule> wanted;
  const auto skip = [&](const Prefix& source, const Prefix& destination) {
    PolicyRule rule;
    rule.family = source.address.family();
    rule.priority = priority_ - 1;
    rule.kind = RuleKind::skip_to;
    rule.target = priority_ + 1;
    if (source.length != 0) rule.source = source;
    if (destination.length != 0) rule.destination = destination;
    wanted.insert(landing_rule(rule.family));
    wanted.insert(rule);
  };
  for (const auto& [id, policy] : policies) {
    if (policy.action != PolicyAction::bypass) continue;
    for (const auto& local : policy.local) {
      for (const auto& remote : policy.remote) {
        // Of single protocols and ports the data plane is the judge, which hands these packets back.
        if (local.family() != remote.family() || local.protocol != kAnyProtocol || remote.protocol != kAnyProtocol)
          continue;
        for (const auto& source : prefixes_covering(local.first, local.last))
          for (const auto& destination : prefixes_covering(remote.first, remote.last)) skip(source, destination);
      }
    }
  }
  return wanted;
}

void TunnelRoutes::update(const Policies& policies, const Problems& problems) {
  auto addresses = netlink().local_addresses();
  if (!addresses) problems(addresses.error().to_string());
  update_routes(wanted_routes(policies, addresses.value_or(Addresses{})), problems);
  update_rules(wanted_rules(policies), problems);
}

void TunnelRoutes::update_routes(Routes wanted, const Problems& problems) {
  // While a route changes the fallback behind it holds: nothing leaves in clear.
  for (const auto& [prefix, route] : wanted) {
    if (routes_.contains(prefix)) continue;
    tell(network_.take_over(fallback(prefix)), problems);
    earlier_routes_.erase(fallback(prefix));
  }
  for (const auto& [prefix, route] : routes_) {
    const auto still = wanted.find(prefix);
    if (still == wanted.end() || still->second != route) tell(network_.remove(route), problems);
    if (still == wanted.end()) tell(network_.remove(fallback(prefix)), problems);
  }
  for (const auto& [prefix, route] : wanted) {
    const auto before = routes_.find(prefix);
    if (before == routes_.end() || before->second != route) tell(network_.take_over(route), problems);
  }
  routes_ = std::move(wanted);
}

void TunnelRoutes::update_rules(std::set<PolicyRule> wanted, const Problems& problems) {
  for (const auto& rule : wanted) {
    if (!rules_.contains(rule)) tell(network_.add(rule), problems);
    earlier_rules_.erase(rule);
  }
  for (const auto& rule : rules_)
    if (!wanted.contains(rule)) tell(network_.remove(rule), problems);
  rules_ = std::move(wanted);
}

void TunnelRoutes::forget_earlier_run(const Problems& problems) {
  for (const auto family : families())
    if (earlier_rules_.erase(lookup_rule(family)) != 0) tell(network_.add(lookup_rule(family)), problems);
  for (const auto& rule : std::exchange(earlier_rules_, {})) tell(netlink().remove(rule), problems);
  for (const auto& route : std::exchange(earlier_routes_, {})) tell(netlink().remove(route), problems);
}

}  // namespace keypact::daemon
