// OutputBatch: what the data plane answers to one batch of packets, in memory that is allocated once. Clear it, hand it in, send
// what it holds, and use it again.
#pragma once

#include <vector>

#include "ipsec/stack.h"

namespace keypact::esp {

/// An IP packet from or for the tunnel device. It is not changed; the device owns its octets.
using InnerPacket = MutableOctets;

/// ESP on the outside, without IP and UDP header, beginning with the SPI.
struct OuterPacket {
  ChildSaId child_sa;  ///< outbound: whose it is, to attribute a failure to send; inbound: not used
  Endpoint local;      ///< ports with UDP encapsulation only
  Endpoint remote;
  bool udp_encapsulation = false;
  bool dont_fragment = false;      ///< outbound; IPv6: too big instead of fragments at the source
  std::uint8_t traffic_class = 0;  ///< DSCP and ECN of the IP header
  MutableOctets octets;            ///< inbound: decrypted in place
};

class OutputBatch {
 public:
  /// Room for `packets` packets of `octets` octets on average, ESP's own included. What does not fit is dropped and counted.
  explicit OutputBatch(std::size_t packets = 64, std::size_t octets = 2048);

  void clear();

  /// ESP to send. Packets that were sealed one after the other stand in memory one after the other, without a gap.
  [[nodiscard]] std::span<const OuterPacket> to_wire() const { return to_wire_; }
  /// IP packets for the tunnel device: decrypted ones, which still lie in the inbound packets' octets, and ICMP errors.
  [[nodiscard]] std::span<const OctetView> to_tunnel() const { return to_tunnel_; }
  /// Packets of a bypass policy, as they came from the tunnel device.
  [[nodiscard]] std::span<const OctetView> in_clear() const { return in_clear_; }
  [[nodiscard]] std::span<const ipsec::StackEvent> events() const { return events_; }

  // For the data plane:
  /// Memory for `count` octets of output; empty when there is none left.
  [[nodiscard]] MutableOctets allocate(std::size_t count);
  /// False, and nothing is added, when the batch is full.
  [[nodiscard]] bool add_to_wire(const OuterPacket& packet) { return add(to_wire_, packet); }
  [[nodiscard]] bool add_to_tunnel(OctetView packet) { return add(to_tunnel_, packet); }
  [[nodiscard]] bool add_in_clear(OctetView packet) { return add(in_clear_, packet); }
  void add_event(ipsec::StackEvent event) { events_.push_back(std::move(event)); }

 private:
  template <class Packet>
  [[nodiscard]] bool add(std::vector<Packet>& packets, const Packet& packet) {
    if (packets.size() == packets.capacity()) return false;
    packets.push_back(packet);
    return true;
  }

  Octets memory_;
  std::size_t used_ = 0;
  std::vector<OuterPacket> to_wire_;
  std::vector<OctetView> to_tunnel_;
  std::vector<OctetView> in_clear_;
  std::vector<ipsec::StackEvent> events_;
};

}  // namespace keypact::esp
