#include "esp/spd.h"

#include <algorithm>

namespace keypact::esp {

using Kind = SpdDecision::Kind;

Spd::Entry* Spd::configured(PolicyId id) {
  const auto found = std::ranges::find(configured_, id, &Entry::id);
  return found == configured_.end() ? nullptr : &*found;
}

Spd::Entry* Spd::any(PolicyId id) {
  if (Entry* const entry = configured(id)) return entry;
  const auto found = std::ranges::find(orphans_, id, &Entry::id);
  return found == orphans_.end() ? nullptr : &*found;
}

void Spd::install(const ipsec::Policy& policy) {
  Entry* entry = configured(policy.id);
  if (entry == nullptr) {
    const auto later = [&](const Entry& other) { return precedence(other.action) > precedence(policy.action); };
    entry = &*configured_.emplace(std::ranges::find_if(configured_, later));
    entry->id = policy.id;
    const auto orphan = std::ranges::find(orphans_, policy.id, &Entry::id);
    if (orphan != orphans_.end()) {
      entry->sas = std::move(orphan->sas);
      orphans_.erase(orphan);
    }
  }
  entry->action = policy.action;
  entry->selectors = {SelectorSet(policy.local), SelectorSet(policy.remote)};
  entry->acquiring = false;
}

bool Spd::remove(PolicyId id) {
  const auto found = std::ranges::find(configured_, id, &Entry::id);
  if (found == configured_.end()) return false;
  if (!found->sas.empty()) {
    Entry& orphan = orphans_.emplace_back();
    orphan.id = id;
    orphan.sas = std::move(found->sas);
  }
  configured_.erase(found);
  return true;
}

Spd::Entry& Spd::entry_for(PolicyId policy, EspSpi sa) {
  Entry* entry = any(policy);
  if (entry == nullptr) {
    entry = &orphans_.emplace_back();
    entry->id = policy;
  }
  std::erase(entry->sas, sa);
  entry->acquiring = false;
  return *entry;
}

void Spd::prefer(PolicyId policy, EspSpi sa) {
  auto& sas = entry_for(policy, sa).sas;
  sas.insert(sas.begin(), sa);
}

void Spd::stand_by(PolicyId policy, EspSpi sa) { entry_for(policy, sa).sas.push_back(sa); }

void Spd::detach(PolicyId policy, EspSpi sa) {
  Entry* const entry = any(policy);
  if (entry == nullptr) return;
  std::erase(entry->sas, sa);
  std::erase_if(orphans_, [](const Entry& orphan) { return orphan.sas.empty(); });
}

SpdDecision Spd::decide(const Entry& entry, const PacketSelectors& packet, const Sad& sad) {
  for (const EspSpi spi : entry.sas) {
    const SaPair* const pair = sad.find(spi);
    if (pair != nullptr && pair->selectors.covers_outbound(packet)) return {Kind::protect, spi, entry.id};
  }
  return {entry.sas.empty() ? Kind::no_sa : Kind::outside, {}, entry.id};
}

SpdDecision Spd::find(const PacketSelectors& packet, const Sad& sad) const {
  for (const auto& entry : configured_) {
    if (!entry.selectors.covers_outbound(packet)) continue;
    switch (entry.action) {
      case PolicyAction::bypass: return {Kind::bypass, {}, entry.id};
      case PolicyAction::discard: return {Kind::discard, {}, entry.id};
      case PolicyAction::protect: return decide(entry, packet, sad);
    }
  }
  for (const auto& orphan : orphans_) {
    const auto decision = decide(orphan, packet, sad);
    if (decision.kind == Kind::protect) return decision;
  }
  return {};
}

bool Spd::start_acquire(PolicyId policy, Instant now) {
  Entry* const entry = configured(policy);
  if (entry == nullptr || (entry->acquiring && now < entry->acquiring_until)) return false;
  entry->acquiring = true;
  entry->may_get_sa = true;
  entry->acquiring_until = now + acquire_retry_;
  return true;
}

bool Spd::may_get_sa(PolicyId policy) const {
  const auto found = std::ranges::find(configured_, policy, &Entry::id);
  return found != configured_.end() && found->acquiring && found->may_get_sa;
}

void Spd::get_no_sa(PolicyId policy) {
  if (Entry* const entry = configured(policy)) entry->may_get_sa = false;
}

void Spd::acquire_answered(PolicyId policy, Instant ask_again) {
  if (Entry* const entry = configured(policy)) entry->acquiring_until = std::min(entry->acquiring_until, ask_again);
}

}  // namespace keypact::esp
