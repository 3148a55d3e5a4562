#include "io/socket_address.h"

#include <cstring>

#include "base/check.h"

namespace keypact::io {

in_addr to_in_addr(const IpAddress& address) {
  CHECK(address.is_v4());
  in_addr result{};
  std::memcpy(&result, address.octets().data(), sizeof result);
  return result;
}

in6_addr to_in6_addr(const IpAddress& address) {
  CHECK(address.is_v6());
  in6_addr result{};
  std::memcpy(&result, address.octets().data(), sizeof result);
  return result;
}

IpAddress to_ip_address(const in_addr& address) { return IpAddress::v4(ntohl(address.s_addr)); }

IpAddress to_ip_address(const in6_addr& address) {
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &address, octets.size());
  return IpAddress::v6(octets);
}

SocketAddress to_socket_address(const Endpoint& endpoint, std::uint32_t scope) {
  SocketAddress result;
  if (endpoint.address.is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr = to_in_addr(endpoint.address);
    result.size = sizeof address;
    std::memcpy(&result.storage, &address, sizeof address);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    address.sin6_addr = to_in6_addr(endpoint.address);
    address.sin6_scope_id = scope;
    result.size = sizeof address;
    std::memcpy(&result.storage, &address, sizeof address);
  }
  return result;
}

Endpoint to_endpoint(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    return {to_ip_address(address.sin_addr), ntohs(address.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    return {to_ip_address(address.sin6_addr), ntohs(address.sin6_port)};
  }
  return {};
}

bool is_link_local(const IpAddress& address) {
  return address.is_v6() && address.octets()[0] == 0xfe && (address.octets()[1] & 0xc0) == 0x80;
}

}  // namespace keypact::io
