// Between our addresses and the kernel's. For the .cc files of io only: it brings system headers.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/ip_address.h"

namespace keypact::io {

/// A socket address of either family with its real size.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }  // NOLINT: the interface of sockets
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }  // NOLINT: as above
};

/// `scope`: the interface of an IPv6 link-local address, else 0.
[[nodiscard]] SocketAddress to_socket_address(const Endpoint& endpoint, std::uint32_t scope = 0);
/// 0.0.0.0:0 for a family that is neither IPv4 nor IPv6.
[[nodiscard]] Endpoint to_endpoint(const sockaddr_storage& storage);

[[nodiscard]] IpAddress to_ip_address(const in_addr& address);
[[nodiscard]] IpAddress to_ip_address(const in6_addr& address);
[[nodiscard]] in_addr to_in_addr(const IpAddress& address);
[[nodiscard]] in6_addr to_in6_addr(const IpAddress& address);

/// fe80::/10
[[nodiscard]] bool is_link_local(const IpAddress& address);

}  // namespace keypact::io
