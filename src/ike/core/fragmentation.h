// Fragmentation: how large the pieces are that a message is sent in, and how it is cut. RFC 7383 §2.5. Reassembly is beside.
#pragma once

#include <optional>

#include "base/ip_address.h"
#include "config/snapshot.h"
#include "crypto/packet_cipher.h"
#include "ike/core/payload_set.h"
#include "ike/core/protection.h"

namespace keypact::ike {

/// What two ends agreed on in IKE_SA_INIT, and what we make of it. An IKE SA that rekeys another one inherits it.
struct FragmentationUse {
  bool negotiated = false;    ///< both sent IKEV2_FRAGMENTATION_SUPPORTED: the peer's fragments are taken
  bool send = false;          ///< large messages of our own are sent in fragments
  std::size_t threshold = 0;  ///< octets of our largest IP packets, as was found out; 0: nothing was
};

/// By a connection's setting `fragmentation`: whether its large messages are sent in fragments; `accept` only takes them.
[[nodiscard]] bool sends_fragments(config::Tristate setting);
/// `peer` are the payloads of its IKE_SA_INIT message (RFC 7383 §2.3).
[[nodiscard]] FragmentationUse fragmentation_use(config::Tristate setting, const PayloadSet& peer);

/// What carries an IKE message on its way.
struct Envelope {
  IpFamily family = IpFamily::v4;
  bool marked = false;  ///< the non-ESP marker of RFC 3948 §2.2 stands before it

  /// Octets around the IKE message in its IP packet, without options or extension headers.
  [[nodiscard]] std::size_t octets() const {
    return (family == IpFamily::v4 ? std::size_t{20} : std::size_t{40}) + 8 +
           (marked ? std::size_t{4} : std::size_t{0});
  }
  [[nodiscard]] bool operator==(const Envelope&) const = default;
};

/// `configured` is Options::fragment_size: octets of an IP packet.
[[nodiscard]] std::size_t first_threshold(std::size_t configured, IpFamily family);
/// The next smaller size to probe for who has sent packets of `octets` in vain; nothing at the smallest (RFC 7383 §2.5.2).
[[nodiscard]] std::optional<std::size_t> next_threshold(std::size_t octets, IpFamily family);
/// No packet is made smaller than this because somebody else sends such small ones.
[[nodiscard]] std::size_t smallest_threshold(IpFamily family);

/// Octets of text that one SKF payload carries so that its IP packet has at most `threshold` octets; never 0.
[[nodiscard]] std::size_t fragment_capacity(const crypto::PacketSizes& sizes, const Envelope& envelope,
                                            std::size_t threshold);
/// The shares of a text, in order: never more than limits::kFragments, for which they get larger than `capacity` if they must.
[[nodiscard]] std::vector<ProtectedPart> cut(PayloadType first, OctetView text, std::size_t capacity);

}  // namespace keypact::ike
