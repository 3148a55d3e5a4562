#include "vici/packet.h"

#include <gtest/gtest.h>

namespace keypact::vici {
namespace {

Octets octets_of(std::string_view hex) { return from_hex(hex).value(); }

std::optional<PacketError> error_of(std::string_view hex) {
  const auto decoded = decode_packet(octets_of(hex));
  return decoded ? std::nullopt : std::optional(decoded.error().error);
}

Packet initiate() {
  Packet packet{PacketType::CMD_REQUEST, "initiate", {}};
  packet.message.key("child", "net").key("timeout", "0");
  return packet;
}

TEST(Packet, AllEightTypesSurviveEncodingAndDecoding) {
  for (std::uint8_t type = 0; type < 8; ++type) {
    Packet packet{static_cast<PacketType>(type), {}, {}};
    if (has_name(packet.type)) packet.name = "list-sa";
    if (has_message(packet.type)) packet.message.key("a", "b");
    const auto frame = encode_frame(packet);
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(decode_packet(OctetView(*frame).subspan(4)), packet) << int{type};
  }
}

TEST(Packet, ARegistrationHasTheLayoutOfTheProtocolDescription) {
  const auto frame = encode_frame(Packet{PacketType::EVENT_REGISTER, "log", {}});
  EXPECT_EQ(to_hex(*frame),
            "00000005"
            "03"
            "03"
            "6c6f67");
}

TEST(Packet, K06_types_that_do_not_exist_and_empty_frames) {
  EXPECT_EQ(error_of(""), PacketError::empty);
  EXPECT_EQ(error_of("08"), PacketError::type_unknown);
  EXPECT_EQ(error_of("ff"), PacketError::type_unknown);
}

TEST(Packet, K06_names_cut_short_empty_or_unprintable) {
  EXPECT_EQ(error_of("00"), PacketError::name_malformed);
  EXPECT_EQ(error_of("00 05 61"), PacketError::name_malformed);
  EXPECT_EQ(error_of("00 ff 76657273696f6e"), PacketError::name_malformed);
  EXPECT_EQ(error_of("03 00"), PacketError::name_malformed);
  EXPECT_EQ(error_of("03 02 6c00"), PacketError::name_malformed);
}

TEST(Packet, K06_octets_after_a_packet_without_message) {
  EXPECT_EQ(error_of("05 00"), PacketError::trailing_octets);
  EXPECT_EQ(error_of("03 03 6c6f67 00"), PacketError::trailing_octets);
}

TEST(Packet, AMalformedMessageSaysWhatIsWrongWithIt) {
  const auto decoded = decode_packet(octets_of("01 02"));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().to_string(), "a message is malformed: a section ends that was not begun");
}

TEST(Packet, APacketOf512KiBIsSentAndOneOctetMoreIsNot) {
  Packet packet{PacketType::CMD_RESPONSE, {}, {}};
  for (int i = 0; i < 7; ++i) packet.message.key(std::to_string(i), std::string(kValueOctets, 'x'));
  const auto seven = encode_frame(packet)->size() - 4;
  const auto rest = kPacketOctets - seven - 5;  // the eighth: type, name length, "7", value length
  packet.message.key("7", std::string(rest, 'x'));
  ASSERT_TRUE(encode_frame(packet).has_value());
  EXPECT_EQ(encode_frame(packet)->size(), kPacketOctets + 4);
  packet.message.key("7", std::string(rest + 1, 'x'));
  EXPECT_FALSE(encode_frame(packet).has_value());
}

TEST(FrameDecoder, FindsTheSamePacketsAtEverySplit) {
  Octets stream;
  append(stream, *encode_frame(initiate()));
  append(stream, *encode_frame(Packet{PacketType::EVENT_CONFIRM, {}, {}}));
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    FrameDecoder decoder;
    std::vector<Packet> packets;
    for (const auto part : {OctetView(stream).first(split), OctetView(stream).subspan(split)}) {
      decoder.feed(part);
      for (;;) {
        const auto frame = decoder.next();
        ASSERT_TRUE(frame.has_value());
        if (!*frame) break;
        packets.push_back(decode_packet(**frame).value());
      }
    }
    ASSERT_EQ(packets.size(), 2u) << split;
    EXPECT_EQ(packets[0], initiate());
    EXPECT_EQ(packets[1].type, PacketType::EVENT_CONFIRM);
    EXPECT_EQ(decoder.buffered(), 0u);
  }
}

TEST(FrameDecoder, TakesAPacketThatArrivesOctetByOctet) {
  FrameDecoder decoder;
  const auto stream = *encode_frame(initiate());
  for (std::size_t i = 0; i < stream.size(); ++i) {
    ASSERT_EQ(decoder.next().value(), std::nullopt) << i;
    decoder.feed(OctetView(stream).subspan(i, 1));
  }
  EXPECT_EQ(decode_packet(*decoder.next().value()), initiate());
}

TEST(FrameDecoder, K06_lengths_of_512_KiB_and_more) {
  FrameDecoder at_the_limit;
  at_the_limit.feed(octets_of("00080000"));
  EXPECT_TRUE(at_the_limit.next().has_value());
  for (const auto* length : {"00080001", "7fffffff", "80000000", "ffffffff"}) {
    FrameDecoder decoder;
    decoder.feed(octets_of(length));
    const auto frame = decoder.next();
    ASSERT_FALSE(frame.has_value()) << length;
    EXPECT_EQ(frame.error().error, PacketError::frame_too_long);
    decoder.feed(octets_of("0000000105"));
    EXPECT_FALSE(decoder.next().has_value());
  }
}

TEST(FrameDecoder, K06_an_empty_frame) {
  FrameDecoder decoder;
  decoder.feed(octets_of("00000000"));
  EXPECT_EQ(decoder.next().error().error, PacketError::empty);
}

}  // namespace
}  // namespace keypact::vici
