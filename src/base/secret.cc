#include "base/secret.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace keypact {

Secret::Secret(std::size_t size) : octets_(size == 0 ? nullptr : new std::uint8_t[size]()), size_(size) {}

Secret Secret::copy_of(OctetView octets) {
  Secret secret(octets.size());
  std::ranges::copy(octets, secret.reveal_mutable().begin());
  return secret;
}

Secret::Secret(Secret&& other) noexcept : octets_(std::move(other.octets_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    octets_ = std::move(other.octets_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Secret::wipe() noexcept {
  wipe_octets(reveal_mutable());
  octets_.reset();
  size_ = 0;
}

bool secret_equal(OctetView a, OctetView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  // The compiler must not learn that only "zero or not" is asked for: then it could stop at the first difference.
  asm volatile("" : "+r"(difference));
  return difference == 0;
}

void wipe_octets(MutableOctets octets) noexcept {
  if (octets.empty()) return;
  explicit_bzero(octets.data(), octets.size());
}

}  // namespace keypact
