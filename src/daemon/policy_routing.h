// How a policy takes part in the host's routing, and why: told to people in the words by which it was decided. RFC 4301 §4.4.1.
#pragma once

#include <string>

#include "ipsec/stack.h"

namespace keypact::daemon {

/// What there are routes for. Where the kernel does ESP, it takes the packets of single protocols from whatever route they go, and
/// all others between the same addresses go on as they did.
enum class RoutesFor : std::uint8_t { every_policy, all_protocols };

struct PolicyRouting {
  enum class Way : std::uint8_t {
    into_tunnel,
    past_the_table,  ///< its packets go as if there were no tunnels
    none,            ///< nothing of ours is about its packets
  } way{};
  std::string because;  ///< a clause without a subject, which is the policy
};
[[nodiscard]] PolicyRouting routing_of(const ipsec::Policy& policy, RoutesFor what);

/// Of one that leads into the tunnel: this remote selector has a route.
[[nodiscard]] bool has_route(const ipsec::Policy& policy, const TrafficSelector& remote, RoutesFor what);

}  // namespace keypact::daemon
