#include "esp/esp_packet.h"

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::all_algorithms;
using testing::kCbc;
using testing::keys_for;
using testing::kGcm;
using testing::make_packet;
using testing::name_of;
using testing::SeededRandom;

PacketKeys keys_of(const PacketAlgorithms& algorithms, std::string_view encryption, std::string_view integrity = "") {
  return {algorithms, Secret::copy_of(from_hex(encryption).value()), Secret::copy_of(from_hex(integrity).value())};
}

struct Example {
  const char* name;
  std::string_view key;
  std::uint32_t spi;
  std::uint64_t sequence;
  std::uint8_t next_header;
  std::string_view iv;
  std::string_view payload;
  std::string_view ciphertext;
};

// RFC 3602 §4, cases 5 to 8: the examples have no ICV; ours follows the ciphertext and does not change it.
constexpr std::string_view kPattern =
    "08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627 28292a2b 2c2d2e2f 30313233 34353637";
const std::string kPayload5 = "08000ebd a70a0000 8e9c083d b95b0700" + std::string(kPattern);
const std::string kPayload7 =
    "45000054 09040000 4001f988 c0a87b03 c0a87bc8 08009f76 a90a0100 b49c083d 02a20400" + std::string(kPattern);
const Example kRfc3602[] = {
    {"case 5", "90d382b4 10eeba7a d938c46c ec1a82bf", 0x4321, 1, 1, "e96e8c08 ab465763 fd098d45 dd3ff893", kPayload5,
     "f663c25d 325c18c6 a9453e19 4e120849 a4870b66 cc6b9965 330013b4 898dc856"
     "a4699e52 3a55db08 0b59ec3a 8e4b7e52 775b07d1 db34ed9c 538ab50c 551b874a"
     "a269add0 47ad2d59 13ac19b7 cfbad4a6"},
    {"case 6", "90d382b4 10eeba7a d938c46c ec1a82bf", 0x4321, 8, 1, "69d08df7 d203329d b093fc49 24e5bd80",
     "0800b5e8 a80a0500 a69c083d 0b660e00 77777777 77777777 77777777",
     "f5199588 1ec4e0c4 488987ce 742e8109 689bb379 d2d750c0 d915dca3 46a89f75"},
    {"case 7", "01234567 89abcdef 01234567 89abcdef", 0x8765, 2, 4, "f4e76524 4f6407ad f13dc138 0f673f37", kPayload7,
     "773b5241 a4c44922 5e4f3ce5 ed611b0c 237ca96c f74a9301 3c1b0ea1 a0cf70f8"
     "e4ecaec7 8ac53aad 7a0f022b 859243c6 47752e94 a859352b 8a4d4d2d ecd136e5"
     "c177f132 ad3fbfb2 201ac990 4c74ee0a 109e0ca1 e4dfe9d5 a100b842 f1c22f0d"},
    {"case 8", "01234567 89abcdef 01234567 89abcdef", 0x8765, 5, 4, "85d47224 b5f3dd5d 2101d4ea 8dffab22",
     "45000044 090c0000 4001f990 c0a87b03 c0a87bc8 0800d63c aa0a0200 c69c083d"
     "a3de0300 ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff",
     "15b92683 819596a8 047232cc 00f7048f e45318e1 1f8a0f62 ede3c3fc 61203bb5"
     "0f980a08 c9843fd3 a1b06d5c 07ff9639 b7eb7dfb 3512e5de 435e7207 ed971ef3"
     "d2726d9b 5ef6affc 6d17a0de cbb13892"},
};

TEST(EspPacket, SealsAndOpensTheExamplesOfRfc3602) {
  crypto::Library library;
  for (const auto& example : kRfc3602) {
    SCOPED_TRACE(example.name);
    const auto keys = keys_of(kCbc, example.key, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const auto format = EspFormat::of(kCbc, false).value();
    EspSealer sealer(library, nullptr, keys, format, {example.spi});
    const Octets payload = from_hex(example.payload).value();
    Octets packet(format.sealed_octets(payload.size()));
    sealer.seal_with_iv(example.sequence, example.next_header, payload, from_hex(example.iv).value(), packet);
    Octets expected{0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(example.sequence)};
    expected[2] = static_cast<std::uint8_t>(example.spi >> 8);
    expected[3] = static_cast<std::uint8_t>(example.spi);
    append(expected, from_hex(example.iv).value());
    append(expected, from_hex(example.ciphertext).value());
    EXPECT_EQ(to_hex(OctetView(packet).first(packet.size() - 16)), to_hex(expected));

    EspOpener opener(library, nullptr, keys, format, {example.spi});
    ASSERT_TRUE(opener.accepts_size(packet.size()));
    ASSERT_TRUE(opener.open(example.sequence, packet));
    const auto opened = opener.take_off_trailer(packet);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->next_header, example.next_header);
    EXPECT_EQ(to_octets(opened->payload), payload);
  }
}

