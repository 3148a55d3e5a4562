// SystemRandom: the operating system's randomness through OpenSSL's generator, drawn in blocks. One per thread.
#pragma once

#include <memory>

#include "base/random_source.h"
#include "base/result.h"

namespace keypact::crypto {

/// A process that forks opens a new one in the child: the block that is drawn ahead would be handed out on both sides.
class SystemRandom final : public RandomSource {
 public:
  /// Fails where the generator cannot be seeded: the caller refuses to start (never a fallback).
  static Result<std::unique_ptr<SystemRandom>> open();
  SystemRandom(const SystemRandom&) = delete;
  SystemRandom& operator=(const SystemRandom&) = delete;
  ~SystemRandom() override;
  void fill(MutableOctets out) override;

 private:
  SystemRandom() = default;
  bool refill();

  std::array<std::uint8_t, 512> block_{};
  std::size_t left_ = 0;  ///< octets at the front of the block that were not handed out
};

}  // namespace keypact::crypto
