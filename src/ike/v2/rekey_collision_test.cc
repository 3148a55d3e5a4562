#include "ike/v2/rekey_collision.h"

#include <gtest/gtest.h>

namespace keypact::ike::v2 {
namespace {

TEST(RekeyCollision, ComparesNoncesOctetByOctet) {
  const Octets low = {0x01, 0xff, 0xff};
  const Octets high = {0x02};
  EXPECT_TRUE(same_octets(lower_nonce(low, high), low));
  EXPECT_TRUE(same_octets(lower_nonce(high, low), low));
  EXPECT_TRUE(gives_way(low, high));
  EXPECT_FALSE(gives_way(high, low));
}

TEST(RekeyCollision, TakesTheShorterOfTwoThatBeginAlikeForTheLower) {
  const Octets shorter = {0x01, 0x02};
  const Octets longer = {0x01, 0x02, 0x00};
  EXPECT_TRUE(gives_way(shorter, longer));
  EXPECT_FALSE(gives_way(longer, shorter));
}

TEST(RekeyCollision, TakesOctetsForUnsignedNumbers) {
  const Octets small = {0x7f};
  const Octets big = {0x80};
  EXPECT_TRUE(gives_way(small, big));
}

}  // namespace
}  // namespace keypact::ike::v2
