// Invariants: what must be true of a simulated world. The table is in docs/simulation.md: what each means and when it is looked at.
// All but what is said there are looked at after every event of the engine that had it.
#pragma once

#include "sim/event_invariants.h"
#include "sim/sa_invariants.h"
#include "sim/wire_invariants.h"

namespace keypact::sim {

class Invariants {
 public:
  /// Watches the world from now on, which outlives this object or is not run any more.
  explicit Invariants(World& world) : sas(world) {
    world.set_observer([this](World& watched) { check(watched.last_step()); });
  }

  [[nodiscard]] const BrokenInvariant& broken() const { return broken_; }

  void check_all_answered() { events.check_all_answered(broken_); }
  void check_baseline(const Node& node) { EngineInvariants::check_baseline(node, broken_); }
  void check_agreement(const Node& node) { sas.check_agreement(node, broken_); }
  /// Something that only the scenario knows to be wrong.
  void report(unsigned number, const std::string& who, const std::string& what) { broken_.report(number, who, what); }

  SaInvariants sas;
  EventInvariants events;

 private:
  void check(const Step& step) {
    wire_.check(step, broken_);
    events.check(step, broken_);
    sas.check(step, broken_);
  }

  WireInvariants wire_;
  BrokenInvariant broken_;
};

}  // namespace keypact::sim
