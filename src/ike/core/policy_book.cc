#include "ike/core/policy_book.h"

namespace keypact::ike {

PolicyBook::Requests PolicyBook::configure(const Name& name, Selectors selectors) {
  const auto position = entries_.try_emplace(name).first;
  position->second.configured = std::make_shared<const Selectors>(std::move(selectors));
  return settle(position);
}

PolicyBook::Requests PolicyBook::forget(const Name& name) {
  const auto position = entries_.find(name);
  if (position == entries_.end()) return {};
  position->second.configured.reset();
  return settle(position);
}

PolicyBook::Used PolicyBook::use(const Name& name, ChildSaId user, const Selectors& selectors,
                                 const std::optional<config::PlacementSetting>& chosen) {
  const auto found = entries_.find(name);
  const bool fits = found == entries_.end() || static_cast<const Selectors&>(found->second) == selectors;
  Used used;
  used.name = fits ? name : Name{name.first, name.second + '#' + std::to_string(user.value)};
  auto& entry = entries_[used.name];
  if (!entry.id) used.requests = install(used.name, entry, selectors, chosen);
  entry.users.insert(user);
  used.id = entry.id;
  used.placed = entry.placed();
  return used;
}

PolicyBook::Requests PolicyBook::leave(const Name& name, ChildSaId user) {
  const auto position = entries_.find(name);
  if (position == entries_.end() || position->second.users.erase(user) == 0) return {};
  return settle(position);
}

PolicyBook::Requests PolicyBook::settle(Position position) {
  auto& [name, entry] = *position;
  if (!entry.users.empty()) return {};
  if (!entry.configured) {
    Requests requests;
    requests.emplace_back(ipsec::RemovePolicy{entry.id});
    entries_.erase(position);
    return requests;
  }
  if (entry.id && static_cast<const Selectors&>(entry) == *entry.configured) return {};
  return install(name, entry, *entry.configured);
}

/// The new entry is there before the old one goes: no gap for traffic in clear.
PolicyBook::Requests PolicyBook::install(const Name& name, Entry& entry, const Selectors& selectors,
                                         const std::optional<config::PlacementSetting>& chosen) {
  const auto old = entry.id;
  entry.id = PolicyId{next_number()};
  static_cast<Selectors&>(entry) = selectors;
  const auto fresh = [&] { return static_cast<std::uint32_t>(next_number()); };
  auto placed = config::placed(chosen.value_or(selectors.placement), fresh);
  if (placed == static_cast<const Placement&>(selectors.placement)) entry.chosen.reset();
  else entry.chosen = std::make_shared<const Placement>(std::move(placed));
  Requests requests;
  requests.emplace_back(ipsec::InstallPolicy{
      {entry.id, name.first + '/' + name.second, entry.action, entry.local, entry.remote, entry.mode, entry.placed()}});
  if (old) requests.emplace_back(ipsec::RemovePolicy{old});
  return requests;
}

const PolicyBook::Entry* PolicyBook::find(const Name& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

bool PolicyBook::has_other_user(const Name& name, ChildSaId user) const {
  const auto* entry = find(name);
  return entry != nullptr && entry->users.size() > entry->users.count(user);
}

const PolicyBook::Name* PolicyBook::name_of(PolicyId id) const {
  for (const auto& [name, entry] : entries_)
    if (entry.id == id) return &name;
  return nullptr;
}

}  // namespace keypact::ike
