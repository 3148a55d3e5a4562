// The ICMP error that tells a sender inside the tunnel that its packet does not fit: ICMPv4 type 3 code 4 with the next-hop MTU
// (RFC 1191 §4), ICMPv6 Packet Too Big. RFC 4301 §8.2.1.
#pragma once

#include "esp/inner_packet.h"

namespace keypact::esp {

/// RFC 8200 §5: no IPv6 link has less; nor may an ICMPv6 error be larger.
inline constexpr std::size_t kIpv6MinimumMtu = 1280;
/// The largest error that packet_too_big() writes.
inline constexpr std::size_t kPacketTooBigOctets = kIpv6MinimumMtu;

/// Writes the error about `packet` (as parse_inner() accepted it) to `out`, which has kPacketTooBigOctets. Its source is the
/// packet's own destination: the one address that every source check of the tunnel device accepts. The size, or 0 for packets
/// that no error may be sent about: other errors, later fragments, addresses that are not one host's.
[[nodiscard]] std::size_t packet_too_big(OctetView packet, const InnerPacketInfo& info, std::size_t mtu,
                                         MutableOctets out);

}  // namespace keypact::esp
