// The start-up self test with the answers that it expects, so that a test can show that a wrong result is noticed.
#pragma once

#include <span>

#include "crypto/known_answers.h"
#include "crypto/library.h"

namespace keypact::crypto {

struct KnownAnswers {
  std::span<const PrfAnswer> prfs = kPrfAnswers;
  std::span<const CipherAnswer> ciphers = kCipherAnswers;
  std::span<const KeyExchangeAnswer> key_exchanges = kKeyExchangeAnswers;
};

/// The names of the supported algorithms that gave another answer, or for which there is none.
[[nodiscard]] std::vector<std::string> self_test(Library& library, const KnownAnswers& answers);

}  // namespace keypact::crypto
