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

void ClearPath::set_policies(const std::map<PolicyId, ipsec::Policy>& policies) {
  bypass_.clear();
  for (const auto& [id, policy] : policies)
    if (policy.action == PolicyAction::bypass)
      bypass_.push_back({esp::SelectorSet(policy.local), esp::SelectorSet(policy.remote)});
}

void ClearPath::pass(OctetView packet) {
  const auto info = esp::parse_inner(packet);
  if (!info) return;
  const auto& selectors = info->selectors;
  if (!std::ranges::any_of(bypass_, [&](const auto& each) { return each.covers_outbound(selectors); })) return;
  if (const auto socket = sockets_.find(selectors.family); socket != sockets_.end())
    (void)socket->second.send(packet.first(info->octets));
}

}  // namespace keypact::daemon
