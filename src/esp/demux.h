// What a datagram on the NAT traversal port is: IKE behind a non-ESP marker, a keepalive, or ESP. RFC 3948 §2, RFC 7296 §2.23.
#pragma once

#include "base/octets.h"

namespace keypact::esp {

enum class DatagramKind : std::uint8_t {
  ike,        ///< four zero octets, then an IKE message: ike_message_of() gives it
  esp,        ///< begins with an SPI that is not zero
  keepalive,  ///< the one octet 0xff: to be ignored
  garbage,    ///< too short for either: to be dropped
};

/// RFC 3948 §2.2: four zero octets where ESP has its SPI.
inline constexpr std::size_t kNonEspMarkerOctets = 4;

/// RFC 3948 §2.3.
inline constexpr std::uint8_t kKeepaliveOctet = 0xff;

[[nodiscard]] DatagramKind classify(OctetView payload);

/// What follows the non-ESP marker of a datagram that classify() found to be `ike`.
[[nodiscard]] OctetView ike_message_of(OctetView payload);

}  // namespace keypact::esp
