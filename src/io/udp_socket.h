// UdpSocket: one bound UDP port of one address family. Each datagram tells its local address, and a reply leaves from it
// (RFC 7296 §2.11). Batches of recvmmsg and sendmmsg below.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "io/datagram.h"

namespace keypact::io {

struct UdpOptions {
  /// Address unspecified: all addresses of that family (an IPv6 socket never takes IPv4). Port 0: any free port.
  Endpoint bind;
  std::uint32_t mark = 0;        ///< SO_MARK on everything sent; 0: none
  int receive_buffer = 4 << 20;  ///< octets; beyond the system's limit only with CAP_NET_ADMIN, else as much as allowed
  int send_buffer = 4 << 20;
  bool reuse_port = false;  ///< several sockets share the port (one per thread)
};

class UdpSocket {
 public:
  [[nodiscard]] static Result<UdpSocket> open(const UdpOptions& options);

  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  /// For EventLoop::watch.
  [[nodiscard]] int fd() const;
  /// The bound address and the real port.
  [[nodiscard]] Endpoint local() const;

  /// IPsec policies of the kernel do not concern what goes out and comes in here. Needs CAP_NET_ADMIN.
  [[nodiscard]] Result<void> pass_by_policies();
  /// The kernel takes ESP in UDP that comes here, and keepalives, out of what receive() gives (RFC 3948 §2).
  [[nodiscard]] Result<void> leave_esp_to_kernel();

  /// Up to kDatagramBatch datagrams that are there now; empty when there is none. Truncated ones (larger than any UDP
  /// datagram) are left out. Valid until the next call.
  [[nodiscard]] Result<std::span<const ReceivedDatagram>> receive();

  /// Sends without waiting; one that cannot be sent does not hinder the others.
  SendReport send(std::span<const OutgoingDatagram> batch);

 private:
  struct Implementation;
  explicit UdpSocket(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// False when the machine has no IPv6 (or IPv4) at all, so that its sockets are not worth an error.
[[nodiscard]] bool address_family_available(IpFamily family);

}  // namespace keypact::io
