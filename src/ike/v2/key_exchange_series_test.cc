#include "ike/v2/key_exchange_series.h"

#include <gtest/gtest.h>

namespace keypact::ike::v2 {
namespace {

using enum KeyExchangeMethod;

Transform of(TransformType type, KeyExchangeMethod method) {
  return {type, static_cast<std::uint16_t>(method), std::nullopt};
}

Octets revealed(OctetView secret) { return to_octets(secret); }

TEST(KeyExchangeSeries, RunsInTheOrderOfTheTransformTypes) {
  KeyExchangeSeries series({ProtocolId::ESP,
                            {of(TransformType::KE, CURVE25519), of(TransformType::ADDKE4, ECP_384),
                             of(TransformType::ADDKE2, CURVE448), of(TransformType::ADDKE3, NONE)}});
  EXPECT_EQ(series.follow_ups(), 2u);
  const Octets secrets[] = {{1, 1}, {2, 2, 2}, {3}};
  const KeyExchangeMethod methods[] = {CURVE25519, CURVE448, ECP_384};
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(series.is_complete());
    EXPECT_EQ(series.current(), methods[i]);
    EXPECT_EQ(series.is_last(), i == 2);
    series.add(secrets[i]);
  }
  EXPECT_TRUE(series.is_complete());
  EXPECT_TRUE(series.has_follow_ups()) << "although they are done";
  EXPECT_EQ(revealed(series.secrets().first), secrets[0]);
  EXPECT_EQ(revealed(series.secrets().additional), (Octets{2, 2, 2, 3}));
}

TEST(KeyExchangeSeries, IsCompleteWithoutKeyExchange) {
  const KeyExchangeSeries none({ProtocolId::ESP, {of(TransformType::KE, NONE)}});
  EXPECT_TRUE(none.is_complete());
  EXPECT_FALSE(none.has_follow_ups());
  EXPECT_TRUE(none.secrets().first.empty());
}

}  // namespace
}  // namespace keypact::ike::v2
