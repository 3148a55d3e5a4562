// Fleets: many nodes that want the same at the same moment. A mesh whose nodes all start at once, and a gateway whose clients all come
// back after an outage. RFC 7296 §2.4, §2.6, §2.8.
#pragma once

#include "sim/scenario_plan.h"

namespace keypact::sim {

/// All nodes are configured at the same moment, both ends of every link with a start action.
struct MeshOutcome {
  std::size_t nodes = 0;
  std::size_t links = 0;
  Duration up{};       ///< until every link had its Child SA at both ends
  Duration settled{};  ///< until every link had exactly one IKE SA and one pair of Child SAs, for good
  std::uint64_t datagrams = 0;
  std::uint64_t attempts = 0;  ///< IKE_SA_INIT requests, without those sent again
  std::string broken;          ///< what was wrong; empty: nothing
};
/// The narrator is handed a line for everything that happens.
[[nodiscard]] MeshOutcome run_mesh(std::size_t nodes, unsigned loss, std::uint64_t seed,
                                   const std::function<void(const std::string&)>& narrator = {});
[[nodiscard]] std::string to_string(const MeshOutcome& outcome);

enum class Outage : std::uint8_t {
  crash,      ///< the gateway dies and comes back without any memory
  partition,  ///< nothing passes, and the gateway goes on
};
/// One gateway that takes any client, `clients` of them with a start action, and an outage in the middle.
struct StormOutcome {
  Outage outage{};
  std::size_t clients = 0;
  Duration lasted{};            ///< the outage
  std::size_t peak_before = 0;  ///< IKE_SA_INIT requests a second at the gateway: when all started
  std::size_t peak_after = 0;   ///< when all came back
  Duration nearly_all{};        ///< from the end of the outage until 99 % of the clients had their tunnel again
  Duration all{};
  std::uint64_t cookies = 0;  ///< that the gateway sent
  std::uint64_t refused = 0;  ///< IKE_SA_INIT requests beyond its limits
  std::string broken;
};
/// What the storm must stay within.
struct StormBounds {
  std::size_t peak = 0;  ///< IKE_SA_INIT requests a second
  Duration nearly_all{};
  Duration all{};
};
[[nodiscard]] StormBounds storm_bounds(std::size_t clients);
[[nodiscard]] StormOutcome run_storm(std::size_t clients, Outage outage, std::uint64_t seed);
[[nodiscard]] bool holds(const StormOutcome& outcome);
[[nodiscard]] std::string to_string(const StormOutcome& outcome);

}  // namespace keypact::sim
