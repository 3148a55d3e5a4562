#include "ike/core/policy_book.h"

namespace keypact::ike {

PolicyBook::Held PolicyBook::hold(const Name& name, const std::vector<TrafficSelector>& local,
                                  const std::vector<TrafficSelector>& remote, PolicyId fresh) {
  Held held;
  auto& entry = entries_[name];
  const bool changed = entry.local != local || entry.remote != remote;
  if (entry.id && !changed) return {entry.id, {}};
  // The new entry is there before the old one goes: no gap for traffic in clear.
  const auto old = entry.id;
  entry = {fresh, local, remote};
  held.id = fresh;
  held.requests.emplace_back(
      ipsec::InstallPolicy{{fresh, name.first + '/' + name.second, PolicyAction::protect, local, remote}});
  if (old) held.requests.emplace_back(ipsec::RemovePolicy{old});
  return held;
}

std::vector<ipsec::StackRequest> PolicyBook::release(const Name& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return {};
  const auto id = found->second.id;
  entries_.erase(found);
  std::vector<ipsec::StackRequest> requests;
  requests.emplace_back(ipsec::RemovePolicy{id});
  return requests;
}

const PolicyBook::Entry* PolicyBook::find(const Name& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

const PolicyBook::Name* PolicyBook::name_of(PolicyId id) const {
  for (const auto& [name, entry] : entries_)
    if (entry.id == id) return &name;
  return nullptr;
}

}  // namespace keypact::ike
