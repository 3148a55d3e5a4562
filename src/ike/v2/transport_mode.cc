#include "ike/v2/transport_mode.h"

#include <algorithm>

namespace keypact::ike::v2 {
namespace {

bool all_are(const Selectors& selectors, const IpAddress& address) {
  return std::ranges::all_of(selectors,
                             [&](const auto& each) { return each.first == address && each.last == address; });
}

void put(Selectors& selectors, const IpAddress& address) {
  for (auto& each : selectors)
    if (each.first == each.last) each.first = each.last = address;
}

}  // namespace

bool fits_transport_mode(const IkeSaRecord& record, const SelectorPair& selectors) {
  return all_are(selectors.local, record.local.address) && all_are(selectors.remote, record.remote.address);
}

PolicyBook::Selectors policy_of(const config::ChildConfig& child, const Options& options, SelectorPair selectors) {
  const auto is_one_address = [](const TrafficSelector& each) { return each.first == each.last; };
  const bool transport = child.mode == Mode::transport && !options.tunnel_mode_only &&
                         std::ranges::all_of(selectors.local, is_one_address) &&
                         std::ranges::all_of(selectors.remote, is_one_address);
  return {std::move(selectors.local), std::move(selectors.remote), child.action,
          transport ? Mode::transport : Mode::tunnel, child.placement};
}

SelectorPair seen_from_here(const IkeSaRecord& record, SelectorPair sent) {
  if (record.nat.local_behind_nat) put(sent.local, record.local.address);
  if (record.nat.peer_behind_nat) put(sent.remote, record.remote.address);
  return sent;
}

}  // namespace keypact::ike::v2
