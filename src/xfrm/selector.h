// Selector: what one policy of the kernel can compare a packet with: an address prefix at each end, a protocol, ports under a mask.
// Traffic selectors are taken apart into these. RFC 4301 §4.4.1.1.
#pragma once

#include <vector>

#include "base/result.h"
#include "proto/traffic_selector.h"

namespace keypact::xfrm {

/// Matches the port p when (p ^ value) & mask is 0. Of ICMP the source port is the type, and the destination port the code.
struct PortMatch {
  std::uint16_t value = 0;
  std::uint16_t mask = 0;
  auto operator<=>(const PortMatch&) const = default;
};

struct Selector {
  Prefix source;
  Prefix destination;
  std::uint8_t protocol = kAnyProtocol;
  PortMatch source_port{};
  PortMatch destination_port{};
  auto operator<=>(const Selector&) const = default;
};

/// What is so large has no place in the kernel.
inline constexpr std::size_t kSelectors = 1024;

/// The fewest blocks of ports that are exactly this range, which is neither OPAQUE nor in the wrong order.
[[nodiscard]] std::vector<PortMatch> port_matches(PortRange range);

/// Packets from one of `source` to one of `destination`. A sentence for people where the kernel cannot compare what they say.
[[nodiscard]] Result<std::vector<Selector>, std::string> selectors_between(
    const std::vector<TrafficSelector>& source, const std::vector<TrafficSelector>& destination);

}  // namespace keypact::xfrm
