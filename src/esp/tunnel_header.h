// What of the inner IP header goes into the outer one, and back: DSCP, ECN, DF, and the room that the outer headers leave.
// RFC 4301 §5.1.2, RFC 6040 §4. The outer header itself is written by the kernel.
#pragma once

#include <optional>

#include "base/ip_address.h"
#include "base/octets.h"
#include "proto/policy.h"

namespace keypact::esp {

/// DSCP and ECN of the outer header.
[[nodiscard]] std::uint8_t outer_traffic_class(std::uint8_t inner, const HeaderHandling& handling);

/// DSCP and ECN that the inner packet continues with; nothing when it is to be dropped as a sign of congestion (RFC 6040 §4.2).
[[nodiscard]] std::optional<std::uint8_t> decapsulated_traffic_class(std::uint8_t inner, std::uint8_t outer,
                                                                     const HeaderHandling& handling);

/// Writes the traffic class of a packet that parse_inner() accepted, and corrects an IPv4 checksum.
void set_traffic_class(MutableOctets packet, std::uint8_t traffic_class);

/// Octets of IP (without options) and UDP header in front of ESP.
[[nodiscard]] std::size_t outer_header_octets(IpFamily outer, bool udp_encapsulation);

/// RFC 1071's sum over 16-bit words, not yet complemented; an odd last octet counts as the upper one.
[[nodiscard]] std::uint32_t checksum_add(std::uint32_t sum, OctetView octets);
/// The complement of the folded sum: what stands in a checksum field.
[[nodiscard]] std::uint16_t checksum_finish(std::uint32_t sum);

}  // namespace keypact::esp
