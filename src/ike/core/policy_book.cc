#include "ike/core/policy_book.h"

#include <algorithm>

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
  auto placed = place(name, entry, chosen.value_or(selectors.placement));
  if (placed == static_cast<const Placement&>(selectors.placement)) entry.chosen.reset();
  else entry.chosen = std::make_shared<const Placement>(std::move(placed));
  Requests requests;
  requests.emplace_back(ipsec::InstallPolicy{
      {entry.id, name.first + '/' + name.second, entry.action, entry.local, entry.remote, entry.mode, entry.placed()}});
  if (old) requests.emplace_back(ipsec::RemovePolicy{old});
  return requests;
}

void PolicyBook::remember(EarlierRun run) {
  taken_.merge(run.numbers);
  for (auto& place : run.children) {
    const auto [first, last] = earlier_.equal_range(place.child);
    const auto is_known = [&](const auto& each) { return each.second.place == place; };
    if (std::any_of(first, last, is_known)) continue;
    auto child = place.child;
    earlier_.emplace(std::move(child), Remembered{std::move(place), std::nullopt});
  }
}

/// An SA of a peer without a fixed address has an entry of its own, and so had its predecessor.
Placement PolicyBook::place(const Name& name, const Entry& entry, const config::PlacementSetting& setting) {
  const auto [first, last] = earlier_.equal_range({name.first, name.second.substr(0, name.second.find('#'))});
  const auto earlier = std::find_if(first, last, [&](const auto& each) {
    const auto& [place, user] = each.second;
    return (!user || *user == name) && covers(entry.local, place.local) && covers(entry.remote, place.remote);
  });
  if (earlier != last) {
    auto& [place, user] = earlier->second;
    user = name;
    return config::placed(setting, place.in, place.out);
  }
  return config::placed(setting, [&] {
    auto number = static_cast<std::uint32_t>(next_number());
    while (taken_.contains(number)) number = static_cast<std::uint32_t>(next_number());
    return number;
  });
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
