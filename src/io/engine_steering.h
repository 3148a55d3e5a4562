// Engine steering: the kernel hands each IKE datagram to the socket of the engine that owns its IKE SA: by the low octet of the SPI
// that we chose, and what begins an IKE SA by its source address (ipsec/steering.h). RFC 7296 §3.1, RFC 3948 §2.2.
#pragma once

#include "io/udp_socket.h"

namespace keypact::io {

struct Steering {
  IpFamily family{};
  std::size_t engines = 0;
  /// The port of NAT traversal: IKE follows a marker of four zero octets, and everything else goes to one more socket, the last.
  bool nat = false;
};

/// For all sockets that share a port (UdpOptions::reuse_port), in the order in which they were opened; `socket` is any of them.
[[nodiscard]] Result<void> steer(const UdpSocket& socket, const Steering& steering);

}  // namespace keypact::io
