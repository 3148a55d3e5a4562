// Invariants: what must be true of a simulated world after every event, whatever the links do and whatever is asked:
//  1 the SAs of two peers mirror each other, but while an exchange is on its way   7 selectors stay inside policy and agreement
//  2 one Child SA a child, but for the moment after both ends began at once        8 nobody is taken for somebody else
//  3 every SA has a timer, a job or an answer of the stack to come, or rests       9 what is gone leaves nothing behind
//  4 message IDs go up by one, a message repeated is the same octets              10 the work for an event is bounded
//  5 no key, IV, SPI or nonce is used twice                                       11 every request has one outcome
//  6 the configured policies are there, with or without an SA                     12 the same seed gives the same datagrams
// The last one is for whoever runs a seed twice.
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
  void check_baseline(const Node& node) { sas.check_baseline(node, broken_); }
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
