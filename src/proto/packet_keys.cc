#include "proto/packet_keys.h"

namespace keypact {

PacketAlgorithms packet_algorithms(const Proposal& chosen) {
  PacketAlgorithms algorithms;
  for (const auto& transform : chosen.transforms) {
    if (transform.type == TransformType::ENCR) {
      algorithms.encryption = static_cast<EncryptionId>(transform.id);
      algorithms.key_bits = transform.key_bits.value_or(0);
    } else if (transform.type == TransformType::INTEG) {
      algorithms.integrity = static_cast<IntegrityId>(transform.id);
    }
  }
  return algorithms;
}

PacketKeys copy_of(const PacketKeys& keys) {
  return {keys.algorithms, keys.encryption.clone(), keys.integrity.clone()};
}

}  // namespace keypact
