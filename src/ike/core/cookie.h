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
  /// A cookie is good for one to two of these.
  static constexpr Duration kSlot = seconds(5);

  /// What a cookie is bound to: the initiator's SPI, nonce and address.
  struct Binding {
    IkeSpi initiator_spi;
    OctetView nonce;
    IpAddress address;
  };
  /// 34 octets: the secret's version, the low octet of the time slot, then the keyed hash.
  [[nodiscard]] Octets make(crypto::Library& library, const Binding& binding, RandomSource& random, Instant now);
  /// True for a cookie of the present or the previous time slot, under the present or the previous secret.
  [[nodiscard]] bool verify(crypto::Library& library, const Binding& binding, OctetView cookie, Instant now) const;

 private:
  struct VersionedKey {
    std::uint8_t version = 0;
    Secret key;
  };
  [[nodiscard]] static Octets compute(crypto::Library& library, const VersionedKey& key, const Binding& binding,
                                      std::uint64_t slot);
  void rotate(RandomSource& random, Instant now);

  VersionedKey current_;
  VersionedKey previous_;
  Instant made_;
};

}  // namespace keypact::ike
