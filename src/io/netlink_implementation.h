// What the parts of Netlink share. For the .cc files of io only.
#pragma once

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "io/netlink.h"
#include "io/netlink_exchange.h"

namespace keypact::io {

struct Netlink::Implementation {
  NetlinkExchange exchange;
  /// 0 when there is no such interface.
  std::uint32_t link_mtu(InterfaceIndex interface);
};

/// Marks our routes and rules, so that "ip route show proto 75" lists them. No program has registered that number.
inline constexpr std::uint8_t kProtocol = 75;

inline unsigned char family_of(IpFamily family) { return family == IpFamily::v4 ? AF_INET : AF_INET6; }

inline void put_address(NetlinkRequest& request, std::uint16_t attribute, const IpAddress& address) {
  mnl_attr_put(request.header(), attribute, address.octets().size(), address.octets().data());
}

inline std::optional<IpAddress> get_address(const nlattr* attribute) {
  if (attribute == nullptr) return std::nullopt;
  return IpAddress::from_octets(
      {static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)), mnl_attr_get_payload_len(attribute)});
}

}  // namespace keypact::io
