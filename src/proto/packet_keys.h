// PacketKeys: the negotiated encryption and integrity of one direction of an SA with their keys, as values: made by IKE, used
// by the Encrypted payload and by ESP. RFC 7296 §2.17, RFC 4106 §8.1.
#pragma once

#include "base/secret.h"
#include "proto/proposal.h"

namespace keypact {

/// The negotiated pair. For an AEAD `integrity` is NONE.
struct PacketAlgorithms {
  EncryptionId encryption{};
  std::uint16_t key_bits = 0;  ///< 0 where the algorithm has a fixed size
  IntegrityId integrity = IntegrityId::NONE;
  bool operator==(const PacketAlgorithms&) const = default;
};

/// From the transforms of a chosen proposal.
[[nodiscard]] PacketAlgorithms packet_algorithms(const Proposal& chosen);

struct PacketKeys {
  PacketAlgorithms algorithms;
  Secret encryption;  ///< salt or nonce at its end where the algorithm has one
  Secret integrity;   ///< empty for an AEAD
};

/// An explicit copy, for the few places that need keys twice.
[[nodiscard]] PacketKeys copy_of(const PacketKeys& keys);

}  // namespace keypact
