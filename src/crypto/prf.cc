#include "crypto/prf.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/library_impl.h"

namespace keypact::crypto {
namespace {

constexpr std::size_t kAesKeyOctets = 16;

bool has_fixed_key(MacId id) { return id == MacId::aes_xcbc || id == MacId::aes_cmac; }

// RFC 4434 §2 and RFC 4615 §3: a key of another length becomes one of 16 octets. XCBC pads a short one with zeros; CMAC takes
// the MAC of any other length under the zero key, and so does XCBC for a long one.
void set_fixed_key(Mac& mac, MacId id, OctetView key) {
  std::array<std::uint8_t, kAesKeyOctets> fixed{};
  if (key.size() == kAesKeyOctets || (id == MacId::aes_xcbc && key.size() < kAesKeyOctets)) {
    std::ranges::copy(key, fixed.begin());
  } else {
    mac.set_key(fixed);
    const OctetView parts[] = {key};
    mac.compute(parts, fixed);
  }
  mac.set_key(fixed);
  wipe_octets(fixed);
}

Mac& keyed(Library& library, PrfId id, OctetView key) {
  const auto algorithm = mac_of(id);
  CHECK(algorithm.has_value());
  Mac* const mac = library.impl().mac(*algorithm);
  CHECK(mac != nullptr);
  if (has_fixed_key(*algorithm)) set_fixed_key(*mac, *algorithm, key);
  else mac->set_key(key);
  return *mac;
}

}  // namespace

std::size_t prf_octets(PrfId id) {
  const auto algorithm = mac_of(id);
  return algorithm ? mac_octets(*algorithm) : 0;
}

Secret prf(Library& library, PrfId id, OctetView key, std::initializer_list<OctetView> parts) {
  Secret output(prf_octets(id));
  keyed(library, id, key).compute({parts.begin(), parts.size()}, output.reveal_mutable());
  return output;
}

// RFC 7296 §2.13: T1 | T2 | ... with Tn = prf(key, Tn-1 | parts | n).
Secret prf_plus(Library& library, PrfId id, OctetView key, std::initializer_list<OctetView> parts, std::size_t octets) {
  constexpr std::size_t kMaxParts = 8;
  const std::size_t block = prf_octets(id);
  CHECK(block != 0 && octets <= 255 * block && parts.size() <= kMaxParts);
  Mac& mac = keyed(library, id, key);
  Secret output(octets);
  const auto stream = output.reveal_mutable();
  std::array<OctetView, kMaxParts + 2> input;
  std::ranges::copy(parts, input.begin() + 1);
  std::uint8_t counter = 1;
  input[parts.size() + 1] = {&counter, 1};
  for (std::size_t at = 0; at < octets; at += block, ++counter) {
    if (at != 0) input[0] = stream.subspan(at - block, block);
    mac.compute(std::span(input).first(parts.size() + 2), stream.subspan(at, std::min(block, octets - at)));
  }
  return output;
}

std::array<std::uint8_t, 20> sha1(Library& library, std::initializer_list<OctetView> parts) {
  auto& impl = library.impl();
  CHECK(impl.sha1 != nullptr);
  CHECK(EVP_DigestInit_ex2(impl.digest.get(), impl.sha1.get(), nullptr) == 1);
  for (const auto part : parts) CHECK(EVP_DigestUpdate(impl.digest.get(), part.data(), part.size()) == 1);
  std::array<std::uint8_t, 20> hash{};
  CHECK(EVP_DigestFinal_ex(impl.digest.get(), hash.data(), nullptr) == 1);
  return hash;
}

std::array<std::uint8_t, 32> keyed_hash(Library& library, OctetView key, std::initializer_list<OctetView> parts) {
  Mac& mac = keyed(library, PrfId::PRF_HMAC_SHA2_256, key);
  std::array<std::uint8_t, 32> hash{};
  mac.compute({parts.begin(), parts.size()}, hash);
  return hash;
}

}  // namespace keypact::crypto
