// Node: one host of a simulated network: an engine with its randomness, its IPsec stack and the events that it told.
#pragma once

#include <set>

#include "ike/engine/engine.h"
#include "sim/seeded_random.h"
#include "sim/simulated_stack.h"

namespace keypact::sim {

struct Node {
  Node(std::string node_name, IpAddress node_address, const ike::Options& node_options, crypto::Library& library,
       std::uint64_t seed, Instant now)
      : name(std::move(node_name)),
        address(node_address),
        options(node_options),
        random(seed),
        engine(options, library, random, now) {}

  /// The process dies and begins anew: only the randomness goes on.
  void restart(crypto::Library& library, Instant now) {
    std::destroy_at(&engine);
    std::construct_at(&engine, options, library, random, now);
    stack = {};
    events.clear();
    keepalives.clear();
    jobs.clear();
    installations.clear();
    ++lives;
  }

  std::string name;
  IpAddress address;
  ike::Options options;
  SeededRandom random;
  ike::Engine engine;
  SimulatedStack stack;
  std::vector<ike::Event> events;
  std::vector<ike::Keepalive> keepalives;  ///< that it sent
  std::set<JobId> jobs;               ///< that run
  std::set<ChildSaId> installations;  ///< that the stack has not answered yet
  unsigned lives = 1;

  /// The last event of this kind, nullptr when there was none.
  template <class Kind>
  [[nodiscard]] const Kind* last() const {
    for (auto event = events.rbegin(); event != events.rend(); ++event)
      if (const auto* found = std::get_if<Kind>(&*event)) return found;
    return nullptr;
  }
  template <class Kind>
  [[nodiscard]] std::size_t count() const {
    std::size_t found = 0;
    for (const auto& event : events) found += std::holds_alternative<Kind>(event) ? 1 : 0;
    return found;
  }
};

}  // namespace keypact::sim
