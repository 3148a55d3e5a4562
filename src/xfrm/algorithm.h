// The kernel's names of the algorithms of ESP. Its keys are laid out as IKE derives them: salt or nonce behind the key
// (RFC 4106 §8.1, RFC 4309 §7.1, RFC 3686 §5.1).
#pragma once

#include "proto/packet_keys.h"

namespace keypact::xfrm {

struct AlgorithmName {
  const char* name = nullptr;
  std::uint32_t icv_bits = 0;  ///< of an AEAD and of an integrity algorithm
};

/// Which attribute of the kernel an encryption algorithm goes into.
[[nodiscard]] bool is_aead(EncryptionId id);
/// Nothing when the kernel has no name for it.
[[nodiscard]] std::optional<AlgorithmName> algorithm_name(EncryptionId id);
[[nodiscard]] std::optional<AlgorithmName> algorithm_name(IntegrityId id);

}  // namespace keypact::xfrm
