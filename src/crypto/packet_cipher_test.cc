#include "crypto/packet_cipher.h"

#include <gtest/gtest.h>

#include "crypto/algorithms.h"
#include "crypto/system_random.h"

namespace keypact::crypto {
namespace {

std::vector<PacketAlgorithms> all_pairs() {
  std::vector<PacketAlgorithms> pairs;
  for (const auto& cipher : cipher_algorithms()) {
    if (cipher.is_aead()) pairs.push_back({cipher.id, cipher.key_bits, IntegrityId::NONE});
    else
      for (const auto& mac : integrity_algorithms()) pairs.push_back({cipher.id, cipher.key_bits, mac.id});
  }
  return pairs;
}

std::string name_of(const PacketAlgorithms& algorithms) {
  return to_string(algorithms.encryption) + '-' + std::to_string(algorithms.key_bits) + ' ' +
         to_string(algorithms.integrity);
}

/// One sealed packet with everything that belongs to it.
struct Sealed {
  PacketKeys keys;
  Octets header;
  Octets iv;
  Octets plain;
  Octets text;
  Octets icv;
  Octets suffix;

  [[nodiscard]] bool opens(Library& library) {
    Octets copy = text;
    const bool opened = open(library, keys, {header, iv, copy, suffix}, icv);
    if (opened) {
      EXPECT_EQ(copy, plain);
    }
    return opened;
  }
};

class PacketCipher : public testing::Test {
 protected:
  PacketKeys keys_for(const PacketAlgorithms& algorithms) {
    const auto sizes = packet_sizes(algorithms);
    return {algorithms, Secret::copy_of(random_->octets(sizes.encryption_key)),
            Secret::copy_of(random_->octets(sizes.integrity_key))};
  }

  Sealed sealed(const PacketAlgorithms& algorithms, std::size_t octets = 96, const Octets& suffix = {}) {
    const auto sizes = packet_sizes(algorithms);
    Sealed packet{keys_for(algorithms),
                  random_->octets(8),
                  Octets(sizes.iv),
                  random_->octets(octets),
                  {},
                  Octets(sizes.icv),
                  suffix};
    make_iv(algorithms, 7, *random_, packet.iv);
    packet.text = packet.plain;
    seal(library_, packet.keys, {packet.header, packet.iv, packet.text, packet.suffix}, packet.icv);
    return packet;
  }

  Library library_;
  std::unique_ptr<SystemRandom> random_ = std::move(*SystemRandom::open());
};

TEST_F(PacketCipher, OpensWhatItSealedAndRefusesEveryFlippedPart) {
  int tried = 0;
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    auto packet = sealed(algorithms);
    EXPECT_TRUE(packet.opens(library_));
    for (Octets* part : {&packet.header, &packet.iv, &packet.text, &packet.icv}) {
      for (auto& octet : *part) {
        octet ^= 0x10;
        ASSERT_FALSE(packet.opens(library_));
        octet ^= 0x10;
        ++tried;
      }
    }
    EXPECT_TRUE(packet.opens(library_));
  }
  EXPECT_GT(tried, 8000);
}

TEST_F(PacketCipher, TakesEveryLengthOfAPacket) {
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    const std::size_t block = packet_sizes(algorithms).block;
    for (const std::size_t octets :
         {std::size_t{0}, block, 3 * block, std::size_t{1424} / block * block, std::size_t{65535} / block * block})
      ASSERT_TRUE(sealed(algorithms, octets).opens(library_)) << octets;
  }
}

// Row J06: a tag that is cut is not a tag, whatever it was cut to; nor one with more after it.
TEST_F(PacketCipher, J06_refuses_an_icv_of_another_length) {
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    auto packet = sealed(algorithms);
    const Octets icv = packet.icv;
    for (const std::size_t octets : {0, 4, 8, 12, 16, 24, 32, 64}) {
      if (octets == icv.size()) continue;
      packet.icv = icv;
      packet.icv.resize(octets);
      EXPECT_FALSE(packet.opens(library_)) << octets;
    }
  }
}

// Row J06: the peer chooses the lengths, so none of them may reach a check for programmer errors.
TEST_F(PacketCipher, J06_refuses_text_and_iv_of_other_lengths) {
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    auto packet = sealed(algorithms);
    packet.text.pop_back();
    EXPECT_FALSE(packet.opens(library_));
    packet.text.clear();
    EXPECT_FALSE(packet.opens(library_));
    packet = sealed(algorithms);
    packet.iv.push_back(0);
    EXPECT_FALSE(packet.opens(library_));
  }
}

TEST_F(PacketCipher, J06_gives_no_plaintext_of_a_packet_that_is_not_authentic) {
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    if (algorithms.encryption == EncryptionId::ENCR_NULL ||
        algorithms.encryption == EncryptionId::ENCR_NULL_AUTH_AES_GMAC)
      continue;  // there was never anything secret in it
    auto packet = sealed(algorithms);
    packet.icv.back() ^= 1;
    Octets text = packet.text;
    EXPECT_FALSE(open(library_, packet.keys, {packet.header, packet.iv, text, {}}, packet.icv));
    EXPECT_NE(text, packet.plain);
    EXPECT_TRUE(text == packet.text || text == Octets(text.size(), 0));
  }
}

