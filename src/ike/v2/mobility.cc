#include "ike/v2/mobility.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/writer.h"

namespace keypact::ike::v2 {
namespace {

bool contains(const std::vector<IpAddress>& addresses, const IpAddress& address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

bool is_protected(const config::Connection& connection, const IpAddress& address) {
  const auto covers = [&](const config::SelectorPattern& pattern) {
    return !pattern.dynamic && pattern.selector.contains(address) && pattern.selector.family() == address.family() &&
           pattern.selector != TrafficSelector::all(address.family());
  };
  return std::ranges::any_of(connection.children,
                             [&](const auto& child) { return std::ranges::any_of(child.local_ts, covers); });
}

Octets no_nats_data(const Endpoint& source, const Endpoint& destination) {
  Writer data;
  data.octets(source.address.octets());
  data.octets(destination.address.octets());
  data.u16(source.port);
  data.u16(destination.port);
  return std::move(data).take();
}

}  // namespace

void Mobility::learn(std::vector<IpAddress> addresses) {
  auto earlier = std::exchange(of_peer, std::move(addresses));
  std::ranges::copy(formerly_of_peer, std::back_inserter(earlier));
  formerly_of_peer.clear();
  for (const auto& address : earlier)
    if (!contains(of_peer, address) && !contains(formerly_of_peer, address) &&
        formerly_of_peer.size() < limits::kAdditionalAddresses)
      formerly_of_peer.push_back(address);
}

std::vector<IpAddress> usable_addresses(const config::Connection& connection,
                                        const std::vector<IpAddress>& of_this_machine) {
  std::vector<IpAddress> usable;
  for (const auto& address : of_this_machine) {
    const bool allowed =
        std::ranges::any_of(connection.local_addrs, [&](const auto& pattern) { return pattern.matches(address); });
    if (allowed && !is_protected(connection, address)) usable.push_back(address);
  }
  return usable;
}

std::vector<IpAddress> additional_addresses(const std::vector<IpAddress>& usable, const IpAddress& in_use) {
  std::vector<IpAddress> additional;
  for (const auto& address : usable)
    if (address != in_use && additional.size() < limits::kAdditionalAddresses) additional.push_back(address);
  return additional;
}

std::vector<wire::Payload> address_payloads(const std::vector<IpAddress>& additional) {
  std::vector<wire::Payload> payloads;
  for (const auto& address : additional)
    payloads.push_back(
        notify_payload(address.is_v4() ? NotifyType::ADDITIONAL_IP4_ADDRESS : NotifyType::ADDITIONAL_IP6_ADDRESS,
                       to_octets(address.octets())));
  return payloads;
}

std::vector<wire::Payload> address_list_payloads(const std::vector<IpAddress>& additional) {
  if (additional.empty()) return {notify_payload(NotifyType::NO_ADDITIONAL_ADDRESSES)};
  return address_payloads(additional);
}

std::optional<std::vector<IpAddress>> told_addresses(const PayloadSet& payloads, const IpAddress& source) {
  std::vector<IpAddress> addresses = {source};
  bool told = payloads.notify(NotifyType::NO_ADDITIONAL_ADDRESSES) != nullptr;
  for (const auto type : {NotifyType::ADDITIONAL_IP4_ADDRESS, NotifyType::ADDITIONAL_IP6_ADDRESS}) {
    for (const auto* notify : payloads.notifies(type)) {
      told = true;
      const auto address = IpAddress::from_octets(notify->data);
      if (address && address->is_v4() == (type == NotifyType::ADDITIONAL_IP4_ADDRESS) && !address->is_unspecified() &&
          addresses.size() <= limits::kAdditionalAddresses)
        addresses.push_back(*address);
    }
  }
  return told ? std::optional(std::move(addresses)) : std::nullopt;
}

std::vector<wire::Payload> mobility_payloads(const config::Connection& connection,
                                             const std::vector<IpAddress>& additional) {
  if (!connection.mobike) return {};
  auto payloads = address_payloads(additional);
  payloads.insert(payloads.begin(), notify_payload(NotifyType::MOBIKE_SUPPORTED));
  return payloads;
}

Mobility mobility_of(const config::Connection& connection, bool we_decide, const PayloadSet& of_peer,
                     const IpAddress& source, std::vector<IpAddress> told) {
  if (!connection.mobike || of_peer.notify(NotifyType::MOBIKE_SUPPORTED) == nullptr) return {};
  return {true, we_decide, told_addresses(of_peer, source).value_or(std::vector{source}), {}, std::move(told)};
}

wire::Payload no_nats_allowed(const Path& path) {
  return notify_payload(NotifyType::NO_NATS_ALLOWED, no_nats_data(path.local, path.remote));
}

bool is_from_where_it_came(const wire::NotifyPayload& no_nats_allowed, const Path& path) {
  return no_nats_allowed.data == no_nats_data(path.remote, path.local);
}

std::vector<Path> pairs(const std::vector<Endpoint>& local, const std::vector<Endpoint>& remote) {
  std::vector<Path> found;
  for (const auto& there : remote)
    for (const auto& here : local)
      if (here.address.family() == there.address.family() && found.size() < limits::kPaths)
        found.push_back({here, there});
  return found;
}

}  // namespace keypact::ike::v2
