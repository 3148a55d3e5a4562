#include "crypto/system_random.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace keypact::crypto {
namespace {

TEST(SystemRandom, GivesOctetsThatDoNotRepeat) {
  const auto random = SystemRandom::open();
  ASSERT_TRUE(random.has_value());
  const Octets long_one = (*random)->octets(5000);
  EXPECT_NE(to_octets(std::span(long_one).first(512)), to_octets(std::span(long_one).subspan(512, 512)));
  EXPECT_NE((*random)->octets(16), (*random)->octets(16));
  EXPECT_NE((*SystemRandom::open())->octets(16), (*SystemRandom::open())->octets(16));
}

// In a process of its own, which starts with an OpenSSL that cannot find its generator.
TEST(SystemRandom, K09_without_a_generator_there_is_an_error_and_no_fallback) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string configuration = testing::TempDir() + "keypact_no_generator.cnf";
  std::ofstream(configuration)
      << "openssl_conf = start\n[start]\nrandom = generator\n[generator]\nrandom = NONE-SUCH\n";
  EXPECT_EXIT(
      {
        ::setenv("OPENSSL_CONF", configuration.c_str(), 1);
        const auto random = SystemRandom::open();
        std::exit(random.has_value() ? 1 : random.error().what == "no randomness" ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace keypact::crypto
