#include "crypto/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/algorithms.h"
#include "crypto/key_exchange.h"
#include "crypto/known_answer_check.h"
#include "crypto/prf.h"

namespace keypact::crypto {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kAllIds = 65536;
constexpr std::uint16_t kKeyBits[] = {0, 1, 64, 127, 128, 192, 255, 256, 257, 512, 65535};

TEST(Library, K16_self_test_passes_for_everything_that_is_supported) {
  Library library;
  EXPECT_THAT(library.self_test(), IsEmpty());
}

TEST(Library, K16_self_test_names_the_algorithms_that_gave_a_wrong_answer) {
  Library library;
  std::vector<PrfAnswer> prfs(std::begin(kPrfAnswers), std::end(kPrfAnswers));
  std::vector<CipherAnswer> ciphers(std::begin(kCipherAnswers), std::end(kCipherAnswers));
  std::vector<KeyExchangeAnswer> exchanges(std::begin(kKeyExchangeAnswers), std::end(kKeyExchangeAnswers));
  const auto break_row = [](auto& rows, auto matches, auto field) {
    const auto row = std::ranges::find_if(rows, matches);
    ASSERT_NE(row, rows.end());
    (*row).*field = "00";
  };
  break_row(prfs, [](const auto& row) { return row.id == PrfId::PRF_HMAC_SHA2_256; }, &PrfAnswer::output);
  break_row(
      ciphers, [](const auto& row) { return row.id == EncryptionId::ENCR_CHACHA20_POLY1305; }, &CipherAnswer::icv);
  break_row(
      exchanges, [](const auto& row) { return row.method == KeyExchangeMethod::ECP_256; }, &KeyExchangeAnswer::shared);
  EXPECT_THAT(self_test(library, {prfs, ciphers, exchanges}),
              ElementsAre("PRF_HMAC_SHA2_256", "AUTH_HMAC_SHA2_256_128", "ENCR_CHACHA20_POLY1305", "ECP_256"));
}

TEST(Library, K16_an_algorithm_without_an_answer_fails_the_self_test) {
  Library library;
  const auto failed = self_test(library, {kPrfAnswers, {}, {}});
  EXPECT_THAT(failed, Contains("ENCR_AES_GCM_16-256"));
  EXPECT_THAT(failed, Contains("CURVE25519"));
}

// Row A10: nothing that is unknown, private or internal gets through, whatever its number.
TEST(Library, A10_supports_exactly_the_listed_identifiers_of_each_type) {
  Library library;
  const auto supported = [&](TransformType type) {
    std::vector<std::uint16_t> ids;
    for (std::uint32_t id = 0; id < kAllIds; ++id)
      if (library.supports({type, static_cast<std::uint16_t>(id), std::nullopt}))
        ids.push_back(static_cast<std::uint16_t>(id));
    return ids;
  };
  EXPECT_THAT(supported(TransformType::PRF), ElementsAre(1, 2, 4, 5, 6, 7, 8));
  EXPECT_THAT(supported(TransformType::INTEG), ElementsAre(0, 1, 2, 5, 8, 12, 13, 14));
  EXPECT_THAT(supported(TransformType::ENCR), ElementsAre(3, 11, 28));
  EXPECT_THAT(supported(TransformType::SN), ElementsAre(0, 1));
  EXPECT_THAT(supported(TransformType::KWA), IsEmpty());
  std::vector<std::uint16_t> methods = {0, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 25, 26, 27, 28, 29, 30, 31, 32};
  if (library.supports(key_exchange(KeyExchangeMethod::ML_KEM_768))) methods.insert(methods.end(), {35, 36, 37});
  EXPECT_EQ(supported(TransformType::KE), methods);
  EXPECT_EQ(supported(TransformType::ADDKE1), methods);
  EXPECT_EQ(supported(TransformType::ADDKE7), methods);
}

TEST(Library, A10_supports_a_cipher_only_with_a_key_length_that_it_has) {
  Library library;
  for (std::uint32_t id = 0; id < kAllIds; ++id) {
    for (const std::uint16_t bits : kKeyBits) {
      const auto encryption_id = static_cast<EncryptionId>(id);
      const bool expected = bits != 0 && cipher_algorithm(encryption_id, bits) != nullptr;
      ASSERT_EQ(library.supports(encryption(encryption_id, bits)), expected) << id << ' ' << bits;
    }
  }
  EXPECT_TRUE(library.supports(encryption(EncryptionId::ENCR_AES_GCM_16, 256)));
  EXPECT_FALSE(library.supports(encryption(EncryptionId::ENCR_AES_GCM_16)));
  EXPECT_FALSE(library.supports(encryption(EncryptionId::ENCR_CHACHA20_POLY1305, 256)));
  EXPECT_FALSE(library.supports({TransformType::PRF, static_cast<std::uint16_t>(PrfId::PRF_HMAC_SHA2_256), 256}));
}

TEST(Library, A11_whatever_is_supported_can_be_computed) {
  Library library;
  for (std::uint32_t id = 0; id < kAllIds; ++id) {
    const auto prf_id = static_cast<PrfId>(id);
    if (library.supports(keypact::prf(prf_id))) {
      EXPECT_EQ(prf(library, prf_id, as_octets("key"), {as_octets("x")}).size(), prf_octets(prf_id));
    } else {
      EXPECT_EQ(prf_octets(prf_id), 0u);
    }
  }
}

TEST(Library, CallsWeakWhatRfc8247AdvisesAgainst) {
  for (const auto method : {1, 2, 5, 22, 23, 24, 25, 26, 27})
    EXPECT_TRUE(is_weak(key_exchange(static_cast<KeyExchangeMethod>(method)))) << method;
  for (const auto method : {14, 15, 16, 17, 18, 19, 20, 21, 28, 29, 30, 31, 32, 35, 36, 37})
    EXPECT_FALSE(is_weak(key_exchange(static_cast<KeyExchangeMethod>(method)))) << method;
  EXPECT_TRUE(is_weak(encryption(EncryptionId::ENCR_3DES)));
  EXPECT_TRUE(is_weak(encryption(EncryptionId::ENCR_DES)));
  EXPECT_TRUE(is_weak(encryption(EncryptionId::ENCR_NULL)));
  EXPECT_TRUE(is_weak(integrity(IntegrityId::AUTH_HMAC_MD5_96)));
  EXPECT_TRUE(is_weak(keypact::prf(PrfId::PRF_HMAC_MD5)));
  EXPECT_FALSE(is_weak(keypact::prf(PrfId::PRF_HMAC_SHA1)));
  EXPECT_FALSE(is_weak(integrity(IntegrityId::AUTH_HMAC_SHA1_96)));
  EXPECT_FALSE(is_weak(encryption(EncryptionId::ENCR_AES_CCM_8, 128)));
}

}  // namespace
}  // namespace keypact::crypto
