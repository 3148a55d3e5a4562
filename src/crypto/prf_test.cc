#include "crypto/prf.h"

#include <gtest/gtest.h>

#include "crypto/algorithms.h"

namespace keypact::crypto {
namespace {

constexpr PrfId kPrfs[] = {PrfId::PRF_HMAC_MD5,      PrfId::PRF_HMAC_SHA1,     PrfId::PRF_HMAC_SHA2_256,
                           PrfId::PRF_HMAC_SHA2_384, PrfId::PRF_HMAC_SHA2_512, PrfId::PRF_AES128_XCBC,
                           PrfId::PRF_AES128_CMAC};

std::string hex_of(const Secret& secret) { return to_hex(secret.reveal()); }

TEST(Prf, OutputAndKeyHaveTheLengthsOfTheRfcs) {
  const std::size_t expected[] = {16, 20, 32, 48, 64, 16, 16};
  for (std::size_t i = 0; i < std::size(kPrfs); ++i) EXPECT_EQ(prf_octets(kPrfs[i]), expected[i]);
  EXPECT_EQ(prf_octets(PrfId::PRF_HMAC_TIGER), 0u);
}

TEST(Prf, PartsAreOneMessage) {
  Library library;
  for (const auto id : kPrfs)
    EXPECT_EQ(hex_of(prf(library, id, as_octets("key"), {as_octets("Hi T"), {}, as_octets("here")})),
              hex_of(prf(library, id, as_octets("key"), {as_octets("Hi There")})));
}

TEST(Prf, TakesAnEmptyKeyAndAnEmptyMessage) {
  Library library;
  EXPECT_EQ(hex_of(prf(library, PrfId::PRF_HMAC_SHA2_256, {}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");  // Python's hmac
  for (const auto id : kPrfs) {
    (void)prf(library, id, as_octets("another"), {as_octets("before")});
    EXPECT_EQ(prf(library, id, {}, {}).size(), prf_octets(id));
  }
}

// RFC 7296 §2.13, written out: T1 = prf(K, S | 0x01), T2 = prf(K, T1 | S | 0x02) ...
TEST(PrfPlus, IsTheChainOfTheRfc) {
  Library library;
  const Octets seed = to_octets("seed");
  for (const auto id : kPrfs) {
    Octets expected;
    Octets previous;
    for (std::uint8_t counter = 1; counter <= 4; ++counter) {
      const Octets number = {counter};
      previous = to_octets(prf(library, id, as_octets("key"), {previous, seed, number}).reveal());
      append(expected, previous);
    }
    for (std::size_t octets = 0; octets <= expected.size(); ++octets)
      ASSERT_EQ(hex_of(prf_plus(library, id, as_octets("key"), {as_octets("se"), as_octets("ed")}, octets)),
                to_hex(std::span(expected).first(octets)));
  }
}

TEST(PrfPlus, GivesAllOf255Blocks) {
  Library library;
  for (const auto id : kPrfs) {
    const auto all = prf_plus(library, id, as_octets("key"), {as_octets("seed")}, 255 * prf_octets(id));
    const Octets last = {255};
    const auto before = all.reveal().subspan(253 * prf_octets(id), prf_octets(id));
    EXPECT_EQ(hex_of(prf(library, id, as_octets("key"), {before, as_octets("seed"), last})),
              to_hex(all.reveal().last(prf_octets(id))));
  }
}

TEST(Hashes, Sha1AndKeyedHash) {
  Library library;
  EXPECT_EQ(to_hex(sha1(library, {as_octets("a"), {}, as_octets("bc")})),
            "a9993e364706816aba3e25717850c26c9cd0d89d");  // FIPS 180
  EXPECT_EQ(to_hex(keyed_hash(library, as_octets("Jefe"), {as_octets("what do ya want "), as_octets("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4868 §2.7.1
}

}  // namespace
}  // namespace keypact::crypto