// RFC 4303 §2.2.1: the high octets of the ESN are authenticated and not sent.
TEST_F(PacketCipher, TheSuffixIsAuthenticated) {
  for (const auto& mac : integrity_algorithms()) {
    SCOPED_TRACE(to_string(mac.id));
    auto packet = sealed({EncryptionId::ENCR_AES_CBC, 128, mac.id}, 64, {0, 0, 0, 1});
    EXPECT_TRUE(packet.opens(library_));
    packet.suffix.back() = 2;
    EXPECT_FALSE(packet.opens(library_));
    packet.suffix.clear();
    EXPECT_FALSE(packet.opens(library_));
  }
}

TEST_F(PacketCipher, PreparedKeysDoTheSameAsTheFunctions) {
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    const auto keys = keys_for(algorithms);
    PacketSealer made(library_, keys);
    PacketSealer sealer = std::move(made);
    PacketOpener opener(library_, keys);
    const auto sizes = packet_sizes(algorithms);
    for (std::uint64_t counter = 1; counter < 5; ++counter) {
      Octets iv(sizes.iv);
      make_iv(algorithms, counter, *random_, iv);
      const Octets header = random_->octets(8);
      const Octets plain = random_->octets(48 * counter);
      Octets text = plain;
      Octets icv(sizes.icv);
      sealer.seal({header, iv, text, {}}, icv);
      Octets expected = plain;
      Octets expected_icv(sizes.icv);
      seal(library_, keys, {header, iv, expected, {}}, expected_icv);
      EXPECT_EQ(text, expected);
      EXPECT_EQ(icv, expected_icv);
      Octets broken = icv;
      broken[0] ^= 1;
      EXPECT_FALSE(opener.open({header, iv, expected, {}}, broken));
      EXPECT_TRUE(opener.open({header, iv, text, {}}, icv));
      EXPECT_EQ(text, plain);
    }
  }
}

TEST_F(PacketCipher, KeysOfOnePacketAreForgottenByTheNext) {
  for (const auto& algorithms : all_pairs()) {
    SCOPED_TRACE(name_of(algorithms));
    auto a = sealed(algorithms);
    auto b = sealed(algorithms);
    EXPECT_TRUE(a.opens(library_));
    EXPECT_TRUE(b.opens(library_));
    std::swap(a.keys, b.keys);
    EXPECT_FALSE(a.opens(library_));
    EXPECT_FALSE(b.opens(library_));
  }
}

TEST(PacketSizes, AreThoseOfTheRfcs) {
  const auto sizes = packet_sizes({EncryptionId::ENCR_AES_GCM_12, 256, IntegrityId::NONE});  // RFC 4106 §8.1
  EXPECT_EQ(sizes.encryption_key, 36u);
  EXPECT_EQ(sizes.integrity_key, 0u);
  EXPECT_EQ(sizes.iv, 8u);
  EXPECT_EQ(sizes.icv, 12u);
  EXPECT_EQ(packet_sizes({EncryptionId::ENCR_AES_CCM_8, 128, IntegrityId::NONE}).encryption_key, 19u);  // RFC 4309 §7.1
  EXPECT_EQ(packet_sizes({EncryptionId::ENCR_AES_CTR, 192, IntegrityId::AUTH_AES_XCBC_96}).encryption_key, 28u);
  const auto cbc = packet_sizes({EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_512_256});
  EXPECT_EQ(cbc.integrity_key, 64u);
  EXPECT_EQ(cbc.iv, 16u);
  EXPECT_EQ(cbc.block, 16u);
  EXPECT_EQ(cbc.icv, 32u);
}

TEST(PacketSizes, AreZeroForWhatIsNotAllowed) {
  const PacketAlgorithms refused[] = {
      {EncryptionId::ENCR_AES_GCM_16, 256, IntegrityId::AUTH_HMAC_SHA2_256_128},  // RFC 7296 §3.3: an AEAD stands alone
      {EncryptionId::ENCR_AES_CBC, 256, IntegrityId::NONE},
      {EncryptionId::ENCR_NULL, 0, IntegrityId::NONE},
      {EncryptionId::ENCR_AES_CBC, 0, IntegrityId::AUTH_HMAC_SHA2_256_128},
      {EncryptionId::ENCR_AES_CBC, 64, IntegrityId::AUTH_HMAC_SHA2_256_128},
      {EncryptionId::ENCR_CHACHA20_POLY1305, 256, IntegrityId::NONE},
      {EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_KPDK_MD5},
      {static_cast<EncryptionId>(1025), 128, IntegrityId::NONE},
  };
  for (const auto& algorithms : refused) {
    const auto sizes = packet_sizes(algorithms);
    EXPECT_EQ(sizes.encryption_key + sizes.integrity_key + sizes.iv + sizes.block + sizes.icv, 0u)
        << name_of(algorithms);
  }
}

TEST(MakeIv, IsTheCounterExceptForCbc) {
  const auto random = SystemRandom::open();
  Octets iv(8);
  make_iv({EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE}, 0x0102030405060708, **random, iv);
  EXPECT_EQ(to_hex(iv), "0102030405060708");
  Octets first(16);
  Octets second(16);
  const PacketAlgorithms cbc{EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128};
  make_iv(cbc, 1, **random, first);
  make_iv(cbc, 1, **random, second);
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace keypact::crypto
