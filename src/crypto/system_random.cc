#include "crypto/system_random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"
#include "base/secret.h"
#include "crypto/openssl_handles.h"

namespace keypact::crypto {

Result<std::unique_ptr<SystemRandom>> SystemRandom::open() {
  std::unique_ptr<SystemRandom> random(new SystemRandom);
  if (RAND_status() == 1 && random->refill()) return random;
  forget_openssl_errors();
  return failure(Error{"no randomness", "OpenSSL's random number generator cannot be seeded",
                       "Check that getrandom() works for this process (seccomp filters, /dev/urandom)"});
}

SystemRandom::~SystemRandom() { wipe_octets(block_); }

bool SystemRandom::refill() {
  left_ = RAND_priv_bytes(block_.data(), static_cast<int>(block_.size())) == 1 ? block_.size() : 0;
  return left_ != 0;
}

void SystemRandom::fill(MutableOctets out) {
  while (!out.empty()) {
    // A generator that fails after it worked: there is no value that could be handed out instead.
    if (left_ == 0) CHECK(refill());
    const std::size_t count = std::min(left_, out.size());
    const auto source = std::span(block_).subspan(left_ - count, count);
    std::ranges::copy(source, out.begin());
    wipe_octets(source);
    left_ -= count;
    out = out.subspan(count);
  }
}

}  // namespace keypact::crypto
