#include "esp/multi_buffer.h"

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::all_algorithms;
using testing::keys_for;
using testing::name_of;
using testing::SeededRandom;

class MultiBufferTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!multi_buffer_) GTEST_SKIP() << "this machine has no libipsec-mb";
  }
  crypto::Library library_;
  std::unique_ptr<MultiBuffer> multi_buffer_ = MultiBuffer::probe(library_);
  SeededRandom random_;
};

TEST_F(MultiBufferTest, OffersTheCombinedCiphersAndNothingElse) {
  for (const auto& algorithms : all_algorithms()) {
    const bool offered = multi_buffer_->key(keys_for(algorithms, 1)).has_value();
    const bool is_gcm = to_string(algorithms.encryption).starts_with("ENCR_AES_GCM");
    EXPECT_EQ(offered, is_gcm || algorithms.encryption == EncryptionId::ENCR_CHACHA20_POLY1305) << name_of(algorithms);
  }
}

TEST_F(MultiBufferTest, MakesTheOctetsThatOpenSslMakes) {
  for (const auto& algorithms : all_algorithms()) {
    const auto keys = keys_for(algorithms, 7);
    auto key = multi_buffer_->key(keys);
    if (!key) continue;
    SCOPED_TRACE(name_of(algorithms));
    const auto sizes = crypto::packet_sizes(algorithms);
    for (std::size_t size = 2; size < 1500; size += size < 300 ? 1 : 37) {
      const Octets associated = random_.octets(size % 2 == 0 ? 8 : 12), iv = random_.octets(8),
                   plain = random_.octets(size);
      Octets ours = plain, theirs = plain, our_icv(sizes.icv), their_icv(sizes.icv);
      key->seal({associated, iv, ours, {}}, our_icv);
      crypto::seal(library_, keys, {associated, iv, theirs, {}}, their_icv);
      ASSERT_EQ(ours, theirs) << size;
      ASSERT_EQ(our_icv, their_icv) << size;
      ASSERT_TRUE(key->open({associated, iv, ours, {}}, our_icv));
      ASSERT_EQ(ours, plain);
    }
  }
}

TEST_F(MultiBufferTest, J06_releases_no_plaintext_of_a_packet_that_fails) {
  for (const auto& algorithms : all_algorithms()) {
    auto key = multi_buffer_->key(keys_for(algorithms, 7));
    if (!key) continue;
    const auto sizes = crypto::packet_sizes(algorithms);
    const Octets associated = random_.octets(8), iv = random_.octets(8);
    Octets text(100, 0xaa), icv(sizes.icv);
    key->seal({associated, iv, text, {}}, icv);
    for (std::size_t i = 0; i < icv.size(); ++i) {
      Octets received = text, wrong = icv;
      wrong[i] ^= 0x80;
      EXPECT_FALSE(key->open({associated, iv, received, {}}, wrong));
      EXPECT_EQ(received, Octets(100));
    }
  }
}

TEST_F(MultiBufferTest, RefusesKeysOfAnotherSize) {
  PacketKeys keys = keys_for(testing::kGcm, 1);
  keys.encryption = Secret(16);
  EXPECT_FALSE(multi_buffer_->key(keys));
}

}  // namespace
}  // namespace keypact::esp
