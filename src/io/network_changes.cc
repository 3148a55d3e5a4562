#include "io/network_changes.h"

#include <functional>
#include <utility>

namespace keypact::io {
namespace {

std::string describe(const InterfaceAddress& address) {
  return "the address " + address.address.to_string() + "/" + std::to_string(address.prefix_length) + " of interface " +
         std::to_string(address.interface);
}

std::string describe(const Route& route) {
  std::string text = "the route to " + route.destination.to_string();
  if (route.kind == RouteKind::unreachable) text += " (unreachable)";
  if (route.kind == RouteKind::blackhole) text += " (dropped)";
  if (route.gateway) text += " via " + route.gateway->to_string();
  if (route.table != kMainTable) text += " in table " + std::to_string(route.table);
  return text;
}

std::string describe(const PolicyRule& rule) {
  std::string text = rule.family == IpFamily::v4 ? "the IPv4 rule \"" : "the IPv6 rule \"";
  if (rule.invert) text += "not ";
  if (rule.source) text += "from " + rule.source->to_string() + " ";
  if (rule.destination) text += "to " + rule.destination->to_string() + " ";
  if (rule.mark) text += "fwmark " + std::to_string(*rule.mark) + " ";
  if (rule.kind == RuleKind::lookup) text += "lookup " + std::to_string(rule.table);
  else text += rule.kind == RuleKind::nothing ? "nop" : "goto " + std::to_string(rule.target);
  return text + "\" (priority " + std::to_string(rule.priority) + ")";
}

}  // namespace

std::string to_string(const NetworkChange& change) {
  return std::visit([](const auto& which) { return describe(which); }, change);
}

NetworkChanges::~NetworkChanges() {
  if (!made_.empty()) remove_all();
}

Result<void> NetworkChanges::add(const NetworkChange& change) {
  if (const auto same = made_.find(change); same != made_.end()) {
    ++same->second.uses;
    return {};
  }
  TRY(const bool ours, std::visit([this](const auto& which) { return netlink_.add(which); }, change));
  made_.emplace(change, Made{++last_number_, 1, ours});
  return {};
}

Result<void> NetworkChanges::take_over(const Route& route) {
  if (made_.contains(route)) return add(route);
  TRY_VOID(netlink_.replace(route));
  made_.emplace(route, Made{++last_number_, 1, true});
  return {};
}

Result<void> NetworkChanges::remove(const NetworkChange& change) {
  const auto found = made_.find(change);
  if (found == made_.end() || --found->second.uses != 0) return {};
  const bool ours = found->second.ours;
  made_.erase(found);
  if (!ours) return {};
  return std::visit([this](const auto& which) { return netlink_.remove(which); }, change);
}

Result<void> NetworkChanges::remove_all() {
  std::map<std::uint64_t, NetworkChange, std::greater<>> last_first;
  for (auto& [change, made] : std::exchange(made_, {}))
    if (made.ours) last_first.emplace(made.number, change);
  Result<void> outcome;
  for (const auto& [number, change] : last_first) {
    auto removed = std::visit([this](const auto& which) { return netlink_.remove(which); }, change);
    if (!removed && outcome) outcome = std::move(removed);
  }
  return outcome;
}

}  // namespace keypact::io
