// Scenario: one planned network from its first message to its last. While things go wrong nothing may break; when all is well again
// everything that is wanted must come up, be the same at both ends, and go without a trace.
#pragma once

#include "sim/invariants.h"
#include "sim/scenario_network.h"

namespace keypact::sim {

struct Outcome {
  std::string broken;  ///< the invariant that did not hold; empty when all did
  std::uint64_t trace_hash = 0;
  std::size_t nodes = 0;
  std::size_t requests = 0;
  std::size_t datagrams = 0;
  std::size_t ike_sas = 0;  ///< established, counted at both ends
  Duration simulated{};
};

/// The narrator is handed a line for everything that happens; an empty function saves the time that it takes.
[[nodiscard]] Outcome run_scenario(std::uint64_t seed, const std::function<void(const std::string&)>& narrator = {});

}  // namespace keypact::sim