TEST(EspPacket, SealsAndOpensTheExampleOfRfc7634) {
  crypto::Library library;
  constexpr PacketAlgorithms kChaCha{EncryptionId::ENCR_CHACHA20_POLY1305, 0, IntegrityId::NONE};
  // RFC 7634 §A
  const auto keys = keys_of(kChaCha,
                            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                            "a0a1a2a3");
  const Octets payload = from_hex(
                             "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
                             "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
                             "2425262728292a2b2c2d2e2f3031323334353637")
                             .value();
  const auto format = EspFormat::of(kChaCha, false).value();
  EspSealer sealer(library, nullptr, keys, format, {0x01020304});
  Octets packet(format.sealed_octets(payload.size()));
  sealer.seal_with_iv(5, kNextHeaderIpv4, payload, from_hex("1011121314151617").value(), packet);
  EXPECT_EQ(to_hex(packet),
            "0102030400000005101112131415161724039428b97f417e3c13753a4f05087b"
            "67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f7"
            "2aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da"
            "9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43");
  EspOpener opener(library, nullptr, keys, format, {0x01020304});
  ASSERT_TRUE(opener.open(5, packet));
  EXPECT_EQ(to_octets(opener.take_off_trailer(packet)->payload), payload);
}

TEST(EspPacket, EveryAlgorithmOpensWhatItSealedWithAndWithoutEsn) {
  crypto::Library library;
  SeededRandom random;
  for (const auto& algorithms : all_algorithms()) {
    for (const bool esn : {false, true}) {
      SCOPED_TRACE(name_of(algorithms) + (esn ? " ESN" : ""));
      const auto format = EspFormat::of(algorithms, esn);
      ASSERT_TRUE(format);
      const auto keys = keys_for(algorithms, 3);
      EspSealer sealer(library, nullptr, keys, *format, {0x1000});
      EspOpener opener(library, nullptr, keys, *format, {0x1000});
      for (std::size_t size = 0; size < 70; ++size) {
        const Octets payload = random.octets(size);
        const std::uint64_t sequence = 0x3'0000'0001U + size;
        Octets packet(format->sealed_octets(size));
        sealer.seal(sequence, kNextHeaderIpv6, payload, random, packet);
        EXPECT_EQ((packet.size() - format->icv()) % 4, 0U);  // RFC 4303 §2.4
        EXPECT_EQ(format->text_octets(size) % format->block(), 0U);
        ASSERT_TRUE(opener.accepts_size(packet.size()));
        Octets other_half = packet;
        EXPECT_EQ(opener.open(sequence + (std::uint64_t{1} << 32), other_half),
                  !esn);  // J03: the upper half is covered
        ASSERT_TRUE(opener.open(sequence, packet));
        const auto opened = opener.take_off_trailer(packet);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->next_header, kNextHeaderIpv6);
        EXPECT_EQ(to_octets(opened->payload), payload);
      }
    }
  }
}

TEST(EspPacket, J06_no_octet_of_a_packet_can_be_changed) {
  crypto::Library library;
  SeededRandom random;
  for (const auto& algorithms : {kGcm, kCbc}) {
    const auto format = EspFormat::of(algorithms, true).value();
    const auto keys = keys_for(algorithms, 3);
    EspSealer sealer(library, nullptr, keys, format, {0x1000});
    EspOpener opener(library, nullptr, keys, format, {0x1000});
    Octets packet(format.sealed_octets(20));
    sealer.seal(9, kNextHeaderIpv4, random.octets(20), random, packet);
    for (std::size_t i = kEspHeaderOctets; i < packet.size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        Octets changed = packet;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1U << bit);
        EXPECT_FALSE(opener.open(9, changed)) << i;
      }
    }
    Octets copy = packet;
    EXPECT_FALSE(EspOpener(library, nullptr, keys, format, {0x1001}).open(9, copy));  // another SPI
    copy = packet;
    EXPECT_FALSE(opener.open(8, copy));  // another number
    copy = packet;
    EXPECT_TRUE(opener.open(9, copy));
  }
}

