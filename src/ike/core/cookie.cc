#include "ike/core/cookie.h"

#include "base/writer.h"

namespace keypact::ike {

CookieJar::CookieJar(RandomSource& random, Instant now) { rotate(random, now); }

void CookieJar::rotate(RandomSource& random, Instant now) {
  previous_ = std::move(current_);
  current_.version = static_cast<std::uint8_t>(previous_.version + 1);
  current_.key = Secret(32);
  random.fill(current_.key.reveal_mutable());
  made_ = now;
}

Octets CookieJar::compute(crypto::Library& library, const KeySlot& slot, const Binding& binding) {
  Writer spi;
  spi.u64(binding.initiator_spi.value);
  // RFC 7296 §2.6: Cookie = <VersionIDofSecret> | Hash(Ni | IPi | SPIi | <secret>).
  const auto hash =
      crypto::keyed_hash(library, slot.key.reveal(), {binding.nonce, binding.address.octets(), spi.view()});
  Octets cookie = {slot.version};
  append(cookie, hash);
  return cookie;
}

Octets CookieJar::make(crypto::Library& library, const Binding& binding, RandomSource& random, Instant now) {
  if (now - made_ >= kSecretLife) rotate(random, now);
  return compute(library, current_, binding);
}

bool CookieJar::verify(crypto::Library& library, const Binding& binding, OctetView cookie) const {
  if (cookie.empty()) return false;
  for (const auto* slot : {&current_, &previous_}) {
    if (slot->key.empty() || slot->version != cookie.front()) continue;
    return secret_equal(compute(library, *slot, binding), cookie);
  }
  return false;
}

}  // namespace keypact::ike
