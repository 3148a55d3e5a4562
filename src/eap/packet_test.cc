#include "eap/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "eap/refusal.h"

namespace keypact::eap {
namespace {

Octets hex(std::string_view text) { return *from_hex(text); }

TEST(EapPacket, IsParsedAsRfc3748Section4DrawsIt) {
  EXPECT_EQ(parse_packet(hex("01 2a 0005 01")).value(), (Packet{Code::Request, 42, Method::Identity, {}}));
  EXPECT_EQ(parse_packet(hex("02 2a 000a 01 6361726f6c")).value(),
            (Packet{Code::Response, 42, Method::Identity, to_octets("carol")}));
  EXPECT_EQ(parse_packet(hex("03 07 0004")).value(), (Packet{Code::Success, 7, {}, {}}));
  EXPECT_EQ(parse_packet(hex("04 07 0004")).value(), (Packet{Code::Failure, 7, {}, {}}));
}

TEST(EapPacket, RefusesWhatItsLengthFieldDoesNotDescribe) {
  EXPECT_EQ(parse_packet(hex("01 2a 00")).error(), PacketError::shorter_than_header);
  EXPECT_EQ(parse_packet(hex("01 2a 0006 01")).error(), PacketError::length_mismatch);
  EXPECT_EQ(parse_packet(hex("01 2a 0004 01")).error(), PacketError::length_mismatch);
  EXPECT_EQ(parse_packet(hex("01 2a 0000 01")).error(), PacketError::length_mismatch);
  EXPECT_EQ(parse_packet(hex("01 2a 0004")).error(), PacketError::type_missing);
  EXPECT_EQ(parse_packet(hex("03 2a 0005 00")).error(), PacketError::success_with_data);
  EXPECT_EQ(parse_packet(hex("05 2a 0005 01")).error(), PacketError::code_unknown);
  EXPECT_EQ(parse_packet(hex("00 2a 0005 01")).error(), PacketError::code_unknown);
}

TEST(EapPacket, IsTheSameAfterParsingAndEncoding) {
  rc::check([](std::uint8_t identifier, std::uint8_t type, const Octets& data) {
    for (const auto code : {Code::Request, Code::Response}) {
      const auto octets = encode(Packet{code, identifier, static_cast<Method>(type), data});
      const auto parsed = parse_packet(octets);
      RC_ASSERT(parsed.has_value());
      RC_ASSERT(encode(*parsed) == octets);
    }
  });
}

TEST(EapPacket, AnyOctetsAreParsedOrRefusedWithASentence) {
  rc::check([](const Octets& octets) {
    const auto parsed = parse_packet(octets);
    RC_ASSERT((parsed ? encode(*parsed) == octets : !sentence(parsed.error()).empty()));
  });
}

TEST(EapPacket, NakNamesOnlyTypesThatAuthenticate) {
  EXPECT_THAT(parse_nak(hex("00 01 02 03 0d fe 1a")), testing::ElementsAre(Method::TLS, Method::MSCHAPV2));
  EXPECT_EQ(encode_nak({}), hex("00"));
  EXPECT_EQ(encode_nak({Method::TTLS, Method::GTC}), hex("15 06"));
}

TEST(EapPacket, ExpandedTypeHasItsVendor) {
  // The Expanded Nak of RFC 3748 §5.3.2 that asks for OTP.
  const auto expanded = parse_expanded(hex("000000 00000003 fe 000000 00000005"));
  ASSERT_TRUE(expanded);
  EXPECT_EQ(expanded->type, (ExpandedType{0, 3}));
  EXPECT_EQ(expanded->data, hex("fe 000000 00000005"));
  EXPECT_EQ(encode(*expanded), hex("000000 00000003 fe 000000 00000005"));
  EXPECT_EQ(parse_expanded(hex("000014 00000006"))->type, (ExpandedType{20, 6}));
  for (std::size_t octets = 0; octets < 7; ++octets) EXPECT_FALSE(parse_expanded(Octets(octets)));
}

TEST(EapNames, A18_A20_A28_AreShownWithoutWhatATerminalOrAShellWouldObey) {
  EXPECT_EQ(shown("carol@strongswan.org"), "carol@strongswan.org");
  EXPECT_EQ(shown("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(shown("DOMAIN\\carol"), "DOMAIN\\\\carol");
  EXPECT_EQ(shown(std::string("\x30\x84\xff\0", 4)), "0\\x84\\xff\\x00");
  EXPECT_EQ(shown(std::string(1000, 'a')), std::string(64, 'a') + "...");
}

TEST(EapMethods, AreKnownByWhatTheyAreWorth) {
  EXPECT_EQ(method_name(Method::AKA_PRIME), "EAP-AKA'");
  EXPECT_EQ(method_name(Method{99}), "the EAP type 99");
  EXPECT_TRUE(makes_key(Method::MSCHAPV2));
  EXPECT_FALSE(makes_key(Method::GTC));
  // Row F02: who answers these without having proven itself by a certificate could have their password guessed.
  for (const auto method : {Method::MD5, Method::GTC, Method::MSCHAPV2}) EXPECT_FALSE(fit_for_eap_only(method));
  EXPECT_TRUE(fit_for_eap_only(Method::TLS));
}

}  // namespace
}  // namespace keypact::eap
