#include "daemon/policy_routing.h"

#include <algorithm>

namespace keypact::daemon {
namespace {

std::string why_not_everywhere(const Placement& placement) {
  if (!placement.policies) return "leaves its policies to others, who lead its packets";
  if (!placement.interface.empty()) return "is about packets over " + placement.interface + " only";
  if (placement.in.interface_id != 0 || placement.out.interface_id != 0)
    return "takes what passes its XFRM interface, which the host's own routes decide";
  return "takes what has its mark, which the host's own rules decide";
}

std::string between(const ipsec::Policy& policy) {
  return to_string(policy.local) + " and " + to_string(policy.remote);
}

}  // namespace

bool has_route(const ipsec::Policy& policy, const TrafficSelector& remote, RoutesFor what) {
  return what == RoutesFor::every_policy || std::ranges::any_of(policy.local, [&](const TrafficSelector& local) {
           return local.protocol == kAnyProtocol && remote.protocol == kAnyProtocol;
         });
}

PolicyRouting routing_of(const ipsec::Policy& policy, RoutesFor what) {
  using enum PolicyRouting::Way;
  if (!policy.placement.is_everywhere()) return {none, why_not_everywhere(policy.placement)};
  if (policy.action == PolicyAction::bypass)
    return {past_the_table, "lets what is between " + between(policy) + " pass"};
  if (policy.mode == Mode::transport)
    return {none, "is in transport mode: packets between the two ends themselves go the way that they have"};
  const bool any =
      std::ranges::any_of(policy.remote, [&](const auto& remote) { return has_route(policy, remote, what); });
  if (!any) return {none, "is about single protocols, and other packets between these addresses go on as they did"};
  const auto verb = policy.action == PolicyAction::discard ? "drops" : "protects";
  return {into_tunnel, std::string(verb) + " what is between " + between(policy)};
}

}  // namespace keypact::daemon
