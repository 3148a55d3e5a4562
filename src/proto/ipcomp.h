// IP Payload Compression: what the two ends of a Child SA agree on where they compress before they protect. RFC 3173, RFC 7296 §2.22.
#pragma once

#include "proto/registry.h"

namespace keypact {

#define KEYPACT_IPCOMP_TRANSFORMS(X) \
  X(IPCOMP_OUI, 1)                   \
  X(IPCOMP_DEFLATE, 2)               \
  X(IPCOMP_LZS, 3)                   \
  X(IPCOMP_LZJH, 4)
KEYPACT_REGISTRY(IpcompTransform, std::uint8_t, KEYPACT_IPCOMP_TRANSFORMS)
#undef KEYPACT_IPCOMP_TRANSFORMS

/// Compression Parameter Index: what the receiver of compressed packets knows them by.
struct Cpi {
  std::uint16_t value = 0;
  constexpr auto operator<=>(const Cpi&) const = default;
};

/// RFC 3173 §3.3: those that two ends agree on; the others have fixed meanings.
inline constexpr Cpi kFirstNegotiatedCpi{256};
inline constexpr Cpi kLastNegotiatedCpi{61439};

/// Of a Child SA that is compressed with DEFLATE in both directions.
struct CpiPair {
  Cpi inbound;
  Cpi outbound;
  bool operator==(const CpiPair&) const = default;
};

}  // namespace keypact
