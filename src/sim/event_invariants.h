// What must be true of the events that an engine tells: every request has one outcome, what comes up goes down once.
#pragma once

#include "sim/broken_invariant.h"
#include "sim/world.h"

namespace keypact::sim {

class EventInvariants {
 public:
  /// An operator asked this of the node. Before World::control.
  void asked(const Node& node, ControlId request, Instant now) { open_[&node].emplace(request, now); }
  /// The events of the last step.
  void check(const Step& step, BrokenInvariant& broken);
  /// Every request has its outcome.
  void check_all_answered(BrokenInvariant& broken) const;

 private:
  void check(const Node& node, const ike::Event& event, BrokenInvariant& broken);

  std::map<const Node*, std::map<ControlId, Instant>> open_;
  std::map<const Node*, std::set<ChildSaId>> up_;
  std::map<const Node*, std::set<IkeSaId>> established_;
};

}  // namespace keypact::sim
