#include "xfrm/policy_table.h"

#include <algorithm>

namespace keypact::xfrm {
namespace {

// The lowest three bits of an index are the direction, as the kernel numbers them.
constexpr unsigned kDirectionBits = 3;
constexpr unsigned kNumberBits = 32 - PolicyTable::kMarkBits - kDirectionBits;
constexpr std::uint32_t kNumbers = 1U << kNumberBits;

std::uint32_t direction_bits(Direction direction) { return static_cast<std::uint32_t>(direction); }

}  // namespace

bool PolicyTable::is_ours(std::uint32_t index) const { return index >> (32 - kMarkBits) == mark_ >> (32 - kMarkBits); }

std::uint32_t PolicyTable::free_number() {
  for (std::uint32_t tries = 0; tries < kNumbers; ++tries) {
    last_number_ = (last_number_ + 1) % kNumbers;
    const auto base = mark_ | last_number_ << kDirectionBits;
    const auto next = by_index_.lower_bound(base);
    if (next == by_index_.end() || next->first >= base + (1U << kDirectionBits)) return base;
  }
  return 0;  // the kernel chooses
}

PolicyTable::Slot& PolicyTable::slot_for(const PolicyKey& key) {
  const auto [slot, fresh] = slots_.try_emplace(key);
  if (fresh) {
    const auto base = free_number();
    slot->second.index = base == 0 ? 0 : base | direction_bits(key.direction);
    if (base != 0) by_index_.emplace(slot->second.index, key);
  }
  return slot->second;
}

void PolicyTable::adopt(const PolicyReport& report) {
  const auto [slot, fresh] = slots_.try_emplace(report.key);
  if (!fresh) return;
  slot->second.index = report.index;
  slot->second.installed = report.content;
  slot->second.earlier = true;
  by_index_.emplace(report.index, report.key);
}

void PolicyTable::forget_unclaimed() {
  for (auto& [key, slot] : slots_)
    if (slot.earlier) changed_.insert(key);
  for (const auto& key : changed_) slots_.at(key).earlier = false;
}

void PolicyTable::claim(Owner owner, const PolicyKey& key, const Claim& claim) {
  auto& slot = slot_for(key);
  slot.claims.insert_or_assign(owner, claim);
  slot.earlier = false;
  claimed_[owner].insert(key);
  changed_.insert(key);
}

void PolicyTable::set_rank(Owner owner, Direction direction, std::int64_t rank) {
  const auto found = claimed_.find(owner);
  if (found == claimed_.end()) return;
  for (const auto& key : found->second) {
    if (key.direction != direction) continue;
    slots_.at(key).claims.at(owner).rank = rank;
    changed_.insert(key);
  }
}

void PolicyTable::drop(Owner owner, const PolicyKey& key) {
  slots_.at(key).claims.erase(owner);
  changed_.insert(key);
}

void PolicyTable::release(Owner owner, Direction direction) {
  const auto found = claimed_.find(owner);
  if (found == claimed_.end()) return;
  std::erase_if(found->second, [&](const PolicyKey& key) {
    if (key.direction != direction) return false;
    drop(owner, key);
    return true;
  });
  if (found->second.empty()) claimed_.erase(found);
}

void PolicyTable::release(Owner owner) {
  const auto found = claimed_.extract(owner);
  if (found.empty()) return;
  for (const auto& key : found.mapped()) drop(owner, key);
}

std::map<PolicyTable::Owner, Claim>::const_iterator PolicyTable::winner(const Slot& slot) {
  return std::ranges::min_element(slot.claims, [](const auto& a, const auto& b) {
    const auto& [x, y] = std::tie(a.second, b.second);
    if (x.content.priority != y.content.priority) return x.content.priority < y.content.priority;
    return x.rank > y.rank;
  });
}

std::vector<PolicyTable::Change> PolicyTable::take_changes() {
  std::vector<Change> changes;
  std::vector<Change> removals;
  for (const auto& key : std::exchange(changed_, {})) {
    const auto slot = slots_.find(key);
    if (slot == slots_.end() || slot->second.earlier) continue;
    auto& [index, claims, installed, before, earlier] = slot->second;
    if (const auto first = winner(slot->second); first != claims.end()) {
      const auto& content = first->second.content;
      if (installed == content) continue;
      changes.push_back({installed ? Change::Kind::replace : Change::Kind::add, key, content, index});
      before = std::exchange(installed, content);
      continue;
    }
    if (installed) removals.push_back({Change::Kind::remove, key, *installed, index});
    by_index_.erase(index);
    slots_.erase(slot);
  }
  changes.insert(changes.end(), removals.begin(), removals.end());
  return changes;
}

void PolicyTable::refused(const Change& change) {
  const auto slot = slots_.find(change.key);
  if (slot == slots_.end()) return;
  slot->second.installed = change.kind == Change::Kind::add ? std::nullopt : slot->second.before;
}

bool PolicyTable::has_claim(Owner owner, const PolicyKey& key) const {
  const auto found = claimed_.find(owner);
  return found != claimed_.end() && found->second.contains(key);
}

const std::set<PolicyKey>& PolicyTable::claimed_by(Owner owner) const {
  static const std::set<PolicyKey> kNone;
  const auto found = claimed_.find(owner);
  return found == claimed_.end() ? kNone : found->second;
}

std::optional<PolicyTable::Owner> PolicyTable::owner_of(std::uint32_t index) const {
  const auto found = by_index_.find(index);
  if (found == by_index_.end()) return std::nullopt;
  const auto& slot = slots_.at(found->second);
  const auto first = winner(slot);
  return first == slot.claims.end() ? std::nullopt : std::optional(first->first);
}

std::vector<std::pair<PolicyKey, PolicyContent>> PolicyTable::installed() const {
  std::vector<std::pair<PolicyKey, PolicyContent>> all;
  for (const auto& [key, slot] : slots_)
    if (slot.installed) all.emplace_back(key, *slot.installed);
  return all;
}

std::vector<PolicyTable::Standing> PolicyTable::leading_to(const IpAddress& destination) const {
  std::vector<Standing> found;
  for (const auto& [key, slot] : slots_) {
    const auto& to = key.selector.destination;
    if (key.direction != Direction::out || !slot.installed || to.address.family() != destination.family() ||
        !to.contains(destination))
      continue;
    const auto first = winner(slot);
    found.push_back({key, *slot.installed, first == slot.claims.end() ? std::nullopt : std::optional(first->first)});
  }
  std::ranges::stable_sort(found, {}, [](const Standing& each) { return each.content.priority; });
  return found;
}

const PolicyContent* PolicyTable::find(const PolicyKey& key) const {
  const auto found = slots_.find(key);
  return found == slots_.end() || !found->second.installed ? nullptr : &*found->second.installed;
}

}  // namespace keypact::xfrm
