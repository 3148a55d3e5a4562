#include "sim/nat.h"

#include <algorithm>

namespace keypact::sim {

bool Nat::is_alive(const Mapping& mapping, Instant now) const {
  return idle_ == Duration{} || now - mapping.used <= idle_;
}

Endpoint Nat::leaves(const Endpoint& inside, const Endpoint& peer, Instant now) {
  auto found = mappings_.find(inside);
  if (found != mappings_.end() && !is_alive(found->second, now)) {
    mappings_.erase(found);
    found = mappings_.end();
  }
  // No port is used a second time before all others were, so that a stale mapping is never somebody else's.
  if (found == mappings_.end()) found = mappings_.emplace(inside, Mapping{++last_port_, {}, now}).first;
  found->second.peers.insert(peer);
  found->second.used = now;
  return {outside_, found->second.port};
}

std::optional<Endpoint> Nat::enters(std::uint16_t port, const Endpoint& peer, Instant now) const {
  const auto found = std::ranges::find_if(mappings_, [port](const auto& entry) { return entry.second.port == port; });
  const bool passes = found != mappings_.end() && is_alive(found->second, now) && found->second.peers.contains(peer);
  return passes ? std::optional(found->first) : std::nullopt;
}

}  // namespace keypact::sim
