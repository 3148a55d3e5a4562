// Which of several engines a peer belongs to. All IKE SAs of one peer address are in one engine, whoever began them, so that what
// concerns more than one IKE SA (simultaneous beginnings, reauthentication, INITIAL_CONTACT) is decided in one place.
#pragma once

#include "base/ip_address.h"

namespace keypact::ipsec {

/// The multiplier of the hash; the kernel computes the same where it hands datagrams out (io/engine_steering.cc).
inline constexpr std::uint32_t kSteeringMultiplier = 0x9e3779b1;

/// Its 32-bit words in network order, joined by XOR, times the multiplier; of that the upper half, modulo the number of engines.
[[nodiscard]] std::size_t engine_for(const IpAddress& peer, std::size_t engines);

}  // namespace keypact::ipsec
