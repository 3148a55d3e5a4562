#include "ike/core/fragmentation.h"

#include <set>

#include <gtest/gtest.h>

#include "base/limits.h"

namespace keypact::ike {
namespace {

using config::Tristate;

class CountingRandom final : public RandomSource {
 public:
  void fill(MutableOctets out) override {
    for (auto& octet : out) octet = ++last_;
  }

 private:
  std::uint8_t last_ = 0;
};

PacketKeys keys_of(PacketAlgorithms algorithms) {
  const auto sizes = crypto::packet_sizes(algorithms);
  return {algorithms, Secret::copy_of(Octets(sizes.encryption_key, 7)),
          Secret::copy_of(Octets(sizes.integrity_key, 9))};
}

const PacketAlgorithms kAlgorithms[] = {
    {EncryptionId::ENCR_AES_GCM_16, 256, IntegrityId::NONE},
    {EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128},
    {EncryptionId::ENCR_3DES, 0, IntegrityId::AUTH_HMAC_SHA1_96},
};

wire::Header auth_header() {
  wire::Header header;
  header.initiator_spi = IkeSpi{1};
  header.responder_spi = IkeSpi{2};
  header.exchange = ExchangeType::IKE_AUTH;
  header.message_id = 1;
  header.initiator = true;
  return header;
}

TEST(Fragmentation, IsUsedWhenBothEndsSaySo) {
  const std::vector<wire::Payload> supported = {notify_payload(NotifyType::IKEV2_FRAGMENTATION_SUPPORTED)};
  const std::vector<wire::Payload> silent;
  for (const auto setting : {Tristate::yes, Tristate::accept, Tristate::force, Tristate::no}) {
    const auto use = fragmentation_use(setting, PayloadSet(supported));
    EXPECT_EQ(use.negotiated, setting != Tristate::no);
    EXPECT_EQ(use.send, setting == Tristate::yes || setting == Tristate::force);
    EXPECT_FALSE(fragmentation_use(setting, PayloadSet(silent)).negotiated);
    EXPECT_FALSE(fragmentation_use(setting, PayloadSet(silent)).send);
  }
}

TEST(Fragmentation, ProbesDownwardsInLargeSteps) {
  EXPECT_EQ(first_threshold(0, IpFamily::v4), 576u);
  EXPECT_EQ(first_threshold(0, IpFamily::v6), 1280u);
  EXPECT_EQ(first_threshold(1400, IpFamily::v6), 1400u);
  EXPECT_EQ(next_threshold(9000, IpFamily::v4), 1280u);
  EXPECT_EQ(next_threshold(1280, IpFamily::v4), 576u);
  EXPECT_EQ(next_threshold(576, IpFamily::v4), std::nullopt);
  EXPECT_EQ(next_threshold(400, IpFamily::v4), std::nullopt);
  EXPECT_EQ(next_threshold(1281, IpFamily::v6), 1280u);
  EXPECT_EQ(next_threshold(1280, IpFamily::v6), std::nullopt);
}

TEST(Fragmentation, FillsThePacketAsFarAsTheAlgorithmAllows) {
  crypto::Library library;
  CountingRandom random;
  const Octets text(5000, 0x5a);
  for (const auto& algorithms : kAlgorithms) {
    const auto keys = keys_of(algorithms);
    const auto sizes = crypto::packet_sizes(algorithms);
    for (const auto& envelope :
         {Envelope{IpFamily::v4, false}, Envelope{IpFamily::v4, true}, Envelope{IpFamily::v6, true}}) {
      for (const std::size_t threshold : {std::size_t{400}, std::size_t{576}, std::size_t{1280}, std::size_t{1501}}) {
        const auto parts = cut(PayloadType::IDi, text, fragment_capacity(sizes, envelope, threshold));
        ASSERT_GT(parts.size(), 3u);
        const auto full = seal_part(library, random, keys, 1, auth_header(), parts[1]).size() + envelope.octets();
        EXPECT_LE(full, threshold);
        EXPECT_GT(full + sizes.block, threshold);
        EXPECT_LE(seal_part(library, random, keys, 2, auth_header(), parts.back()).size() + envelope.octets(),
                  threshold);
      }
    }
  }
}

TEST(Fragmentation, KnowsTheSizeOfAWholeMessageBefore) {
  crypto::Library library;
  CountingRandom random;
  for (const auto& algorithms : kAlgorithms) {
    for (std::size_t octets = 0; octets < 70; ++octets) {
      const Octets text(octets);
      EXPECT_EQ(seal_part(library, random, keys_of(algorithms), 1, auth_header(), {PayloadType::IDi, text}).size(),
                sealed_octets(crypto::packet_sizes(algorithms), octets));
    }
  }
}

TEST(Fragmentation, CutsIntoSharesThatAreTheTextAgain) {
  Octets text(1234);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * 7);
  for (const std::size_t capacity : {std::size_t{100}, std::size_t{617}, std::size_t{1233}, std::size_t{5000}}) {
    const auto parts = cut(PayloadType::IDr, text, capacity);
    Octets together;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(parts[i].number, i + 1);
      EXPECT_EQ(parts[i].total, parts.size());
      // RFC 7383 §2.5: only the first fragment names the first payload.
      EXPECT_EQ(parts[i].first, i == 0 ? PayloadType::IDr : PayloadType::None);
      EXPECT_LE(parts[i].octets.size(), capacity);
      together.insert(together.end(), parts[i].octets.begin(), parts[i].octets.end());
    }
    EXPECT_EQ(together, text);
  }
  EXPECT_EQ(cut(PayloadType::None, {}, 100).size(), 1u);
}