TEST(EspPacket, J11_encryption_without_integrity_is_no_format) {
  for (const auto id :
       {EncryptionId::ENCR_AES_CBC, EncryptionId::ENCR_AES_CTR, EncryptionId::ENCR_3DES, EncryptionId::ENCR_NULL}) {
    EXPECT_FALSE(EspFormat::of({id, 128, IntegrityId::NONE}, false));
  }
  EXPECT_FALSE(EspFormat::of({EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::AUTH_HMAC_SHA2_256_128}, false));
  EXPECT_FALSE(EspFormat::of({EncryptionId::ENCR_DES, 0, IntegrityId::AUTH_HMAC_SHA2_256_128}, false));
}

TEST(EspPacket, J07_sizes_that_no_packet_of_the_sa_has_are_refused) {
  crypto::Library library;
  const auto gcm = EspFormat::of(kGcm, false).value();
  const EspOpener aead(library, nullptr, keys_for(kGcm, 1), gcm, {0x1000});
  for (std::size_t size = 0; size < 8 + 8 + 2 + 16; ++size) EXPECT_FALSE(aead.accepts_size(size)) << size;
  EXPECT_TRUE(aead.accepts_size(8 + 8 + 2 + 16));
  const auto cbc = EspFormat::of(kCbc, false).value();
  const EspOpener blocks(library, nullptr, keys_for(kCbc, 1), cbc, {0x1000});
  for (std::size_t size = 0; size < 200; ++size) {
    EXPECT_EQ(blocks.accepts_size(size), size >= 56 && (size - 56) % 16 == 0) << size;
  }
  EXPECT_FALSE(EspHeader::of(Octets(7)));
}

/// A packet whose plaintext, trailer included, is exactly `text`.
std::expected<OpenedEsp, DropReason> open_text(const Octets& text) {
  static crypto::Library library;
  const auto keys = keys_for(kGcm, 5);
  const auto format = EspFormat::of(kGcm, false).value();
  static Octets packet;
  packet.assign(8 + 8 + text.size() + 16, 0);
  const MutableOctets all(packet);
  std::ranges::copy(text, all.subspan(16).begin());
  packet[2] = 0x10;
  packet[7] = 1;
  crypto::PacketSealer sealer(library, keys);
  sealer.seal({all.first(8), all.subspan(8, 8), all.subspan(16, text.size()), {}}, all.last(16));
  EspOpener opener(library, nullptr, keys, format, {0x1000});
  EXPECT_TRUE(opener.accepts_size(packet.size()));
  EXPECT_TRUE(opener.open(1, packet));
  return opener.take_off_trailer(packet);
}

TEST(EspPacket, J07_padding_is_checked) {
  const auto text_of = [](std::string_view hex) { return open_text(from_hex(hex).value()); };
  EXPECT_EQ(text_of("abcd 0102 02 04")->payload.size(), 2U);
  EXPECT_EQ(text_of("0102 02 04")->payload.size(), 0U);
  EXPECT_EQ(text_of("00 04")->payload.size(), 0U);
  EXPECT_EQ(text_of("abcd 00 3b")->next_header, kNextHeaderNone);
  EXPECT_EQ(text_of("0102 03 04").error(), DropReason::padding);  // longer than the packet
  EXPECT_EQ(text_of("0102 ff 04").error(), DropReason::padding);
  EXPECT_EQ(text_of("01 04").error(), DropReason::padding);
  EXPECT_EQ(text_of("ab 0101 02 04").error(), DropReason::padding);  // not 1, 2
  EXPECT_EQ(text_of("ab 0000 02 04").error(), DropReason::padding);
  Octets longest(300);
  for (std::size_t i = 0; i < 255; ++i) longest[43 + i] = static_cast<std::uint8_t>(i + 1);
  longest[298] = 255;
  EXPECT_EQ(open_text(longest)->payload.size(), 43U);
}

TEST(EspFormat, TheLargestPayloadFitsTheRoomAndOneMoreDoesNot) {
  for (const auto& algorithms : all_algorithms()) {
    const auto format = EspFormat::of(algorithms, false).value();
    for (std::size_t room = 0; room < 1600; ++room) {
      const std::size_t payload = format.largest_payload(room);
      if (payload > 0) {
        EXPECT_LE(format.sealed_octets(payload), room) << name_of(algorithms);
      }
      EXPECT_GT(format.sealed_octets(payload + 1), room) << name_of(algorithms) << room;
    }
  }
}

}  // namespace
}  // namespace keypact::esp
