// ScenarioPlan: what a seed makes of a network: its nodes and links, what goes wrong, and what is asked when. Values only.
#pragma once

#include "sim/world.h"

namespace keypact::sim {

/// One end's algorithms for a link.
struct LinkEnd {
  std::size_t node = 0;
  std::vector<Proposal> ike_proposals;
  std::vector<Proposal> esp_proposals;
  std::string secret;
  Duration dpd_delay{};
  Duration ike_rekey_time{};    ///< 0: none of its own accord
  Duration child_rekey_time{};
  Duration reauth_time{};
};

/// Two nodes with a connection between them. An open link's first end takes anybody who knows the key and cannot initiate.
struct Link {
  LinkEnd first;
  LinkEnd second;
  std::size_t children = 1;
  bool open = false;
  /// What must come of an attempt when nothing goes wrong; nothing: the Child SAs come up.
  std::optional<ike::RefusalCode> refusal;
};

/// What somebody does at one end of a link, or at both ends at once.
struct Operation {
  enum class Kind : std::uint8_t {
    initiate,
    terminate_child,
    terminate_ike,
    terminate_ike_at_once,
    expire_child,  ///< the stack says that its lifetime is over
    rekey_child,
    rekey_ike,
    reauthenticate,
    part,          ///< nothing passes between the ends, until join
    join,
    reconfigure,  ///< with the change below
    restart,
  } kind{};
  Duration at{};
  std::size_t link = 0;
  bool at_first = true;
  bool at_both = false;
  std::size_t child = 0;
  enum class Change : std::uint8_t { none, without_child, without_link, other_selectors, no_liveness } change{};
};

struct ScenarioPlan {
  std::uint64_t seed = 0;
  IpFamily family{};
  std::size_t nodes = 0;
  std::vector<Link> links;
  Faults faults;
  std::vector<Operation> operations;  ///< in the order of time
  Duration unrest{};                  ///< how long things go wrong
};

[[nodiscard]] ScenarioPlan plan_of(std::uint64_t seed);

}  // namespace keypact::sim
