// ToldEvent: an event of an engine with what there is to know about the SAs it is about, put together where the engine runs, so
// that whoever tells clients about it needs no look at the engine, and the engine may be in another thread.
#pragma once

#include "control/sa_facts.h"

namespace keypact::control {

struct ChildFacts {
  ike::v2::ChildSa sa;
  PolicyId policy;
};

struct ToldEvent {
  ike::Event event;
  // Null where the event is about none, or nothing is known of it (any more).
  std::shared_ptr<const IkeFacts> ike;  ///< of a rekeying: the new one
  std::shared_ptr<const IkeFacts> old_ike;
  std::shared_ptr<const ChildFacts> child;
  std::shared_ptr<const ChildFacts> old_child;
};

/// Remembers the facts of every IKE SA and Child SA that events told about, until the event that says it is gone: then the engine
/// has forgotten them already. One beside each engine.
class EventTeller {
 public:
  [[nodiscard]] ToldEvent tell(const ike::Engine& engine, ike::Event event);
  [[nodiscard]] std::size_t size() const { return ikes_.size() + children_.size(); }

 private:
  [[nodiscard]] std::shared_ptr<const IkeFacts> ike(const ike::Engine& engine, IkeSaId id);
  [[nodiscard]] std::shared_ptr<const ChildFacts> child(const ike::Engine& engine, IkeSaId ike, ChildSaId id);
  void forget(const ike::Event& event);

  std::unordered_map<IkeSaId, std::shared_ptr<const IkeFacts>> ikes_;
  std::unordered_map<ChildSaId, std::shared_ptr<const ChildFacts>> children_;
};

/// What an engine says about a Child SA, and the SPD entry that leads traffic into it.
[[nodiscard]] ChildFacts facts_of(const ike::Engine& engine, const ike::v2::ChildSa& child);

}  // namespace keypact::control
