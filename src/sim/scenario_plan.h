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
  Duration ike_rekey_time{};  ///< 0: none of its own accord
  Duration child_rekey_time{};
  Duration reauth_time{};
  bool mobike = false;
  config::Action when_lost{};  ///< the peer is gone, or has deleted it: dpd_action and close_action
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
    part,  ///< nothing passes between the ends, until join
    join,
    reconfigure,  ///< with the change below
    restart,
    crash,  ///< the process is gone, until revive
    revive,
    suspend,  ///< the host sleeps for `lasts`, and its time leaps
    rebind,   ///< the NAT before the second end forgets its mappings
    move,     ///< the second end, whose peer takes it anywhere, gets another address
  } kind{};
  Duration at{};
  std::size_t link = 0;
  bool at_first = true;
  bool at_both = false;
  std::size_t child = 0;
  Duration lasts{};
  enum class Change : std::uint8_t { none, without_child, without_link, other_selectors, no_liveness } change{};
};

struct ScenarioPlan {
  std::uint64_t seed = 0;
  IpFamily family{};
  std::size_t nodes = 0;
  std::vector<Link> links;
  std::vector<std::vector<std::size_t>> nats;  ///< the nodes behind each
  Duration nat_idle{};                         ///< how long a mapping lives without use
  std::vector<std::size_t> homes;              ///< the number of each node's address; empty: that of the node
  Faults faults;
  std::vector<Operation> operations;  ///< in the order of time
  Duration unrest{};                  ///< how long things go wrong
};

[[nodiscard]] ScenarioPlan plan_of(std::uint64_t seed);

}  // namespace keypact::sim
