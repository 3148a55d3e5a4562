// The IP header of a packet inside the tunnel: checked for consistency, and read for its selectors. RFC 791 §3.1, RFC 8200 §4,
// RFC 4301 §4.4.1.1, §7, RFC 1858. Nothing behind the ports is looked at: that is the receiving host's.
#pragma once

#include <expected>

#include "esp/drop_reason.h"
#include "esp/packet_selectors.h"

namespace keypact::esp {

/// Extension headers that are walked before a packet is refused; RFC 8200 §4.1 has use for six before the next layer.
inline constexpr int kExtensionHeaders = 8;

struct InnerPacketInfo {
  PacketSelectors selectors;
  std::size_t octets = 0;          ///< what the header says; behind it there may be TFC padding (RFC 4303 §2.7)
  std::size_t header_octets = 0;   ///< IPv4: with options; IPv6: 40
  std::uint8_t traffic_class = 0;  ///< DSCP and ECN
  bool may_fragment = false;       ///< IPv4 without DF
  bool is_initial = true;          ///< no fragment, or the first one
};

/// `octets` may be longer than the packet says, never shorter.
[[nodiscard]] std::expected<InnerPacketInfo, DropReason> parse_inner(OctetView octets);

}  // namespace keypact::esp
