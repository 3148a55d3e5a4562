#include "crypto/packet_cipher.h"

#include <gtest/gtest.h>

#include "crypto/algorithms.h"
#include "crypto/system_random.h"

namespace keypact::crypto {
namespace {

PacketKeys keys_for(const PacketAlgorithms& algorithms, RandomSource& random) {
  const auto sizes = packet_sizes(algorithms);
  PacketKeys keys{algorithms, Secret(sizes.encryption_key), Secret(sizes.integrity_key)};
  random.fill(keys.encryption.reveal_mutable());
  random.fill(keys.integrity.reveal_mutable());
  return keys;
}

std::vector<PacketAlgorithms> all_pairs() {
  std::vector<PacketAlgorithms> pairs;
  for (const auto& cipher : cipher_algorithms()) {
    if (cipher.is_aead()) pairs.push_back({cipher.id, cipher.key_bits, IntegrityId::NONE});
    else
      for (const auto& mac : integrity_algorithms()) pairs.push_back({cipher.id, cipher.key_bits, mac.id});
  }
  return pairs;
}

TEST(PacketCipher, OpensWhatItSealedAndRefusesEveryFlippedPart) {
  Library library;
  const auto source = SystemRandom::open();
  ASSERT_TRUE(source.has_value());
  auto& random = **source;
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(to_string(algorithms.encryption) + ' ' + to_string(algorithms.integrity));
    const auto sizes = packet_sizes(algorithms);
    const auto keys = keys_for(algorithms, random);
    Octets header = random.octets(12);
    Octets iv(sizes.iv);
    make_iv(algorithms, 7, random, iv);
    const Octets plain = random.octets(96);
    Octets text = plain;
    Octets icv(sizes.icv);
    seal(library, keys, {header, iv, text, {}}, icv);
    const Octets sealed = text;
    EXPECT_TRUE(open(library, keys, {header, iv, text, {}}, icv));
    EXPECT_EQ(text, plain);
    for (Octets* part : {&header, &iv, &text, &icv}) {
      if (part->empty()) continue;
      text = sealed;
      part->back() ^= 1;
      EXPECT_FALSE(open(library, keys, {header, iv, text, {}}, icv));
      if (part != &text) part->back() ^= 1;
    }
  }
}

}  // namespace
}  // namespace keypact::crypto
