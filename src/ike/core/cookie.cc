#include "ike/core/cookie.h"

namespace keypact::ike {
namespace {

std::uint64_t slot_of(Instant now) { return static_cast<std::uint64_t>(now.since_origin() / CookieJar::kSlot); }

}  // namespace

CookieJar::CookieJar(RandomSource& random, Instant now) { rotate(random, now); }

void CookieJar::rotate(RandomSource& random, Instant now) {
  previous_ = std::move(current_);
  current_.version = static_cast<std::uint8_t>(previous_.version + 1);
  current_.key = Secret(32);
  random.fill(current_.key.reveal_mutable());
  made_ = now;
}

Octets CookieJar::compute(crypto::Library& library, const VersionedKey& key, const Binding& binding,
                          std::uint64_t slot) {
  // RFC 7296 §2.6: Cookie = <VersionIDofSecret> | Hash(Ni | IPi | SPIi | <secret>). The KE payload stays out (RFC 7296 §2.6.1): an
  // initiator that must change it needs no second cookie.
  std::array<std::uint8_t, 17> numbers;
  for (std::size_t i = 0; i < 8; ++i) {
    numbers[i] = static_cast<std::uint8_t>(binding.initiator_spi.value >> 8 * i);
    numbers[8 + i] = static_cast<std::uint8_t>(slot >> 8 * i);
  }
  // The nonce comes last and the address tells its length: no other binding gives the same octets.
  numbers[16] = static_cast<std::uint8_t>(binding.address.octets().size());
  const auto hash = crypto::keyed_hash(library, key.key.reveal(), {numbers, binding.address.octets(), binding.nonce});
  Octets cookie;
  cookie.reserve(2 + hash.size());
  cookie.push_back(key.version);
  cookie.push_back(static_cast<std::uint8_t>(slot));
  append(cookie, hash);
  return cookie;
}

Octets CookieJar::make(crypto::Library& library, const Binding& binding, RandomSource& random, Instant now) {
  if (now - made_ >= kSecretLife) rotate(random, now);
  return compute(library, current_, binding, slot_of(now));
}

bool CookieJar::verify(crypto::Library& library, const Binding& binding, OctetView cookie, Instant now) const {
  if (cookie.size() < 2) return false;
  // The slot is today's or the one before: its low octet tells which.
  const auto present = slot_of(now);
  const auto age = static_cast<std::uint8_t>(static_cast<std::uint8_t>(present) - cookie[1]);
  if (age > 1 || age > present) return false;
  for (const auto* key : {&current_, &previous_}) {
    if (key->key.empty() || key->version != cookie.front()) continue;
    return secret_equal(compute(library, *key, binding, present - age), cookie);
  }
  return false;
}

}  // namespace keypact::ike
