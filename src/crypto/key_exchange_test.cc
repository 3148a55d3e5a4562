#include "crypto/key_exchange.h"

#include <gtest/gtest.h>

#include "crypto/key_exchange_algorithm.h"
#include "crypto/system_random.h"

namespace keypact::crypto {
namespace {

TEST(KeyExchange, BothSidesOfEveryMethodAgree) {
  Library library;
  const auto random = SystemRandom::open();
  ASSERT_TRUE(random.has_value());
  for (const auto& info : key_exchange_infos()) {
    if (!library.supports(key_exchange(info.method))) continue;
    SCOPED_TRACE(to_string(info.method));
    auto begun = begin_key_exchange(library, info.method, **random);
    ASSERT_TRUE(begun.has_value());
    EXPECT_EQ(begun->public_value.size(), info.initiator_value);
    const auto responded = respond_key_exchange(library, info.method, begun->public_value, **random);
    ASSERT_TRUE(responded.has_value());
    EXPECT_EQ(responded->public_value.size(), info.responder_value);
    const auto shared = finish_key_exchange(library, std::move(begun->state), responded->public_value);
    ASSERT_TRUE(shared.has_value());
    EXPECT_TRUE(secret_equal(shared->reveal(), responded->shared_secret.reveal()));
  }
}

}  // namespace
}  // namespace keypact::crypto
