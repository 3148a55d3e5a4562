// Key exchange: Diffie-Hellman and KEM under one form, as IKE sees them: the initiator begins, the responder responds, the
// initiator finishes. RFC 7296 §2.7, §3.4; RFC 3526, RFC 5903, RFC 6954, RFC 8031; checks of RFC 6989.
#pragma once

#include <memory>

#include "base/random_source.h"
#include "base/secret.h"
#include "crypto/library.h"

namespace keypact::crypto {

enum class KeyExchangeError {
  method_not_supported,
  public_value_length,   ///< not the length that the method prescribes
  public_value_invalid,  ///< out of range, not on the curve, of small order
  shared_secret_zero,    ///< RFC 7748 §6.1: the all-zero output
};
[[nodiscard]] std::string to_string(KeyExchangeError error);

/// Octets of the Key Exchange Data field: from the initiator, and from the responder (they differ for a KEM). 0 if unknown.
[[nodiscard]] std::size_t initiator_value_octets(KeyExchangeMethod method);
[[nodiscard]] std::size_t responder_value_octets(KeyExchangeMethod method);

/// The initiator's private half between its request and the response. Move-only; wiped on destruction.
class KeyExchangeState {
 public:
  struct Impl;
  explicit KeyExchangeState(std::unique_ptr<Impl> impl);
  KeyExchangeState(KeyExchangeState&&) noexcept;
  KeyExchangeState& operator=(KeyExchangeState&&) noexcept;
  ~KeyExchangeState();
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct Begun {
  KeyExchangeState state;
  Octets public_value;
};
struct Responded {
  Octets public_value;
  Secret shared_secret;
};

/// All randomness comes from `random`, so that a simulation repeats.
[[nodiscard]] Result<Begun, KeyExchangeError> begin_key_exchange(Library& library, KeyExchangeMethod method,
                                                                 RandomSource& random);
[[nodiscard]] Result<Responded, KeyExchangeError> respond_key_exchange(Library& library, KeyExchangeMethod method,
                                                                       OctetView initiator_value, RandomSource& random);
[[nodiscard]] Result<Secret, KeyExchangeError> finish_key_exchange(Library& library, KeyExchangeState state,
                                                                   OctetView responder_value);

}  // namespace keypact::crypto
