#include "ike/v2/connection_choice.h"

#include <algorithm>
#include <array>

namespace keypact::ike::v2 {
namespace {

constexpr int kBestFit = 3;
/// 3: one address, 2: a range, 1: any; 0: no match.
int address_fit(const std::vector<config::AddressPattern>& patterns, const IpAddress& address) {
  int best = 0;
  for (const auto& pattern : patterns) {
    if (!pattern.matches(address)) continue;
    best = std::max(best, pattern.kind == config::AddressPattern::Kind::any ? 1 : pattern.is_single() ? kBestFit : 2);
  }
  return best;
}

}  // namespace

std::vector<ConnectionPtr> connections_between(const config::Snapshot& snapshot, const IpAddress& local,
                                               const IpAddress& remote) {
  std::array<std::vector<ConnectionPtr>, kBestFit + 1> by_fit;
  for (const auto& connection : snapshot.connections) {
    const int fit = address_fit(connection->remote_addrs, remote);
    if (connection->version == 1 || fit == 0 || address_fit(connection->local_addrs, local) == 0) continue;
    by_fit[static_cast<std::size_t>(fit)].push_back(connection);
  }
  std::vector<ConnectionPtr> connections;
  for (auto fit = by_fit.rbegin(); fit != by_fit.rend(); ++fit)
    std::ranges::move(*fit, std::back_inserter(connections));
  return connections;
}

bool has_fixed_peer(const config::Connection& connection) {
  if (connection.remote_addrs.size() != 1) return false;
  const auto& remote = connection.remote_addrs.front();
  return remote.is_single() || remote.kind == config::AddressPattern::Kind::name;
}

std::optional<IpAddress> only_address(const std::vector<config::AddressPattern>& patterns) {
  if (patterns.size() != 1 || !patterns.front().is_single()) return std::nullopt;
  return patterns.front().first;
}

Identification local_identity(const config::Connection& connection, const IpAddress& local) {
  const auto& id = connection.local.front().id;
  return id.any ? Identification::of(local) : id.identity;
}

ConnectionPtr connection_for_identities(const std::vector<ConnectionPtr>& candidates, const Identification& peer,
                                        const Identification* asked_for, const IpAddress& local) {
  ConnectionPtr best;
  for (const auto& candidate : candidates) {
    const auto& remote = candidate->remote.front().id;
    if (!remote.matches(peer)) continue;
    if (asked_for != nullptr && !IdentityPattern::exactly(local_identity(*candidate, local)).matches(*asked_for)) continue;
    if (!best || remote.specificity() > best->remote.front().id.specificity()) best = candidate;
  }
  return best;
}

bool accepts_proposal(const config::Connection& connection, const Proposal& chosen) {
  return std::ranges::any_of(connection.ike_acceptable, [&](const Proposal& acceptable) {
    return std::ranges::all_of(chosen.transforms, [&](const Transform& transform) {
      return std::ranges::find(acceptable.transforms, transform) != acceptable.transforms.end();
    });
  });
}

}  // namespace keypact::ike::v2
