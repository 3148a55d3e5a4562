// Credentials: what the ends of EAP prove themselves with, and where a server finds those of its clients.
#pragma once

#include <optional>

#include "base/secret.h"
#include "eap/method.h"

namespace keypact::eap {

/// Master session key, 64 octets (RFC 3748 §7.10): the shared key of the AUTH payloads after EAP (RFC 7296 §2.16).
using Msk = SecretOf<struct MskTag>;
inline constexpr std::size_t kMskOctets = 64;

struct Password {
  Secret octets;  ///< UTF-8, or the NT hash: 16 octets; of SIM, AKA and AKA': K | OPc, 32 octets
  bool is_nt_hash = false;
};

class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// The identity is what the peer sent: any octets at all.
  [[nodiscard]] virtual std::optional<Password> find(Method method, std::string_view identity) const = 0;
};

}  // namespace keypact::eap
