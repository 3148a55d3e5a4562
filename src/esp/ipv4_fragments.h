// Cuts an IPv4 packet into fragments before it is encrypted, where the path is too narrow for it. RFC 791 §3.2, RFC 4301 §8.2.1.
#pragma once

#include "esp/inner_packet.h"

namespace keypact::esp {

class Ipv4Fragments {
 public:
  /// `packet` is what parse_inner() accepted with `info`, cut to info.octets; it outlives this object. Each fragment will have
  /// at most `limit` octets.
  Ipv4Fragments(OctetView packet, const InnerPacketInfo& info, std::size_t limit);

  /// False when `limit` has no room for a header and 8 octets.
  [[nodiscard]] bool possible() const { return piece_ > 0; }
  /// Writes the next fragment to the beginning of `out` (at least `limit` octets); its size, or 0 after the last one.
  [[nodiscard]] std::size_t next(MutableOctets out);

 private:
  [[nodiscard]] std::size_t write_header(MutableOctets out) const;

  OctetView header_;
  OctetView payload_;
  std::size_t piece_ = 0;   ///< payload octets of a fragment, a multiple of 8
  std::size_t passed_ = 0;  ///< payload octets that were written
};

}  // namespace keypact::esp
