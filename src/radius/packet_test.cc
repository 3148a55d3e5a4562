// The codec, and what packets are signed with. RFC 2865 §7, RFC 3579 §3.2.
#include "radius/packet.h"

#include <gmock/gmock.h>

#include "radius/authenticator.h"
#include "radius/test_answer.h"

namespace keypact::radius {
namespace {

// RFC 2865 §7.1.
const Octets kRequest = {0x01, 0x00, 0x00, 0x38, 0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57, 0xbd, 0x83,
                         0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a, 0x01, 0x06, 0x6e, 0x65, 0x6d, 0x6f, 0x02, 0x12,
                         0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce, 0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a,
                         0x0a, 0xee, 0x04, 0x06, 0xc0, 0xa8, 0x01, 0x10, 0x05, 0x06, 0x00, 0x00, 0x00, 0x03};
const Octets kAccept = {0x02, 0x00, 0x00, 0x26, 0x86, 0xfe, 0x22, 0x0e, 0x76, 0x24, 0xba, 0x2a, 0x10,
                        0x05, 0xf6, 0xbf, 0x9b, 0x55, 0xe0, 0xb2, 0x06, 0x06, 0x00, 0x00, 0x00, 0x01,
                        0x0f, 0x06, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x06, 0xc0, 0xa8, 0x01, 0x03};

Octets with_attributes(const Octets& attributes) {
  Octets packet{2, 7, 0, static_cast<std::uint8_t>(kHeaderOctets + attributes.size())};
  packet.resize(kHeaderOctets);
  append(packet, attributes);
  return packet;
}

Result<void, AnswerError> verified(const Octets& octets, const Authenticator& request) {
  return verify_answer(parse_packet(octets).value(), request, as_octets(kTestSecret));
}

TEST(RadiusPacket, ReadsAndWritesTheExamplesOfTheRfc) {
  const auto request = parse_packet(kRequest);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->code, Code::Access_Request);
  EXPECT_EQ(as_text(find(request->attributes, Type::User_Name)->value), "nemo");
  EXPECT_EQ(request->attributes.size(), 4U);
  EXPECT_EQ(encode(*request), kRequest);
  EXPECT_EQ(encode(parse_packet(kAccept).value()), kAccept);
}

/// The example is older than the Message-Authenticator: its Response Authenticator is right, and that is not enough (F11).
TEST(RadiusPacket, F11_AnAnswerWithAResponseAuthenticatorAloneIsRefused) {
  const auto request = parse_packet(kRequest).value().authenticator;
  EXPECT_EQ(verified(kAccept, request).error(), AnswerError::message_authenticator_missing);
  for (std::size_t at = 4; at < kAccept.size(); ++at) {
    auto changed = kAccept;
    changed[at] ^= 1;
    const auto packet = parse_packet(changed);
    if (!packet) continue;
    EXPECT_EQ(verify_answer(*packet, request, as_octets(kTestSecret)).error(),
              AnswerError::response_authenticator_wrong);
  }
}

TEST(RadiusPacket, F10_EachLengthOfAnAttributeIsReadOrRefused) {
  EXPECT_EQ(parse_packet(with_attributes({1})).error(), PacketError::attribute_too_short);
  EXPECT_EQ(parse_packet(with_attributes({1, 0})).error(), PacketError::attribute_too_short);
  EXPECT_EQ(parse_packet(with_attributes({1, 1})).error(), PacketError::attribute_too_short);
  EXPECT_EQ(parse_packet(with_attributes({1, 0, 65, 66})).error(), PacketError::attribute_too_short);
  EXPECT_TRUE(parse_packet(with_attributes({1, 2})));
  EXPECT_TRUE(parse_packet(with_attributes({1, 3, 65})));
  for (int length = 4; length < 256; ++length)
    EXPECT_EQ(parse_packet(with_attributes({1, static_cast<std::uint8_t>(length), 65})).error(),
              PacketError::attribute_cut_off)
        << length;
}

TEST(RadiusPacket, F10_EachLengthOfAPacketIsReadOrRefused) {
  for (std::size_t size = 0; size < kHeaderOctets; ++size)
    EXPECT_EQ(parse_packet(Octets(size)).error(), PacketError::shorter_than_header);
  auto octets = with_attributes({1, 3, 65});
  const auto with_length = [&](unsigned length) {
    octets[2] = static_cast<std::uint8_t>(length >> 8);
    octets[3] = static_cast<std::uint8_t>(length);
    return parse_packet(octets);
  };
  for (unsigned length = 0; length < kHeaderOctets; ++length)
    EXPECT_EQ(with_length(length).error(), PacketError::length_field_too_short);
  EXPECT_TRUE(with_length(20));  // the rest is padding
  EXPECT_TRUE(with_length(23));
  for (unsigned length = 24; length <= kPacketOctets; ++length)
    EXPECT_EQ(with_length(length).error(), PacketError::cut_off);
  EXPECT_EQ(with_length(4097).error(), PacketError::length_field_too_long);
  EXPECT_EQ(with_length(65535).error(), PacketError::length_field_too_long);
}

TEST(RadiusPacket, AMessageAuthenticatorGoesFirstInARequest) {
  Packet packet{Code::Access_Request, 9, {}, {{Type::User_Name, to_octets(as_octets("nemo"))}}};
  const auto signed_one = sign_access_request(packet, as_octets(kTestSecret));
  ASSERT_TRUE(signed_one);
  const auto read = parse_packet(*signed_one).value();
  EXPECT_EQ(read.attributes.front().type, Type::Message_Authenticator);
  EXPECT_EQ(read.attributes.front().value.size(), 16U);
  EXPECT_EQ(read.attributes.back(), packet.attributes.front());
}

/// Each is made with the secret; what is wrong in it is said.
TEST(RadiusPacket, F11_TheMessageAuthenticatorIsThereOnceAndRight) {
  const Authenticator request{1, 2, 3};
  const auto verdict = [&](std::vector<Attribute> attributes) {
    return verified(sign_answer({Code::Access_Accept, 0, {}, std::move(attributes)}, request), request);
  };
  const Attribute other{Type::Reply_Message, {65}};
  const auto right = empty_message_authenticator();
  EXPECT_TRUE(verdict({right, other}));
  EXPECT_TRUE(verdict({other, right}));  // not first: it covers the whole packet wherever it is
  EXPECT_EQ(verdict({other}).error(), AnswerError::message_authenticator_missing);
  EXPECT_EQ(verdict({right, right}).error(), AnswerError::message_authenticator_twice);
  for (std::size_t size = 0; size < 40; ++size) {
    if (size == 16) continue;
    EXPECT_EQ(verdict({{Type::Message_Authenticator, Octets(size)}}).error(),
              AnswerError::message_authenticator_malformed);
  }
  EXPECT_EQ(verified(sign_answer({Code::Access_Accept, 0, {}, {right}}, request, "another"), request).error(),
            AnswerError::response_authenticator_wrong);
  EXPECT_EQ(verified(sign_answer({Code::Access_Accept, 0, {}, {right}}, request), {9}).error(),
            AnswerError::response_authenticator_wrong);
}

TEST(RadiusPacket, WhatOneAttributeDoesNotHoldIsCutAndJoined) {
  for (const std::size_t size : {1U, 252U, 253U, 254U, 506U, 507U, 3000U}) {
    Octets octets(size);
    for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(i);
    std::vector<Attribute> attributes;
    add_in_parts(attributes, Type::EAP_Message, octets);
    EXPECT_EQ(attributes.size(), (size + 252) / 253);
    attributes.insert(attributes.begin() + 1, {Type::State, {1}});
    EXPECT_EQ(joined(attributes, Type::EAP_Message), octets);
  }
  EXPECT_FALSE(joined({}, Type::EAP_Message));
}

TEST(RadiusPacket, WhatIsTooLargeIsNotWritten) {
  Packet packet;
  add_in_parts(packet.attributes, Type::EAP_Message,
               Octets(4044));  // 15 attributes of 253, one of 249: 4076 with headers
  EXPECT_TRUE(encode(packet));
  packet.attributes.back().value.push_back(0);
  EXPECT_FALSE(encode(packet));
}

TEST(RadiusPacket, F10_HiddenKeysOfAnyLengthAreReadOrRefused) {
  for (std::size_t size = 0; size < 80; ++size) {
    Octets octets(size, std::uint8_t{0x80});
    const auto key = decipher_key(octets, {}, as_octets(kTestSecret));
    if (size < 18 || (size - 2) % 16 != 0) {
      EXPECT_FALSE(key) << size;
    }
    // The same inside of the attribute of the vendor, whose own length says more or less.
    for (int length = 0; length < 256; length += 5) {
      Octets value{0, 0, 1, 0x37, 17, static_cast<std::uint8_t>(length)};
      append(value, octets);
      EXPECT_FALSE(mppe_keys({{Type::Vendor_Specific, value}}, {}, as_octets(kTestSecret)));
    }
  }
}

}  // namespace
}  // namespace keypact::radius
