#include "io/network_changes.h"

#include <algorithm>

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
  if (rule.mark) text += "fwmark " + std::to_string(*rule.mark) + " ";
  text += "lookup " + std::to_string(rule.table);
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
  const auto same = std::ranges::find(made_, change, &Made::change);
  if (same != made_.end()) {
    ++same->uses;
    return {};
  }
  TRY(const bool ours, std::visit([this](const auto& which) { return netlink_.add(which); }, change));
  made_.push_back({change, 1, ours});
  return {};
}

Result<void> NetworkChanges::remove(const NetworkChange& change) {
  const auto found = std::ranges::find(made_, change, &Made::change);
  if (found == made_.end() || --found->uses != 0) return {};
  const bool ours = found->ours;
  made_.erase(found);
  if (!ours) return {};
  return std::visit([this](const auto& which) { return netlink_.remove(which); }, change);
}

Result<void> NetworkChanges::remove_all() {
  Result<void> outcome;
  for (; !made_.empty(); made_.pop_back()) {
    const Made& last = made_.back();
    if (!last.ours) continue;
    auto removed = std::visit([this](const auto& which) { return netlink_.remove(which); }, last.change);
    if (!removed && outcome) outcome = std::move(removed);
  }
  return outcome;
}

}  // namespace keypact::io
