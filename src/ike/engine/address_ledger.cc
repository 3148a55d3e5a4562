#include "ike/engine/address_ledger.h"

#include <algorithm>
#include <iterator>

namespace keypact::ike {

void AddressLedger::add(IkeSaId owner, std::vector<leases::Lease> leases) {
  if (!leases.empty()) std::ranges::move(leases, std::back_inserter(held_[owner].leases));
}

void AddressLedger::add(IkeSaId owner, const IpAddress& own) { held_[owner].own.push_back(own); }

void AddressLedger::move(IkeSaId from, IkeSaId to) {
  auto moved = take(from);
  if (!moved) return;
  auto& held = held_[to];
  std::ranges::move(moved->leases, std::back_inserter(held.leases));
  std::ranges::move(moved->own, std::back_inserter(held.own));
}

std::optional<AddressLedger::Held> AddressLedger::take(IkeSaId owner) {
  const auto found = held_.find(owner);
  if (found == held_.end()) return std::nullopt;
  auto held = std::move(found->second);
  held_.erase(found);
  return held;
}

}  // namespace keypact::ike
