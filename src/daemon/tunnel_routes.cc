#include "daemon/tunnel_routes.h"

#include <algorithm>
#include <tuple>
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

Result<TunnelRoutes> TunnelRoutes::open(io::Netlink netlink, const std::string& device, std::uint32_t own_mark,
                                        RoutesFor what) {
  TunnelRoutes routes(std::move(netlink));
  TRY(routes.interface_, routes.netlink().interface_index(device));
  routes.device_ = device;
  routes.table_ = table_of(device);
  routes.own_mark_ = own_mark;
  routes.what_ = what;
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

TunnelRoutes::Wishes TunnelRoutes::wishes_of(const ipsec::Policy& policy) const {
  Wishes wishes;
  const auto way = routing_of(policy, what_).way;
  if (way == PolicyRouting::Way::past_the_table) wishes.rules = skipping_rules(policy);
  if (way != PolicyRouting::Way::into_tunnel) return wishes;
  for (const auto& selector : policy.remote)
    if (has_route(policy, selector, what_))
      for (const auto& prefix : prefixes_covering(selector.first, selector.last)) wishes.destinations.push_back(prefix);
  return wishes;
}

std::vector<PolicyRule> TunnelRoutes::skipping_rules(const ipsec::Policy& policy) const {
  std::vector<PolicyRule> rules;
  const auto skip = [&](const Prefix& source, const Prefix& destination) {
    PolicyRule rule;
    rule.family = source.address.family();
    rule.priority = priority_ - 1;
    rule.kind = RuleKind::skip_to;
    rule.target = priority_ + 1;
    if (source.length != 0) rule.source = source;
    if (destination.length != 0) rule.destination = destination;
    rules.push_back(landing_rule(rule.family));
    rules.push_back(rule);
  };
  for (const auto& local : policy.local) {
    for (const auto& remote : policy.remote) {
      // Of single protocols and ports the data plane is the judge, which hands these packets back.
      if (local.family() != remote.family() || local.protocol != kAnyProtocol || remote.protocol != kAnyProtocol)
        continue;
      for (const auto& source : prefixes_covering(local.first, local.last))
        for (const auto& destination : prefixes_covering(remote.first, remote.last)) skip(source, destination);
    }
  }
  return rules;
}

std::optional<io::Route> TunnelRoutes::wanted_route(const Prefix& destination, const Policies& policies) const {
  const auto leading = leading_to_.find(destination);
  if (leading == leading_to_.end()) return std::nullopt;
  io::Route route;
  route.destination = destination;
  route.interface = interface_;
  route.table = table_;
  route.preferred_source =
      source_address(addresses_, policies.at(*leading->second.begin()), destination.address.family());
  return route;
}

void TunnelRoutes::update(const Policies& policies, const std::set<PolicyId>& changed, const Problems& problems) {
  std::set<Prefix> touched;
  std::set<PolicyRule> touched_rules;
  for (const auto id : changed) {
    if (const auto before = wishes_.extract(id)) {
      for (const auto& prefix : before.mapped().destinations) {
        touched.insert(prefix);
        const auto leading = leading_to_.find(prefix);
        if (leading == leading_to_.end()) continue;  // the same destination twice
        leading->second.erase(id);
        if (leading->second.empty()) leading_to_.erase(leading);
      }
      for (const auto& rule : before.mapped().rules) {
        touched_rules.insert(rule);
        if (--wanted_rules_.at(rule) == 0) wanted_rules_.erase(rule);
      }
    }
    const auto policy = policies.find(id);
    if (policy == policies.end()) continue;
    const auto& wishes = wishes_[id] = wishes_of(policy->second);
    for (const auto& prefix : wishes.destinations) leading_to_[prefix].insert(id);
    for (const auto& rule : wishes.rules) ++wanted_rules_[rule];
    touched.insert(wishes.destinations.begin(), wishes.destinations.end());
    touched_rules.insert(wishes.rules.begin(), wishes.rules.end());
  }
  auto addresses = netlink().local_addresses();
  if (!addresses) problems(addresses.error().to_string());
  if (addresses.value_or(Addresses{}) != addresses_) {
    // Any of the routes may name another source address now.
    addresses_ = addresses.value_or(Addresses{});
    for (const auto& [prefix, leading] : leading_to_) touched.insert(prefix);
  }
  update_routes(touched, policies, problems);
  update_rules(touched_rules, problems);
}

void TunnelRoutes::add_address(const IpAddress& address, const Problems& problems) {
  tell(network_.add(io::InterfaceAddress{interface_, address, address.bits()}), problems);
}

void TunnelRoutes::remove_address(const IpAddress& address, const Problems& problems) {
  tell(network_.remove(io::InterfaceAddress{interface_, address, address.bits()}), problems);
}

void TunnelRoutes::update_routes(const std::set<Prefix>& touched, const Policies& policies, const Problems& problems) {
  Routes wanted;
  for (const auto& prefix : touched)
    if (auto route = wanted_route(prefix, policies)) wanted.emplace(prefix, std::move(*route));
  // While a route changes the fallback behind it holds: nothing leaves in clear.
  for (const auto& [prefix, route] : wanted) {
    if (routes_.contains(prefix)) continue;
    tell(network_.take_over(fallback(prefix)), problems);
    earlier_routes_.erase(fallback(prefix));
  }
  for (const auto& prefix : touched) {
    const auto before = routes_.find(prefix);
    if (before == routes_.end()) continue;
    const auto still = wanted.find(prefix);
    if (still != wanted.end() && still->second == before->second) {
      wanted.erase(still);
      continue;
    }
    tell(network_.remove(before->second), problems);
    if (still == wanted.end()) tell(network_.remove(fallback(prefix)), problems);
    routes_.erase(before);
  }
  for (auto& [prefix, route] : wanted) {
    tell(network_.take_over(route), problems);
    std::erase_if(earlier_routes_, [&, &to = prefix](const io::Route& earlier) {
      return earlier.destination == to && earlier.interface == interface_;
    });
    routes_.insert_or_assign(prefix, std::move(route));
  }
}

void TunnelRoutes::update_rules(const std::set<PolicyRule>& touched, const Problems& problems) {
  for (const auto& rule : touched) {
    if (!wanted_rules_.contains(rule)) continue;
    if (rules_.insert(rule).second) tell(network_.add(rule), problems);
    earlier_rules_.erase(rule);
  }
  for (const auto& rule : touched)
    if (!wanted_rules_.contains(rule) && rules_.erase(rule) != 0) tell(network_.remove(rule), problems);
}

std::string TunnelRoutes::explain_table() const {
  return "rule " + std::to_string(priority_) + " has every packet but keypactd's own look at table " +
         std::to_string(table_) + " before the main one: the routes into tunnels stand there";
}

std::string TunnelRoutes::explain_route(const Prefix& destination, const Policies& policies) const {
  const auto& leading = leading_to_.at(destination);
  const auto& first = policies.at(*leading.begin());
  auto text = "table " + std::to_string(table_) + " leads to " + destination.to_string() + " over " + device_ + ": " +
              first.name + ' ' + routing_of(first, what_).because;
  for (const auto id : leading)
    if (id != first.id) text += ", and so does " + policies.at(id).name;
  const auto source = source_address(addresses_, first, destination.address.family());
  return text + (source ? "; from this host such packets get the address " + source->to_string() + ", which is in there"
                        : "; no address of this host is in there, so packets of its own get none from us");
}

std::vector<std::string> TunnelRoutes::explain(const Policies& policies,
                                               const std::optional<IpAddress>& destination) const {
  std::vector<std::string> reasons;
  for (const auto& [prefix, leading] : leading_to_)
    if (!destination || prefix.contains(*destination)) reasons.push_back(explain_route(prefix, policies));
  for (const auto& [id, policy] : policies) {
    const auto is_about_it = [&](const auto& remote) { return !destination || remote.contains(*destination); };
    if (std::ranges::none_of(policy.remote, is_about_it)) continue;
    const auto routing = routing_of(policy, what_);
    if (routing.way == PolicyRouting::Way::none)
      reasons.push_back(policy.name + ' ' + routing.because + ": it has no route of ours");
    else if (routing.way == PolicyRouting::Way::past_the_table)
      reasons.push_back("rule " + std::to_string(priority_ - 1) + " leads past table " + std::to_string(table_) + ": " +
                        policy.name + ' ' + routing.because);
  }
  if (!reasons.empty()) reasons.insert(reasons.begin(), explain_table());
  else if (destination)
    reasons.push_back("no child is about " + destination->to_string() +
                      ": it is reached, or not, by the host's other routes");
  else reasons.emplace_back("there is no policy, and so no route of ours");
  return reasons;
}

std::vector<std::string> TunnelRoutes::explain_packets(const Policies& policies, const IpAddress& destination) {
  const auto way = netlink().route_to(destination);
  std::string text = "packets of this host to " + destination.to_string();
  if (!way) text += " find no route: " + way.error().why;
  else {
    text +=
        " leave over " + io::Netlink::interface_name(way->interface) + " from the address " + way->source.to_string();
    if (way->gateway) text += " by " + way->gateway->to_string();
    if (way->interface == interface_) text += ", where a policy takes them before they get there";
  }
  auto reasons = explain(policies, destination);
  reasons.insert(reasons.begin(), std::move(text));
  return reasons;
}

std::vector<std::string> TunnelRoutes::drift() {
  const auto routes = netlink().own_routes(table_);
  const auto rules = netlink().own_rules();
  if (!routes) return {routes.error().to_string()};
  if (!rules) return {rules.error().to_string()};
  // Of a listed route neither the source address nor the metric that the kernel chose is ours.
  std::set<std::tuple<Prefix, io::RouteKind, io::InterfaceIndex>> there;
  for (const auto& route : *routes) there.emplace(route.destination, route.kind, route.interface);
  std::vector<std::string> differences;
  const auto table = " of table " + std::to_string(table_);
  for (const auto& [prefix, route] : routes_) {
    if (!there.contains({prefix, route.kind, route.interface}))
      differences.push_back("the kernel lacks the route to " + prefix.to_string() + table);
    if (!there.contains({prefix, io::RouteKind::unreachable, 0}))
      differences.push_back("the kernel lacks the route behind that to " + prefix.to_string() + table);
  }
  for (const auto family : families())
    if (std::ranges::find(*rules, lookup_rule(family)) == rules->end())
      differences.push_back("the kernel lacks the rule " + std::to_string(priority_) + " that leads to table " +
                            std::to_string(table_));
  for (const auto& rule : rules_)
    if (std::ranges::find(*rules, rule) == rules->end())
      differences.push_back("the kernel lacks a rule " + std::to_string(rule.priority) + " past table " +
                            std::to_string(table_));
  return differences;
}

void TunnelRoutes::forget_earlier_run(const Problems& problems) {
  for (const auto family : families())
    if (earlier_rules_.erase(lookup_rule(family)) != 0) tell(network_.add(lookup_rule(family)), problems);
  for (const auto& rule : std::exchange(earlier_rules_, {})) tell(netlink().remove(rule), problems);
  for (const auto& route : std::exchange(earlier_routes_, {})) tell(netlink().remove(route), problems);
}

}  // namespace keypact::daemon
