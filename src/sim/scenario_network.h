// The names, addresses and configurations of the nodes of a planned network.
#pragma once

#include "sim/scenario_plan.h"

namespace keypact::sim {

[[nodiscard]] std::string node_name(std::size_t node);
[[nodiscard]] IpAddress node_address(const ScenarioPlan& plan, std::size_t node);
/// The outer address of a NAT.
[[nodiscard]] IpAddress nat_address(const ScenarioPlan& plan, std::size_t nat);
/// The name of the link's connection in the configuration of one end.
[[nodiscard]] std::string connection_name(const Link& link, bool at_first);
[[nodiscard]] std::string child_name(std::size_t child);

/// How the configurations of a link's two ends differ from the plan for the time being.
struct LinkChanges {
  Operation::Change first{};
  Operation::Change second{};
};

/// `changes` has one entry a link.
[[nodiscard]] std::shared_ptr<const config::Snapshot> node_configuration(const ScenarioPlan& plan, std::size_t node,
                                                                         const std::vector<LinkChanges>& changes);

}  // namespace keypact::sim
