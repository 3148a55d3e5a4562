// SystemRandom: the operating system's randomness through OpenSSL's generator, drawn in blocks. One per thread.
#pragma once

#include <memory>

#include "base/random_source.h"
#include "base/result.h"

namespace keypact::crypto {

class SystemRandom final : public RandomSource {
 public:
  /// Fails where the generator cannot be seeded: the caller refuses to start (never a fallback).
  static Result<std::unique_ptr<SystemRandom>> open();
  void fill(MutableOctets out) override;
};

}  // namespace keypact::crypto
