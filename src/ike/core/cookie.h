// Stateless cookies: proof that an initiator receives at the address it sends from, before anything is stored for it.
// RFC 7296 §2.6.
#pragma once

#include "base/instant.h"
#include "base/ip_address.h"
#include "base/random_source.h"
#include "crypto/prf.h"
#include "proto/spi.h"

namespace keypact::ike {

class CookieJar {
 public:
  CookieJar(RandomSource& random, Instant now);

  static constexpr Duration kSecretLife = seconds(120);

  /// What a cookie is bound to: the initiator's SPI, nonce and address.
  struct Binding {
    IkeSpi initiator_spi;
    OctetView nonce;
    IpAddress address;
  };
  /// 33 octets: the secret's version, then the keyed hash.
  [[nodiscard]] Octets make(crypto::Library& library, const Binding& binding, RandomSource& random, Instant now);
  /// True for a cookie of the present or the previous secret.
  [[nodiscard]] bool verify(crypto::Library& library, const Binding& binding, OctetView cookie) const;

 private:
  struct KeySlot {
    std::uint8_t version = 0;
    Secret key;
  };
  [[nodiscard]] static Octets compute(crypto::Library& library, const KeySlot& slot, const Binding& binding);
  void rotate(RandomSource& random, Instant now);

  KeySlot current_;
  KeySlot previous_;
  Instant made_;
};

}  // namespace keypact::ike
