// Node: one host of a simulated network: an engine with its randomness, its IPsec stack and the events that it told.
#pragma once

#include <set>

#include "ike/engine/engine.h"
#include "leases/lease_book.h"
#include "sim/nat.h"
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
    std::destroy_at(&leases);
    std::construct_at(&leases);
    stack = {};
    events.clear();
    keepalives.clear();
    jobs.clear();
    installations.clear();
    ++lives;
  }

  std::string name;
  std::size_t number = 0;  ///< in the world, from 0
  IpAddress address;
  ike::Options options;
  SeededRandom random;
  ike::Engine engine;
  leases::LeaseBook leases;  ///< of its pools
  SimulatedStack stack;
  std::vector<ike::Event> events;
  std::vector<ike::Keepalive> keepalives;  ///< that it sent
  std::set<JobId> jobs;                    ///< that run
  std::set<ChildSaId> installations;       ///< that the stack has not answered yet
  unsigned lives = 1;
  bool is_down = false;  ///< no process: what comes is lost
  Instant asleep_until;  ///< suspended: datagrams are lost, all else comes late and at once
  Nat* nat = nullptr;    ///< that stands between it and those who are not behind the same one
  Duration job_cost{};   ///< more than 0: jobs are done one after the other, each in this time
  Instant busy_until;
  std::optional<Instant> timer;  ///< as the world has filed it

  /// An operator can ask it for something.
  [[nodiscard]] bool is_awake(Instant now) const { return !is_down && now >= asleep_until; }

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
