#include "leases/lease_book.h"

#include <algorithm>

namespace keypact::leases {
namespace {

/// Entries of one pool that are remembered: beyond, the one that is offline longest is forgotten.
constexpr std::size_t kEntries = 1'000'000;

std::string key_of(const Identification& client) {
  std::string key(1, static_cast<char>(client.type));
  key.append(client.data.begin(), client.data.end());
  return key;
}

}  // namespace

LeaseBook::LeaseBook(LeaseStore* store) : store_(store) {
  if (store_ == nullptr) return;
  store_->for_each([this](const Lease& lease, const Identification& client) {
    auto& leases = pools_[lease.pool];
    if (const auto known = leases.held.find(lease.address); known != leases.held.end()) forget(leases, known);
    put(leases, lease.address, client, ++releases_);
  });
}

void LeaseBook::put(Leases& leases, const IpAddress& address, const Identification& client, std::uint64_t released) {
  leases.held.insert_or_assign(address, Holding{client, {}, 0, released});
  leases.of_client[key_of(client)].insert(address);
  leases.offline.emplace(released, address);
}

void LeaseBook::forget(Leases& leases, Position position) {
  const auto& [address, holding] = *position;
  const auto client = leases.of_client.find(key_of(holding.client));
  client->second.erase(address);
  if (client->second.empty()) leases.of_client.erase(client);
  leases.offline.erase(holding.released);
  leases.held.erase(position);
}

void LeaseBook::use(Leases& leases, Position position, const LeaseWish& wish) {
  auto& holding = position->second;
  if (holding.users++ == 0) leases.offline.erase(holding.released);
  holding.from = wish.from;
}

/// What the client has, or had last: the address that it names before others, and what it is using itself only where the same client
/// comes again in its own place.
std::optional<LeaseBook::Position> LeaseBook::own(const config::Pool& pool, Leases& leases, const LeaseWish& wish,
                                                  const IpAddress& wanted) {
  const auto client = leases.of_client.find(key_of(wish.client));
  if (client == leases.of_client.end()) return std::nullopt;
  std::optional<Position> offline;
  std::optional<Position> online;
  for (const auto& address : client->second) {
    if (!pool.holds(address)) continue;
    const auto held = leases.held.find(address);
    const auto& holding = held->second;
    const bool may_share = wish.takes_over || (address == wanted && holding.from == wish.from);
    if (holding.users > 0 && !may_share) continue;
    if (address == wanted) return held;
    auto& found = holding.users > 0 ? online : offline;
    if (!found || (*found)->second.released < holding.released) found = held;
  }
  return online ? online : offline;
}

/// Nobody has it and nobody had it; else the one that is offline longest.
std::optional<IpAddress> LeaseBook::unused(const config::Pool& pool, Leases& leases, const IpAddress& wanted) {
  if (pool.holds(wanted) && !leases.held.contains(wanted)) return wanted;
  // Of what was read from a store, or of a pool that is another one now, what follows may be held.
  auto candidate = leases.fresh && pool.holds(*leases.fresh) ? leases.fresh->next() : std::optional(pool.first);
  while (candidate && pool.holds(*candidate) && leases.held.contains(*candidate)) candidate = candidate->next();
  if (candidate && pool.holds(*candidate) && leases.held.size() < kEntries) {
    leases.fresh = candidate;
    return candidate;
  }
  const auto oldest = std::ranges::find_if(leases.offline, [&](const auto& entry) { return pool.holds(entry.second); });
  if (oldest == leases.offline.end()) return std::nullopt;
  const auto address = oldest->second;
  forget(leases, leases.held.find(address));
  return address;
}

std::optional<IpAddress> LeaseBook::lease_from(const config::Pool& pool, const LeaseWish& wish,
                                               const IpAddress& wanted) {
  if (pool.first.family() != wanted.family()) return std::nullopt;
  auto& leases = pools_[pool.name];
  if (const auto had = own(pool, leases, wish, wanted)) {
    use(leases, *had, wish);
    return (*had)->first;
  }
  const auto address = unused(pool, leases, wanted);
  if (!address) return std::nullopt;
  put(leases, *address, wish.client, ++releases_);
  use(leases, leases.held.find(*address), wish);
  if (store_ != nullptr) store_->keep({pool.name, *address}, wish.client);
  return address;
}

std::vector<Lease> LeaseBook::lease(const LeaseWish& wish) {
  const std::lock_guard lock(mutex_);
  std::vector<Lease> leases;
  for (const auto& wanted : wish.addresses) {
    for (const auto& pool : wish.pools) {
      const auto address = lease_from(*pool, wish, wanted);
      if (!address) continue;
      leases.push_back({pool->name, *address});
      break;
    }
  }
  return leases;
}

void LeaseBook::release(const std::vector<Lease>& given) {
  const std::lock_guard lock(mutex_);
  for (const auto& lease : given) {
    auto& leases = pools_[lease.pool];
    const auto held = leases.held.find(lease.address);
    if (held == leases.held.end() || held->second.users == 0 || --held->second.users > 0) continue;
    held->second.released = ++releases_;
    leases.offline.emplace(releases_, lease.address);
  }
}

std::vector<LeaseBook::Entry> LeaseBook::entries(const config::Pool& pool) const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> found;
  const auto leases = pools_.find(pool.name);
  if (leases == pools_.end()) return found;
  for (const auto& [address, holding] : leases->second.held)
    if (pool.holds(address)) found.push_back({address, holding.client, holding.users > 0});
  return found;
}

LeaseBook::Counts LeaseBook::counts(const config::Pool& pool) const {
  Counts counts;
  for (const auto& entry : entries(pool)) ++(entry.online ? counts.online : counts.offline);
  return counts;
}

}  // namespace keypact::leases
