// EAP types: which of them we speak, and what they are worth to IKE. IANA "Method Types" of EAP; RFC 3748 §5, RFC 5998 §4.
#pragma once

#include "proto/payload_registries.h"

namespace keypact::eap {

using Method = EapType;

/// For people: "EAP-MSCHAPV2", "EAP-AKA'", "the EAP type 99".
[[nodiscard]] std::string method_name(Method method);

/// It makes an MSK, so that the AUTH payloads after it prove it (RFC 7296 §2.16).
[[nodiscard]] bool makes_key(Method method);

/// It makes a key, both ends prove themselves, and nobody in the middle can learn the password by guessing: fit to stand in for
/// the responder's own AUTH payload (RFC 5998 §4). MSCHAPv2 proves both ends, but to a false server it gives what it needs to guess.
[[nodiscard]] bool fit_for_eap_only(Method method);

/// It runs over TLS, so that a server needs a certificate and a client whom to trust: TlsSettings.
[[nodiscard]] bool is_over_tls(Method method);

/// A type that authenticates: RFC 3748 §5 keeps those below 4 and the expanded one for itself.
[[nodiscard]] constexpr bool authenticates(Method method) {
  return static_cast<std::uint8_t>(method) >= 4 && method != Method::EXPANDED;
}

}  // namespace keypact::eap
