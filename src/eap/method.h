// EAP types: which of them we speak, and what they are worth to IKE. IANA "Method Types" of EAP; RFC 3748 §5, RFC 5998 §4.
#pragma once

#include "proto/registry.h"

namespace keypact::eap {

#define KEYPACT_EAP_TYPES(X) \
  X(Identity, 1)             \
  X(Notification, 2)         \
  X(Nak, 3)                  \
  X(MD5, 4)                  \
  X(OTP, 5)                  \
  X(GTC, 6)                  \
  X(TLS, 13)                 \
  X(SIM, 18)                 \
  X(TTLS, 21)                \
  X(AKA, 23)                 \
  X(PEAP, 25)                \
  X(MSCHAPV2, 26)            \
  X(EXPANDED, 254)           \
  X(AKA_PRIME, 50)
KEYPACT_REGISTRY(Method, std::uint8_t, KEYPACT_EAP_TYPES)
#undef KEYPACT_EAP_TYPES

/// For people: "EAP-MSCHAPV2", "EAP-AKA'", "the EAP type 99".
[[nodiscard]] std::string method_name(Method method);

/// It makes an MSK, so that the AUTH payloads after it prove it (RFC 7296 §2.16).
[[nodiscard]] bool makes_key(Method method);

/// It makes a key, both ends prove themselves, and nobody in the middle can learn the password by guessing: fit to stand in for
/// the responder's own AUTH payload (RFC 5998 §4). MSCHAPv2 proves both ends, but to a false server it gives what it needs to guess.
[[nodiscard]] bool fit_for_eap_only(Method method);

/// A type that authenticates: RFC 3748 §5 keeps those below 4 and the expanded one for itself.
[[nodiscard]] constexpr bool authenticates(Method method) {
  return static_cast<std::uint8_t>(method) >= 4 && method != Method::EXPANDED;
}

}  // namespace keypact::eap
