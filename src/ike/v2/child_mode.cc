#include "ike/v2/child_mode.h"

#include <algorithm>
#include <array>

namespace keypact::ike::v2 {
namespace {

constexpr std::array<std::uint8_t, 16> kStrongSwan = {0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc,
                                                      0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe, 0x5b, 0xeb};

bool all_are(const Selectors& selectors, const IpAddress& address) {
  return std::ranges::all_of(selectors,
                             [&](const auto& each) { return each.first == address && each.last == address; });
}

bool have_one_address(const Selectors& selectors) {
  return !selectors.empty() && all_are(selectors, selectors.front().first);
}

void put(Selectors& selectors, const IpAddress& address) {
  for (auto& each : selectors)
    if (each.first == each.last) each.first = each.last = address;
}

}  // namespace

bool fits_mode(const IkeSaRecord& record, Mode mode, const SelectorPair& selectors) {
  switch (mode) {
    case Mode::tunnel: return true;
    case Mode::transport:
      return all_are(selectors.local, record.local.address) && all_are(selectors.remote, record.remote.address);
    case Mode::beet: return have_one_address(selectors.local) && have_one_address(selectors.remote);
  }
  return false;
}

PolicyBook::Selectors policy_of(const config::ChildConfig& child, const Options& options, SelectorPair selectors) {
  const auto is_one_address = [](const TrafficSelector& each) { return each.first == each.last; };
  const bool as_configured = !options.esp_tunnels_only && std::ranges::all_of(selectors.local, is_one_address) &&
                             std::ranges::all_of(selectors.remote, is_one_address);
  return {std::move(selectors.local), std::move(selectors.remote), child.action,
          as_configured ? child.mode : Mode::tunnel, child.placement};
}

SelectorPair seen_from_here(const IkeSaRecord& record, Mode mode, SelectorPair sent) {
  if (mode != Mode::transport) return sent;
  if (record.nat.local_behind_nat) put(sent.local, record.local.address);
  if (record.nat.peer_behind_nat) put(sent.remote, record.remote.address);
  return sent;
}

std::vector<wire::Payload> mode_notifies(Mode mode) {
  switch (mode) {
    case Mode::tunnel: break;
    case Mode::transport: return {notify_payload(NotifyType::USE_TRANSPORT_MODE)};
    case Mode::beet: return {notify_payload(NotifyType::USE_BEET_MODE)};
  }
  return {};
}

Mode mode_named_in(const IkeSaRecord& record, const PayloadSet& payloads) {
  if (payloads.notify(NotifyType::USE_TRANSPORT_MODE) != nullptr) return Mode::transport;
  if (record.private_numbers && payloads.notify(NotifyType::USE_BEET_MODE) != nullptr) return Mode::beet;
  return Mode::tunnel;
}

bool needs_private_numbers(const config::Connection& connection) {
  return std::ranges::any_of(connection.children, [](const auto& child) { return child.mode == Mode::beet; });
}

wire::Payload private_numbers_known() { return wire::VendorIdPayload{to_octets(kStrongSwan)}; }

bool knows_private_numbers(const PayloadSet& payloads) {
  return std::ranges::any_of(payloads.all_of<wire::VendorIdPayload>(),
                             [](const auto* payload) { return std::ranges::equal(payload->data, kStrongSwan); });
}

}  // namespace keypact::ike::v2
