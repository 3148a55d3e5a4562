#include "crypto/prf.h"

#include <gtest/gtest.h>

namespace keypact::crypto {
namespace {

std::string hex_of(const Secret& secret) { return to_hex(secret.reveal()); }

TEST(Prf, HmacSha256OfRfc4868) {
  Library library;
  const Octets key(32, 0x0b);
  EXPECT_EQ(hex_of(prf(library, PrfId::PRF_HMAC_SHA2_256, key, {as_octets("Hi T"), {}, as_octets("here")})),
            "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
}

}  // namespace
}  // namespace keypact::crypto
