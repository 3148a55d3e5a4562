// Proposals and transforms as values: what is offered for an SA, and what was chosen. RFC 7296 §3.3, §2.7.
#pragma once

#include <optional>
#include <vector>

#include "base/octets.h"
#include "proto/ike_header_registries.h"
#include "proto/transform_registries.h"

namespace keypact {

/// One algorithm of one type. `key_bits` is the Key Length attribute, where the algorithm has one.
struct Transform {
  TransformType type{};
  std::uint16_t id = 0;
  std::optional<std::uint16_t> key_bits;

  bool operator==(const Transform&) const = default;
};

[[nodiscard]] Transform encryption(EncryptionId id, std::optional<std::uint16_t> key_bits = std::nullopt);
[[nodiscard]] Transform prf(PrfId id);
[[nodiscard]] Transform integrity(IntegrityId id);
[[nodiscard]] Transform key_exchange(KeyExchangeMethod method);
[[nodiscard]] Transform sequence_numbers(SequenceNumbers value);

/// "ENCR_AES_GCM_16-256", "KE CURVE25519" ...
[[nodiscard]] std::string to_string(const Transform& transform);

/// RFC 7296 §3.3: combined-mode ciphers, which are offered without an integrity transform.
[[nodiscard]] bool is_aead(EncryptionId id);

/// A set of alternatives for one protocol: for each transform type, any one of its transforms will do. The SPI is not part of
/// the value: it belongs to the message.
struct Proposal {
  ProtocolId protocol{};
  std::vector<Transform> transforms;  ///< in the order of preference within each type

  [[nodiscard]] std::vector<Transform> of_type(TransformType type) const;
  [[nodiscard]] bool has_type(TransformType type) const;
  bool operator==(const Proposal&) const = default;
};

/// "IKE: ENCR_AES_GCM_16-256 / PRF_HMAC_SHA2_256 / CURVE25519", alternatives of one type joined by "|".
[[nodiscard]] std::string to_string(const Proposal& proposal);

}  // namespace keypact
