#include "daemon/clear_path.h"

#include <algorithm>

#include "esp/inner_packet.h"
#include "io/udp_socket.h"

namespace keypact::daemon {

Result<ClearPath> ClearPath::open(std::uint32_t mark) {
  ClearPath path;
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    if (!io::address_family_available(family)) continue;
    TRY(auto socket, io::RawIpSocket::open(family, mark));
    path.sockets_.emplace(family, std::move(socket));
  }
  return path;
}

void ClearPath::update(const std::map<PolicyId, ipsec::Policy>& policies, const std::set<PolicyId>& changed) {
  for (const auto id : changed) {
    bypass_.erase(id);
    const auto found = policies.find(id);
    if (found == policies.end()) continue;
    const auto& policy = found->second;
    if (policy.action == PolicyAction::bypass && policy.placement.is_everywhere())
      bypass_.emplace(id, esp::SelectorPair{esp::SelectorSet(policy.local), esp::SelectorSet(policy.remote)});
  }
}

void ClearPath::pass(OctetView packet) {
  const auto info = esp::parse_inner(packet);
  if (!info) return;
  const auto& selectors = info->selectors;
  if (!std::ranges::any_of(bypass_, [&](const auto& each) { return each.second.covers_outbound(selectors); })) return;
  if (const auto socket = sockets_.find(selectors.family); socket != sockets_.end())
    (void)socket->second.send(packet.first(info->octets));
}

}  // namespace keypact::daemon
