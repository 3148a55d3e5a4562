#include "ike/v2/connection_choice.h"

#include <algorithm>
#include <array>

#include "ike/v2/authentication.h"
#include "ike/v2/proposal_choice.h"

namespace keypact::ike::v2 {
namespace {

enum Fit : int { none, by_name, any, range, address, count };

/// A name may lead to any address, and tomorrow to another one: who calls from there proves by its identity that it is the one.
Fit address_fit(const config::AddressPattern& pattern, const IpAddress& address) {
  using Kind = config::AddressPattern::Kind;
  if (pattern.kind == Kind::name) return Fit::by_name;
  if (!pattern.matches(address)) return Fit::none;
  if (pattern.kind == Kind::any) return Fit::any;
  return pattern.is_single() ? Fit::address : Fit::range;
}

Fit address_fit(const std::vector<config::AddressPattern>& patterns, const IpAddress& address) {
  auto best = Fit::none;
  for (const auto& pattern : patterns) best = std::max(best, address_fit(pattern, address));
  return best;
}

}  // namespace

std::vector<ConnectionPtr> connections_between(const config::Snapshot& snapshot, const IpAddress& local,
                                               const IpAddress& remote) {
  std::array<std::vector<ConnectionPtr>, Fit::count> by_fit;
  for (const auto& connection : snapshot.connections) {
    const auto fit = address_fit(connection->remote_addrs, remote);
    if (connection->version == 1 || fit == Fit::none || address_fit(connection->local_addrs, local) == Fit::none)
      continue;
    by_fit[fit].push_back(connection);
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

bool is_known_by_name(const config::Connection& connection) {
  using Kind = config::AddressPattern::Kind;
  return std::ranges::none_of(connection.remote_addrs, &config::AddressPattern::is_single) &&
         std::ranges::any_of(connection.remote_addrs, [](const auto& pattern) { return pattern.kind == Kind::name; });
}

bool depends_on_given_addresses(const config::Connection& connection, const config::ChildConfig& child) {
  const auto depends = [](const auto& selectors) {
    return std::ranges::any_of(selectors, &config::SelectorPattern::dynamic);
  };
  return (!connection.vips.empty() && depends(child.local_ts)) ||
         (!connection.pools.empty() && depends(child.remote_ts));
}

bool has_lasting_policy(const config::Connection& connection, const config::ChildConfig& child) {
  return has_fixed_peer(connection) && !depends_on_given_addresses(connection, child);
}

std::optional<IpAddress> only_address(const std::vector<config::AddressPattern>& patterns) {
  if (patterns.size() != 1 || !patterns.front().is_single()) return std::nullopt;
  return patterns.front().first;
}

Identification local_identity(const Credentials& credentials, const config::AuthRound& round, const IpAddress& local) {
  if (round.kind == config::AuthKind::pubkey)
    if (auto signer = credentials.signer_for(round, {})) return std::move(signer->identity);
  if (!round.id.any) return round.id.identity;
  // RFC 7619 §2.2: who shows nothing is nobody, unless the configuration gives him a name.
  return round.kind == config::AuthKind::null_auth ? nobody() : Identification::of(local);
}

Identification local_identity(const Credentials& credentials, const config::Connection& connection,
                              const IpAddress& local) {
  return local_identity(credentials, connection.local.front(), local);
}

ConnectionPtr connection_for_identities(const Credentials& credentials, const std::vector<ConnectionPtr>& candidates,
                                        const Identification& peer, const Identification* asked_for,
                                        const IpAddress& local) {
  ConnectionPtr best;
  for (const auto& candidate : candidates) {
    const auto& remote = candidate->remote.front().id;
    if (!remote.matches(peer)) continue;
    if (asked_for != nullptr &&
        !IdentityPattern::exactly(local_identity(credentials, *candidate, local)).matches(*asked_for))
      continue;
    if (!best || remote.specificity() > best->remote.front().id.specificity()) best = candidate;
  }
  return best;
}

bool accepts_proposal(const config::Connection& connection, const Proposal& chosen) {
  // One that needs an additional key exchange does not take a proposal without it.
  const auto has_what_is_needed = [&](const Proposal& acceptable) {
    return std::ranges::all_of(kAdditionalKeyExchanges, [&](TransformType type) {
      const auto alternatives = acceptable.of_type(type);
      return alternatives.empty() || chosen.has_type(type) ||
             std::ranges::find(alternatives, Transform{type, 0, std::nullopt}) != alternatives.end();
    });
  };
  return std::ranges::any_of(connection.ike_acceptable, [&](const Proposal& acceptable) {
    return has_what_is_needed(acceptable) && std::ranges::all_of(chosen.transforms, [&](const Transform& transform) {
             const bool is_nothing = is_additional_key_exchange(transform.type) && transform.id == 0;
             if (is_nothing && !acceptable.has_type(transform.type)) return true;
             return std::ranges::find(acceptable.transforms, transform) != acceptable.transforms.end();
           });
  });
}

}  // namespace keypact::ike::v2
