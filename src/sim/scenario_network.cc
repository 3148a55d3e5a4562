#include "sim/scenario_network.h"

#include <algorithm>

namespace keypact::sim {
namespace {

using Change = Operation::Change;

/// More nodes than an octet counts.
bool is_large(const ScenarioPlan& plan) { return plan.nodes > 250; }

Prefix network(const ScenarioPlan& plan, std::size_t node, std::size_t child) {
  if (is_large(plan))
    return prefix_of(IpAddress::v4(10, static_cast<std::uint8_t>((node + 1) >> 8), static_cast<std::uint8_t>(node + 1),
                                   static_cast<std::uint8_t>(child << 4)),
                     28);
  if (plan.family == IpFamily::v4)
    return prefix_of(IpAddress::v4(10, static_cast<std::uint8_t>(node + 1), static_cast<std::uint8_t>(child), 0), 24);
  const auto first = static_cast<std::uint8_t>(node + 1);
  return prefix_of(IpAddress::v6({0xfd, first, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(child)}), 64);
}

/// All networks of all nodes.
Prefix everybody(const ScenarioPlan& plan) {
  return plan.family == IpFamily::v4 ? prefix_of(IpAddress::v4(10, 0, 0, 0), 8) : prefix_of(IpAddress::v6({0xfd}), 8);
}

Prefix first_half(const Prefix& prefix) { return prefix_of(prefix.address, prefix.length + 1); }

config::AddressPattern single(const IpAddress& address) {
  return {config::AddressPattern::Kind::range, address, address, {}};
}

config::AuthRound psk_as(std::size_t node) {
  return {config::AuthKind::psk, IdentityPattern::exactly(Identification::fqdn(node_name(node)))};
}

std::vector<config::ChildConfig> children_of(const ScenarioPlan& plan, const Link& link, bool at_first, Change change) {
  const auto& end = at_first ? link.first : link.second;
  const auto& other = at_first ? link.second : link.first;
  std::vector<config::ChildConfig> children;
  for (std::size_t number = 0; number < link.children; ++number) {
    if (change == Change::without_child && number + 1 == link.children) break;
    const auto ours = network(plan, end.node, number);
    config::ChildConfig child;
    child.rekey_time = end.child_rekey_time;
    child.life_time = end.child_rekey_time * 2;
    child.rand_time = end.child_rekey_time / 10;
    child.dpd_action = child.close_action = end.when_lost;
    child.name = child_name(number);
    child.esp_proposals = child.esp_acceptable = end.esp_proposals;
    child.local_ts = {{false, TrafficSelector::of(change == Change::other_selectors ? first_half(ours) : ours)}};
    const bool any_peer = link.open && at_first;
    child.remote_ts = {{false, TrafficSelector::of(any_peer ? everybody(plan) : network(plan, other.node, number))}};
    children.push_back(std::move(child));
  }
  return children;
}

std::shared_ptr<const config::Connection> connection_of(const ScenarioPlan& plan, const Link& link, bool at_first,
                                                        Change change) {
  const auto& end = at_first ? link.first : link.second;
  const auto& other = at_first ? link.second : link.first;
  const bool any_peer = link.open && at_first;
  auto connection = std::make_shared<config::Connection>();
  connection->name = connection_name(link, at_first);
  connection->version = 2;
  connection->local_addrs = {single(node_address(plan, end.node))};
  connection->remote_addrs = {any_peer ? config::AddressPattern{} : single(node_address(plan, other.node))};
  connection->ike_proposals = connection->ike_acceptable = end.ike_proposals;
  connection->local = {psk_as(end.node)};
  connection->remote = {any_peer ? config::AuthRound{config::AuthKind::psk, IdentityPattern::anybody()}
                                 : psk_as(other.node)};
  connection->mobike = end.mobike;
  connection->dpd_delay = change == Change::no_liveness ? Duration{} : end.dpd_delay;
  connection->rekey_time = end.ike_rekey_time;
  connection->reauth_time = end.reauth_time;
  connection->rand_time = std::max(end.ike_rekey_time, end.reauth_time) / 10;
  connection->children = children_of(plan, link, at_first, change);
  return connection;
}

std::shared_ptr<const config::SharedKey> key_of(const Link& link, bool at_first) {
  auto key = std::make_shared<config::SharedKey>();
  key->name = connection_name(link, at_first);
  for (const auto* end : {&link.first, &link.second})
    key->owners.push_back(IdentityPattern::exactly(Identification::fqdn(node_name(end->node))));
  key->secret = Secret::copy_of(as_octets(at_first ? link.first.secret : link.second.secret));
  return key;
}

}  // namespace

std::string node_name(std::size_t node) { return "n" + std::to_string(node + 1); }

IpAddress node_address(const ScenarioPlan& plan, std::size_t node) {
  const auto host = static_cast<std::uint8_t>((plan.homes.empty() ? node : plan.homes[node]) + 1);
  if (is_large(plan)) return IpAddress::v4(198, 18, static_cast<std::uint8_t>((node + 1) >> 8), host);
  if (plan.family == IpFamily::v4) return IpAddress::v4(192, 0, 2, host);
  return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
}

IpAddress nat_address(const ScenarioPlan& plan, std::size_t nat) {
  const auto host = static_cast<std::uint8_t>(nat + 1);
  if (plan.family == IpFamily::v4) return IpAddress::v4(203, 0, 113, host);
  return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
}

std::string connection_name(const Link& link, bool at_first) {
  if (link.open && at_first) return "anybody";
  return "to-" + node_name(at_first ? link.second.node : link.first.node);
}

std::string child_name(std::size_t child) { return "c" + std::to_string(child); }

std::shared_ptr<const config::Snapshot> node_configuration(const ScenarioPlan& plan, std::size_t node,
                                                           const std::vector<LinkChanges>& changes) {
  auto snapshot = std::make_shared<config::Snapshot>();
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const auto& link = plan.links[i];
    for (const bool at_first : {true, false}) {
      if ((at_first ? link.first : link.second).node != node) continue;
      snapshot->ike_secrets.push_back(key_of(link, at_first));
      const auto change = at_first ? changes[i].first : changes[i].second;
      const bool there = link.open && at_first && !snapshot->connections.empty();
      if (change != Change::without_link && !there)
        snapshot->connections.push_back(connection_of(plan, link, at_first, change));
    }
  }
  return snapshot;
}

}  // namespace keypact::sim