TEST(Fragmentation, B10_NeverSendsMoreFragmentsThanAReceiverTakes) {
  const Octets text(60000);
  const auto parts = cut(PayloadType::IDi, text, 100);
  EXPECT_LE(parts.size(), limits::kFragments);
  std::size_t octets = 0;
  for (const auto& part : parts) octets += part.octets.size();
  EXPECT_EQ(octets, text.size());
}

TEST(Fragmentation, EveryFragmentHasAnIvOfItsOwnAndItsNumbersAreAuthenticated) {
  crypto::Library library;
  CountingRandom random;
  const Octets text(100, 1);
  for (const auto& algorithms : kAlgorithms) {
    const auto keys = keys_of(algorithms);
    std::set<std::string> ivs;
    std::uint64_t counter = 0;
    for (const auto& part : cut(PayloadType::IDi, text, 30)) {
      auto octets = seal_part(library, random, keys, counter++, auth_header(), part);
      const auto message = wire::parse_message(octets);
      ASSERT_TRUE(message.has_value());
      const auto iv = message->encrypted->body.first(crypto::packet_sizes(algorithms).iv);
      EXPECT_TRUE(ivs.insert(std::string(as_text(iv))).second);
      const auto opened = open_part(library, keys, octets, *message);
      ASSERT_TRUE(std::holds_alternative<Octets>(opened));
      EXPECT_TRUE(same_octets(std::get<Octets>(opened), part.octets));
      // RFC 7383 §2.5: Fragment Number and Total Fragments are associated data.
      for (const std::size_t field :
           {message->encrypted->associated_octets - 1, message->encrypted->associated_octets - 3}) {
        auto changed = octets;
        changed[field] ^= 0x40;
        const auto parsed = wire::parse_message(changed);
        if (!parsed) continue;
        EXPECT_TRUE(std::holds_alternative<NotAuthentic>(open_part(library, keys, changed, *parsed)));
      }
    }
  }
}

TEST(Fragmentation, B03_ABodyShorterThanIvAndIcvIsNotAuthentic) {
  crypto::Library library;
  for (const auto& algorithms : kAlgorithms) {
    const auto keys = keys_of(algorithms);
    const auto sizes = crypto::packet_sizes(algorithms);
    for (std::size_t octets = 0; octets <= sizes.iv + sizes.block + sizes.icv; ++octets) {
      auto datagram = wire::encode_fragment_prefix(auth_header(), PayloadType::IDi, 1, 2, octets);
      datagram.resize(datagram.size() + octets);
      const auto message = wire::parse_message(datagram);
      ASSERT_TRUE(message.has_value());
      EXPECT_TRUE(std::holds_alternative<NotAuthentic>(open_part(library, keys, datagram, *message)));
    }
  }
}

}  // namespace
}  // namespace keypact::ike
