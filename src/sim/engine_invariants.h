// What must be true of one engine with its IPsec stack, whoever its peers are: bounded outputs, something that drives each SA, tables
// that are empty when all is gone. RFC 4301 §4.4, RFC 7296 §2.4.
#pragma once

#include "sim/broken_invariant.h"
#include "sim/world.h"

namespace keypact::sim {

class EngineInvariants {
 public:
  /// What costs little.
  void check(const Step& step, Instant now, BrokenInvariant& broken);
  /// Everything that the node holds.
  static void check_tables(const Node& node, BrokenInvariant& broken);
  [[nodiscard]] static bool is_empty(const Node& node);
  /// All SAs are gone, and with them everything that they needed; the policies are those of the configuration.
  static void check_baseline(const Node& node, BrokenInvariant& broken);
  /// The Child SA in the stack is within its policy.
  static void check_policy(const Node& node, const ipsec::ChildSa& sa, BrokenInvariant& broken);

 private:
  void check_work(const Step& step, BrokenInvariant& broken);
  static void check_nothing_left(const Node& node, BrokenInvariant& broken);

  std::map<const Node*, std::size_t> held_before_;
};

}  // namespace keypact::sim
