#include "ipsec/steering.h"

namespace keypact::ipsec {

std::size_t engine_for(const IpAddress& peer, std::size_t engines) {
  const auto octets = peer.octets();
  std::uint32_t joined = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) joined ^= std::uint32_t{octets[i]} << (24 - 8 * (i % 4));
  return ((joined * kSteeringMultiplier) >> 16) % engines;
}

}  // namespace keypact::ipsec
