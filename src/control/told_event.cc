#include "control/told_event.h"

namespace keypact::control {

ChildFacts facts_of(const ike::Engine& engine, const ike::v2::ChildSa& child) {
  const auto* policy = engine.policies().find(child.policy_name);
  return {child, policy == nullptr ? PolicyId() : policy->id};
}

ToldEvent EventTeller::tell(const ike::Engine& engine, ike::Event event) {
  ToldEvent told;
  const auto look_up = [&](const auto& e) {
    if constexpr (std::is_same_v<std::decay_t<decltype(e)>, ike::RequestDone>) return;  // nothing is told of its SAs
    else if constexpr (requires { e.ike_sa; }) {
      told.ike = ike(engine, e.ike_sa);
      if constexpr (requires { e.child_sa; }) told.child = child(engine, e.ike_sa, e.child_sa);
    }
  };
  std::visit(look_up, event);
  if (const auto* rekeyed = std::get_if<ike::IkeSaRekeyed>(&event)) {
    told.ike = ike(engine, rekeyed->fresh);
    told.old_ike = ike(engine, rekeyed->old);
  }
  if (const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&event)) {
    told.child = child(engine, rekeyed->ike_sa, rekeyed->fresh);
    told.old_child = child(engine, rekeyed->ike_sa, rekeyed->old);
  }
  forget(event);
  told.event = std::move(event);
  return told;
}

void EventTeller::forget(const ike::Event& event) {
  if (const auto* down = std::get_if<ike::ChildSaDown>(&event)) children_.erase(down->child_sa);
  if (const auto* closed = std::get_if<ike::IkeSaClosed>(&event)) ikes_.erase(closed->ike_sa);
  if (const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&event)) children_.erase(rekeyed->old);
  if (const auto* rekeyed = std::get_if<ike::IkeSaRekeyed>(&event)) ikes_.erase(rekeyed->old);
}

std::shared_ptr<const IkeFacts> EventTeller::ike(const ike::Engine& engine, IkeSaId id) {
  const auto live = engine.ike_sas().find(id);
  if (live != engine.ike_sas().end()) {
    if (auto facts = facts_of(live->second)) {
      auto shared = std::make_shared<const IkeFacts>(std::move(*facts));
      // What a peer alone began is not kept: half-open SAs end without a word.
      if (!shared->connection.empty()) ikes_[id] = shared;
      return shared;
    }
  }
  const auto kept = ikes_.find(id);
  return kept == ikes_.end() ? nullptr : kept->second;
}

std::shared_ptr<const ChildFacts> EventTeller::child(const ike::Engine& engine, IkeSaId ike, ChildSaId id) {
  const auto owner = engine.ike_sas().find(ike);
  const auto* established = owner == engine.ike_sas().end() ? nullptr : owner->second.established();
  if (established != nullptr) {
    const auto live = established->children().find(id);
    if (live != established->children().end())
      return children_[id] = std::make_shared<const ChildFacts>(facts_of(engine, live->second));
  }
  const auto kept = children_.find(id);
  return kept == children_.end() ? nullptr : kept->second;
}

}  // namespace keypact::control
