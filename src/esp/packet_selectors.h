// PacketSelectors: what the SPD and the SAD compare of an inner packet, and SelectorSet: one side's traffic selectors in the form
// that is compared per packet. RFC 4301 §4.4.1.1, §7, RFC 7296 §3.13.1.
#pragma once

#include <compare>
#include <vector>

#include "proto/traffic_selector.h"

namespace keypact::esp {

/// An address as a number; IPv4 in the low half. The family stands beside it.
struct AddressNumber {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const AddressNumber&) const = default;
};

enum class PortKnowledge : std::uint8_t {
  known,
  opaque,   ///< not in this packet: a non-initial fragment, or a protocol without ports (RFC 4301 §4.4.1.1)
  matches,  ///< nothing to compare on this side: the destination of ICMP and of a Mobility Header
};

/// A port; for ICMP type and code, for a Mobility Header its type in the upper 8 bits.
struct PacketPort {
  PortKnowledge knowledge = PortKnowledge::opaque;
  std::uint16_t value = 0;
  bool operator==(const PacketPort&) const = default;
};

struct PacketSelectors {
  AddressNumber source;
  AddressNumber destination;
  IpFamily family = IpFamily::v4;
  bool protocol_known = true;  ///< false: IPv6 fragments that do not tell it
  std::uint8_t protocol = 0;
  PacketPort source_port;
  PacketPort destination_port;
  bool operator==(const PacketSelectors&) const = default;
};

class SelectorSet {
 public:
  SelectorSet() = default;
  explicit SelectorSet(const std::vector<TrafficSelector>& selectors);

  /// One selector covers the source side of the packet.
  [[nodiscard]] bool covers_source_of(const PacketSelectors& packet) const {
    return covers(packet, packet.source, packet.source_port);
  }
  [[nodiscard]] bool covers_destination_of(const PacketSelectors& packet) const {
    return covers(packet, packet.destination, packet.destination_port);
  }

 private:
  struct Range {
    AddressNumber first;
    AddressNumber last;
    IpFamily family;
    std::uint8_t protocol;
    PortRange ports;
  };
  [[nodiscard]] bool covers(const PacketSelectors& packet, const AddressNumber& address, PacketPort port) const;

  std::vector<Range> ranges_;
};

/// The selectors of both sides of a policy or of an SA. RFC 4301 §4.4.1.
struct SelectorPair {
  SelectorSet local;
  SelectorSet remote;
  [[nodiscard]] bool covers_outbound(const PacketSelectors& packet) const {
    return local.covers_source_of(packet) && remote.covers_destination_of(packet);
  }
  [[nodiscard]] bool covers_inbound(const PacketSelectors& packet) const {
    return remote.covers_source_of(packet) && local.covers_destination_of(packet);
  }
};

}  // namespace keypact::esp
