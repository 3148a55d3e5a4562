// Transport: the UDP ports of IKE, both families: takes datagrams apart by what they are (IKE, ESP in UDP, keepalive) and sends
// each from the address and port that it belongs to. RFC 7296 §2, §2.23, RFC 3948 §2.
#pragma once

#include <functional>
#include <vector>

#include "ike/core/datagram.h"
#include "io/event_loop.h"
#include "io/udp_socket.h"

namespace keypact::daemon {

/// SO_MARK of everything that we send ourselves, so that our routes into the tunnel leave it alone.
inline constexpr std::uint32_t kOwnTrafficMark = 0x6b70;

class Transport {
 public:
  struct Ports {
    std::uint16_t ike = 500;
    std::uint16_t nat = 4500;
  };
  struct Receivers {
    /// IKE messages that were there at once; valid during the call.
    std::function<void(std::span<const ike::DatagramView>)> ike;
    /// ESP without UDP header, to be decrypted in place; valid during the call.
    std::function<void(std::span<const io::ReceivedDatagram>)> esp;
  };

  /// Several transports that share the ports, opened in the order of their parts: each engine's, and one more for what is not IKE.
  struct Share {
    std::size_t engines = 1;
    std::size_t part = 0;
  };
  /// `mark`: SO_MARK, which needs a privilege; 0: none.
  [[nodiscard]] static Result<Transport> open(const Ports& ports, std::uint32_t mark, const Share& share);
  /// Starts receiving. The receivers are called on the loop's thread for as long as this object lives.
  [[nodiscard]] Result<void> start(io::EventLoop& loop, Receivers receivers);

  /// The kernel takes what is ESP, and lets IKE pass its policies. Where it has no ESP in UDP over IPv6, IPv6 goes without.
  [[nodiscard]] Result<void> leave_esp_to_kernel();

  [[nodiscard]] std::vector<std::uint16_t> own_ports() const { return {ports_.ike, ports_.nat}; }
  /// Sent at the latest by flush(), together with others.
  void send(const ike::Datagram& datagram);
  void send(const ike::Keepalive& keepalive);
  void flush();
  /// ESP in UDP, from the NAT traversal port.
  io::SendReport send_esp(IpFamily family, std::span<const io::OutgoingDatagram> batch);

 private:
  /// Datagrams that go out in one call, one behind the other in memory that is kept.
  struct Outbox {
    struct Entry {
      IpAddress local;
      Endpoint remote;
      std::size_t octets = 0;
      std::uint8_t traffic_class = 0;
    };
    std::vector<Entry> entries;
    Octets octets;
  };
  struct Bound {
    io::UdpSocket socket;
    IpFamily family{};
    bool nat = false;
    Outbox outbox;
  };
  void receive(Bound& bound);
  void flush(Bound& bound);
  [[nodiscard]] Bound* find(IpFamily family, std::uint16_t port);

  Ports ports_;
  std::vector<Bound> sockets_;
  Receivers receivers_;
  std::vector<io::Watch> watches_;
  std::vector<io::ReceivedDatagram> esp_batch_;
  std::vector<ike::DatagramView> ike_batch_;
  std::vector<io::OutgoingDatagram> outgoing_;
};

}  // namespace keypact::daemon
