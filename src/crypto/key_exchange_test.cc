#include "crypto/key_exchange.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/test_random.h"
#include "crypto/library_impl.h"
#include "crypto/test_vectors.h"

namespace keypact::crypto {
namespace {

class KeyExchange : public testing::TestWithParam<KeyExchangeMethod> {
 protected:
  void SetUp() override {
    if (!library_.supports(key_exchange(GetParam()))) GTEST_SKIP() << "not in this OpenSSL";
  }

  /// What both roles answer to a public value of the peer; the two must agree.
  std::optional<KeyExchangeError> verdict(OctetView peer_value) {
    const auto responded = respond_key_exchange(library_, GetParam(), peer_value, random_);
    auto begun = begin_key_exchange(library_, GetParam(), random_);
    const auto finished = finish_key_exchange(library_, std::move(begun->state), peer_value);
    if (info().kind != KeyExchangeKind::kem) {
      EXPECT_EQ(responded.has_value(), finished.has_value());
    }
    return finished ? std::nullopt : std::optional(finished.error());
  }

  const KeyExchangeInfo& info() { return *key_exchange_info(GetParam()); }

  Library library_;
  SeededRandom random_{1};
};

std::vector<KeyExchangeMethod> methods_of(std::initializer_list<KeyExchangeKind> kinds) {
  std::vector<KeyExchangeMethod> methods;
  for (const auto& info : key_exchange_infos())
    if (std::ranges::find(kinds, info.kind) != kinds.end()) methods.push_back(info.method);
  return methods;
}

std::string name_of(const testing::TestParamInfo<KeyExchangeMethod>& parameter) { return to_string(parameter.param); }

TEST_P(KeyExchange, GivesBothSidesTheSameSecret) {
  auto begun = begin_key_exchange(library_, GetParam(), random_);
  ASSERT_TRUE(begun.has_value());
  EXPECT_EQ(begun->public_value.size(), initiator_value_octets(GetParam()));
  const auto responded = respond_key_exchange(library_, GetParam(), begun->public_value, random_);
  ASSERT_TRUE(responded.has_value());
  EXPECT_EQ(responded->public_value.size(), responder_value_octets(GetParam()));
  const auto shared = finish_key_exchange(library_, std::move(begun->state), responded->public_value);
  ASSERT_TRUE(shared.has_value());
  EXPECT_TRUE(secret_equal(shared->reveal(), responded->shared_secret.reveal()));
}

TEST_P(KeyExchange, RepeatsWithTheSameRandomness) {
  Octets first[2];
  Octets second[2];
  for (int run = 0; run < 2; ++run) {
    SeededRandom random(7);
    auto begun = begin_key_exchange(library_, GetParam(), random);
    const auto responded = respond_key_exchange(library_, GetParam(), begun->public_value, random);
    first[run] = begun->public_value;
    second[run] = responded->public_value;
  }
  EXPECT_EQ(first[0], first[1]);
  EXPECT_EQ(second[0], second[1]);
  EXPECT_NE(first[0], second[0]);
  SeededRandom other(8);
  EXPECT_NE(begin_key_exchange(library_, GetParam(), other)->public_value, first[0]);
}

TEST_P(KeyExchange, TwoExchangesAtOnceDoNotDisturbEachOther) {
  auto a = begin_key_exchange(library_, GetParam(), random_);
  auto b = begin_key_exchange(library_, GetParam(), random_);
  ASSERT_NE(a->public_value, b->public_value);
  const auto to_a = respond_key_exchange(library_, GetParam(), a->public_value, random_);
  const auto to_b = respond_key_exchange(library_, GetParam(), b->public_value, random_);
  const auto shared_b = finish_key_exchange(library_, std::move(b->state), to_b->public_value);
  const auto shared_a = finish_key_exchange(library_, std::move(a->state), to_a->public_value);
  EXPECT_TRUE(secret_equal(shared_a->reveal(), to_a->shared_secret.reveal()));
  EXPECT_TRUE(secret_equal(shared_b->reveal(), to_b->shared_secret.reveal()));
  EXPECT_FALSE(secret_equal(shared_a->reveal(), shared_b->reveal()));
}

TEST_P(KeyExchange, A22_only_the_exact_length_reaches_the_computation) {
  for (const bool as_responder : {true, false}) {
    const std::size_t exact = as_responder ? info().initiator_value : info().responder_value;
    for (const std::size_t octets :
         {std::size_t{0}, std::size_t{1}, exact - 1, exact + 1, 2 * exact, std::size_t{65531}}) {
      const Octets value(octets, 0x42);
      if (as_responder) {
        const auto responded = respond_key_exchange(library_, GetParam(), value, random_);
        ASSERT_FALSE(responded.has_value()) << octets;
        EXPECT_EQ(responded.error(), KeyExchangeError::public_value_length) << octets;
      } else {
        auto begun = begin_key_exchange(library_, GetParam(), random_);
        const auto shared = finish_key_exchange(library_, std::move(begun->state), value);
        ASSERT_FALSE(shared.has_value()) << octets;
        EXPECT_EQ(shared.error(), KeyExchangeError::public_value_length) << octets;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, KeyExchange,
                         testing::ValuesIn(methods_of({KeyExchangeKind::modp, KeyExchangeKind::ec,
                                                       KeyExchangeKind::montgomery, KeyExchangeKind::kem})),
                         name_of);

using ModpKeyExchange = KeyExchange;

TEST_P(ModpKeyExchange, D01_values_outside_of_2_to_p_minus_2_are_refused) {
  const std::size_t octets = info().initiator_value;
  const auto value_of = [&](const BIGNUM* number) {
    Octets value(octets);
    EXPECT_EQ(BN_bn2binpad(number, value.data(), static_cast<int>(octets)), static_cast<int>(octets));
    return value;
  };
  const Handle<bignum_st> prime(octets == 128   ? BN_get_rfc2409_prime_1024(nullptr)
                                : octets == 192 ? BN_get_rfc3526_prime_1536(nullptr)
                                : octets == 256 ? BN_get_rfc3526_prime_2048(nullptr)
                                : octets == 384 ? BN_get_rfc3526_prime_3072(nullptr)
                                : octets == 512 ? BN_get_rfc3526_prime_4096(nullptr)
                                : octets == 768 ? BN_get_rfc3526_prime_6144(nullptr)
                                                : BN_get_rfc3526_prime_8192(nullptr));
  const auto invalid = std::optional(KeyExchangeError::public_value_invalid);
  Octets small(octets, 0);
  EXPECT_EQ(verdict(small), invalid);
  small.back() = 1;
  EXPECT_EQ(verdict(small), invalid);
  small.back() = 2;
  EXPECT_EQ(verdict(small), std::nullopt);
  EXPECT_EQ(verdict(Octets(octets, 0xff)), invalid);
  EXPECT_EQ(verdict(value_of(prime.get())), invalid);
  BN_add_word(prime.get(), 1);
  EXPECT_EQ(verdict(value_of(prime.get())), invalid);
  BN_sub_word(prime.get(), 2);
  EXPECT_EQ(verdict(value_of(prime.get())), invalid);
  BN_sub_word(prime.get(), 1);
  EXPECT_EQ(verdict(value_of(prime.get())), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Each, ModpKeyExchange, testing::ValuesIn(methods_of({KeyExchangeKind::modp})), name_of);

using EcKeyExchange = KeyExchange;

TEST_P(EcKeyExchange, D03_what_is_no_point_of_the_curve_is_refused) {
  const auto invalid = std::optional(KeyExchangeError::public_value_invalid);
  const auto good = begin_key_exchange(library_, GetParam(), random_)->public_value;
  const auto half = static_cast<std::ptrdiff_t>(good.size() / 2);
  EXPECT_EQ(verdict(good), std::nullopt);
  EXPECT_EQ(verdict(Octets(good.size(), 0)), invalid);
  EXPECT_EQ(verdict(Octets(good.size(), 0xff)), invalid);
  for (const std::size_t at : {std::size_t{1}, good.size() / 2 - 1, good.size() / 2 + 1, good.size() - 1}) {
    Octets flipped = good;
    flipped[at] ^= 1;
    EXPECT_EQ(verdict(flipped), invalid) << at;
  }
  Octets swapped(good.begin() + half, good.end());
  swapped.insert(swapped.end(), good.begin(), good.begin() + half);
  EXPECT_EQ(verdict(swapped), invalid);
}

TEST_P(EcKeyExchange, D03_a_coordinate_that_is_not_reduced_is_refused) {
  const auto good = begin_key_exchange(library_, GetParam(), random_)->public_value;
  const std::size_t half = good.size() / 2;
  Octets too_large = good;
  std::fill_n(too_large.begin(), half, std::uint8_t{0xff});
  EXPECT_EQ(verdict(too_large), std::optional(KeyExchangeError::public_value_invalid));
  too_large = good;
  std::fill_n(too_large.rbegin(), half, std::uint8_t{0xff});
  EXPECT_EQ(verdict(too_large), std::optional(KeyExchangeError::public_value_invalid));
}

INSTANTIATE_TEST_SUITE_P(Each, EcKeyExchange, testing::ValuesIn(methods_of({KeyExchangeKind::ec})), name_of);

TEST(KeyExchangeChecks, D02_groups_with_small_subgroups_and_group_1_are_refused) {
  Library library;
  SeededRandom random(1);
  for (const auto method : {KeyExchangeMethod::MODP_768, KeyExchangeMethod::MODP_1024_S160,
                            KeyExchangeMethod::MODP_2048_S224, KeyExchangeMethod::MODP_2048_S256}) {
    EXPECT_FALSE(library.supports(key_exchange(method)));
    EXPECT_EQ(begin_key_exchange(library, method, random).error(), KeyExchangeError::method_not_supported);
    EXPECT_EQ(respond_key_exchange(library, method, Octets(256, 2), random).error(),
              KeyExchangeError::method_not_supported);
  }
}

TEST(KeyExchangeChecks, A10_every_other_number_is_refused) {
  Library library;
  SeededRandom random(1);
  for (std::uint32_t id = 0; id < 65536; ++id) {
    const auto method = static_cast<KeyExchangeMethod>(id);
    if (key_exchange_info(method) != nullptr) continue;
    ASSERT_EQ(begin_key_exchange(library, method, random).error(), KeyExchangeError::method_not_supported) << id;
    ASSERT_EQ(respond_key_exchange(library, method, Octets(32, 9), random).error(),
              KeyExchangeError::method_not_supported)
        << id;
    ASSERT_EQ(initiator_value_octets(method), 0u);
    ASSERT_EQ(responder_value_octets(method), 0u);
  }
}

TEST(KeyExchangeChecks, D04_the_all_zero_value_gives_no_secret) {
  Library library;
  SeededRandom random(1);
  for (const auto method : {KeyExchangeMethod::CURVE25519, KeyExchangeMethod::CURVE448}) {
    const Octets zero(initiator_value_octets(method), 0);
    EXPECT_EQ(respond_key_exchange(library, method, zero, random).error(), KeyExchangeError::shared_secret_zero);
    auto begun = begin_key_exchange(library, method, random);
    EXPECT_EQ(finish_key_exchange(library, std::move(begun->state), zero).error(),
              KeyExchangeError::shared_secret_zero);
  }
}

// FIPS 203 §7.2: each coefficient of an encapsulation key is below q; here the first has the largest 12-bit value.
TEST(KeyExchangeChecks, D07_an_encapsulation_key_that_is_not_reduced_is_refused) {
  Library library;
  SeededRandom random(1);
  for (const auto method :
       {KeyExchangeMethod::ML_KEM_512, KeyExchangeMethod::ML_KEM_768, KeyExchangeMethod::ML_KEM_1024}) {
    if (!library.supports(key_exchange(method))) GTEST_SKIP() << "this OpenSSL has no ML-KEM";
    auto begun = begin_key_exchange(library, method, random);
    begun->public_value[0] = 0xff;
    begun->public_value[1] |= 0x0f;
    EXPECT_EQ(respond_key_exchange(library, method, begun->public_value, random).error(),
              KeyExchangeError::public_value_invalid);
  }
}

TEST(KeyExchangeChecks, D07_a_wrong_ciphertext_gives_another_secret_and_no_error) {
  Library library;
  SeededRandom random(1);
  const auto method = KeyExchangeMethod::ML_KEM_768;
  if (!library.supports(key_exchange(method))) GTEST_SKIP() << "this OpenSSL has no ML-KEM";
  auto begun = begin_key_exchange(library, method, random);
  auto responded = respond_key_exchange(library, method, begun->public_value, random);
  responded->public_value[100] ^= 1;
  const auto shared = finish_key_exchange(library, std::move(begun->state), responded->public_value);
  ASSERT_TRUE(shared.has_value());
  EXPECT_FALSE(secret_equal(shared->reveal(), responded->shared_secret.reveal()));
}

}  // namespace
}  // namespace keypact::crypto
