#include "wire/message.h"

#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

// RFC 7634 §B: an INFORMATIONAL request with one SK payload.
constexpr std::string_view kRfc7634 =
    "c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202500 00000009 00000045 29000029 1011121314151617 6103947"
    "01f8d017f7c12924889 6b71bfe25236efd7cdc67066906315b2";

Header header_of(ExchangeType exchange) {
  Header header;
  header.initiator_spi = IkeSpi{0x1111111111111111};
  header.exchange = exchange;
  header.initiator = true;
  return header;
}

Payload unknown(unsigned type, bool critical = false) {
  Payload payload(UnknownPayload{static_cast<PayloadType>(type), {1, 2, 3}});
  payload.critical = critical;
  return payload;
}

/// A message with these octets after the header, whose first payload has this type.
Octets message_with(PayloadType first, OctetView octets) {
  Header header = header_of(ExchangeType::INFORMATIONAL);
  header.next_payload = first;
  header.length = static_cast<std::uint32_t>(kHeaderOctets + octets.size());
  Writer out;
  encode_header(out, header);
  out.octets(octets);
  return std::move(out).take();
}

ParseError error_of(PayloadType first, std::string_view octets) {
  const auto parsed = parse_message(message_with(first, hex(octets)));
  EXPECT_FALSE(parsed.has_value()) << octets;
  return parsed ? ParseError{} : parsed.error();
}

TEST(Message, ReadsThePublishedExample) {
  const auto datagram = hex(kRfc7634);
  const auto message = parse_message(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->clear.payloads.empty());
  ASSERT_TRUE(message->encrypted.has_value());
  EXPECT_EQ(message->encrypted->first_inner, PayloadType::N);
  EXPECT_EQ(message->encrypted->associated_octets, 32u);
  EXPECT_EQ(message->encrypted->body.size(), 8u + 13 + 16);
  EXPECT_EQ(message->encrypted->body.data(), datagram.data() + 32);
  EXPECT_EQ(to_hex(encode_message(*message)), to_hex(datagram));
  EXPECT_EQ(to_hex(encode_encrypted_prefix(message->header, PayloadType::N, message->encrypted->body.size())),
            to_hex(OctetView(datagram).first(32)));
  // The plaintext of the example, without padding.
  const auto inner = parse_payload_chain(PayloadType::N, hex("0000000c 00004001 0000000a"));
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(to_hex(encode_payload_chain(inner->payloads)), "0000000c000040010000000a");
}

TEST(Message, KeepsTheOrderOfPayloads) {
  const std::vector<Payload> payloads{NoncePayload{Octets(32, 1)},
                                      NotifyPayload{ProtocolId::none, {}, NotifyType::COOKIE, {1}},
                                      KePayload{KeyExchangeMethod::CURVE25519, Octets(32, 2)}};
  const auto octets = encode_message(header_of(ExchangeType::IKE_SA_INIT), payloads);
  const auto message = parse_message(octets);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->header.next_payload, PayloadType::Nonce);
  EXPECT_EQ(message->header.length, octets.size());
  EXPECT_EQ(message->clear.payloads, payloads);
  EXPECT_FALSE(message->encrypted.has_value());
}

TEST(Message, MayBeEmpty) {
  const auto octets = encode_message(header_of(ExchangeType::INFORMATIONAL), {});
  EXPECT_EQ(octets.size(), kHeaderOctets);
  ASSERT_TRUE(parse_message(octets).has_value());
  EXPECT_TRUE(parse_payload_chain(PayloadType::None, {}).has_value());
}

TEST(Message, RefusesOtherMajorVersions) {
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0x00, 0x10, 0x11, 0x30, 0xf0}) {
    auto octets = hex(kRfc7634);
    octets[17] = version;
    const auto error = parse_message(octets).error();
    EXPECT_EQ(error.code, unsupported_major_version);
    EXPECT_EQ(error.notify(), NotifyType::INVALID_MAJOR_VERSION);
  }
  auto minor = hex(kRfc7634);
  minor[17] = 0x2f;  // RFC 7296 §2.5: a minor version is ignored
  EXPECT_TRUE(parse_message(minor).has_value());
}

TEST(Message, RefusesMoreThanADatagramCarries) {
  EXPECT_EQ(parse_message(Octets(65536)).error().code, message_too_long);
}

TEST(Message, A01_payload_lengths_0_to_3_in_every_position) {
  const std::vector<Payload> payloads{unknown(200), unknown(201), unknown(202)};
  const auto whole = encode_payload_chain(payloads);
  for (std::size_t position = 0; position < payloads.size(); ++position) {
    for (std::uint8_t length = 0; length < 4; ++length) {
      auto chain = whole;
      const std::size_t start = position * 7;
      chain[start + 3] = length;
      const auto error = parse_payload_chain(PayloadType{200}, chain).error();
      EXPECT_EQ(error, (ParseError{payload_length_below_header, static_cast<PayloadType>(200 + position), start}));
      EXPECT_EQ(parse_message(message_with(PayloadType{200}, chain)).error().offset, kHeaderOctets + start);
    }
  }
}

TEST(Message, A02_payloads_beyond_the_message) {
  EXPECT_EQ(error_of(PayloadType::V, "00000005"), (ParseError{payload_beyond_message, PayloadType::V, 28}));
  EXPECT_EQ(error_of(PayloadType::V, "0000ffff").code, payload_beyond_message);
  EXPECT_EQ(error_of(PayloadType::V, "000000").code, payload_beyond_message);
  EXPECT_EQ(error_of(PayloadType::V, "").code, payload_beyond_message);
  EXPECT_EQ(error_of(PayloadType::V, "2b000004").code, payload_beyond_message);
}

TEST(Message, RefusesTrailingOctets) {
  EXPECT_EQ(error_of(PayloadType::V, "00000004 00"), (ParseError{trailing_octets, PayloadType::None, 32}));
  EXPECT_EQ(error_of(PayloadType::None, "00"), (ParseError{trailing_octets, PayloadType::None, 28}));
  EXPECT_EQ(parse_payload_chain(PayloadType::None, hex("00")).error().code, trailing_octets);
}

TEST(Message, IgnoresReservedBitsOfTheGenericHeaderAndKeepsTheCriticalBit) {
  const auto parsed = parse_payload_chain(PayloadType::V, hex("00ff0005 aa"));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->reserved_bits_set);
  EXPECT_EQ(to_hex(encode_payload_chain(parsed->payloads)), "00800005aa");
}

TEST(Message, A05_every_subset_and_order_of_payloads_has_the_syntax_of_a_message) {
  // Which payloads a message needs is the contract's business; nothing here depends on a payload that is not there.
  const std::vector<Payload> all{NoncePayload{Octets(16, 1)}, KePayload{KeyExchangeMethod::ECP_256, Octets(64, 4)},
                                 unknown(200), DeletePayload{ProtocolId::IKE, {}}};
  for (unsigned subset = 0; subset < 16; ++subset) {
    std::vector<Payload> payloads;
    for (unsigned i = 0; i < 4; ++i) {
      if ((subset & (1u << i)) != 0) payloads.insert(payloads.begin(), 2, all[i]);
    }
    const auto message = parse_message(encode_message(header_of(ExchangeType::IKE_AUTH), payloads));
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->clear.payloads, payloads);
  }
}

TEST(Message, A09_payload_types_of_ikev1_are_unknown) {
  for (unsigned type = 1; type <= 32; ++type) {
    for (const auto& payloads :
         {std::vector{unknown(type)}, std::vector{Payload(NoncePayload{Octets(16)}), unknown(type)}}) {
      const auto chain = encode_payload_chain(payloads);
      const auto parsed = parse_payload_chain(type_of(payloads.front()), chain);
      ASSERT_TRUE(parsed.has_value());
      EXPECT_TRUE(std::holds_alternative<UnknownPayload>(parsed->payloads.back().body));
      EXPECT_EQ(encode_payload_chain(parsed->payloads), chain);
    }
  }
}

TEST(Message, A07_every_next_payload_value) {
  for (unsigned type = 0; type < 256; ++type) {
    for (const auto* body : {"", "00", "01000000", "0102030405060708090a0b0c0d0e0f10"}) {
      const auto octets = message_with(static_cast<PayloadType>(type), in_chain(hex(body)));
      const auto message = parse_message(octets);
      if (message) EXPECT_EQ(encode_message(*message).size(), octets.size());
      else EXPECT_FALSE(message.error().to_string().empty());
    }
  }
}

TEST(Message, A30_as_many_unknown_payloads_as_the_limit) {
  for (const std::size_t count : {limits::kPayloads - 1, limits::kPayloads, limits::kPayloads + 1}) {
    const std::vector<Payload> payloads(count, unknown(200));
    const auto inner = parse_payload_chain(PayloadType{200}, encode_payload_chain(payloads));
    const auto outer = parse_message(encode_message(header_of(ExchangeType::IKE_AUTH), payloads));
    // Before an Encrypted Fragment payload, too.
    Message fragment;
    fragment.header = header_of(ExchangeType::IKE_AUTH);
    fragment.clear.payloads = payloads;
    fragment.encrypted = EncryptedPart{PayloadType::IDi, false, true, 1, 2, 0, {}};
    const auto before = parse_message(encode_message(fragment));
    const bool fits = count <= limits::kPayloads;
    EXPECT_EQ(inner.has_value(), fits);
    EXPECT_EQ(outer.has_value(), fits);
    EXPECT_EQ(before.has_value(), fits);
    if (fits) continue;
    EXPECT_EQ(inner.error().code, too_many_payloads);
    EXPECT_EQ(outer.error().notify(), NotifyType::INVALID_SYNTAX);
  }
}

TEST(Message, A32_unknown_types_with_and_without_the_critical_bit) {
  for (unsigned type = 1; type < 256; ++type) {
    if ((type >= 33 && type <= 48) || type == 53) continue;
    for (const bool response : {false, true}) {
      auto header = header_of(ExchangeType::INFORMATIONAL);
      header.response = response;
      EXPECT_TRUE(parse_message(encode_message(header, {unknown(type)})).has_value());
      const auto error = parse_message(encode_message(header, {unknown(type, true)})).error();
      EXPECT_EQ(error, (ParseError{unsupported_critical_payload, static_cast<PayloadType>(type), 28}));
      EXPECT_EQ(error.notify(), NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD);
      const auto inner =
          parse_payload_chain(PayloadType::V, encode_payload_chain({Payload(VendorIdPayload{}), unknown(type, true)}));
      EXPECT_EQ(inner.error(), (ParseError{unsupported_critical_payload, static_cast<PayloadType>(type), 4}));
    }
  }
}

TEST(Message, A32_the_critical_bit_of_a_type_that_we_understand_means_nothing) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{34, 37, 38, 43}) {
    const auto parsed = parse_payload_chain(static_cast<PayloadType>(type), in_chain(hex("0013000042"), 0x80));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->payloads.front().critical);
    EXPECT_FALSE(parsed->reserved_bits_set);
  }
}

TEST(Message, RefusesPayloadsAfterAnEncryptedOne) {
  EXPECT_EQ(error_of(PayloadType::SK, "2b000006 aabb 00000004"),
            (ParseError{encrypted_payload_not_last, PayloadType::SK, 28}));
  EXPECT_EQ(error_of(PayloadType::SKF, "2b00000a 00010001 aabb 00000004").code, encrypted_payload_not_last);
}

TEST(Message, RefusesAnEncryptedPayloadWithinAnother) {
  for (const auto type : {PayloadType::SK, PayloadType::SKF}) {
    const auto first = parse_payload_chain(type, hex("00000008 00010001"));
    EXPECT_EQ(first.error(), (ParseError{encrypted_payload_not_last, type, 0}));
    auto chain = hex("00000005 aa 00000008 00010001");
    chain[0] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(parse_payload_chain(PayloadType::V, chain).error(), (ParseError{encrypted_payload_not_last, type, 5}));
  }
}

TEST(Message, KeepsPayloadsInClearBeforeAnEncryptedOne) {
  Message message;
  message.header = header_of(ExchangeType::IKE_AUTH);
  message.clear.payloads = {NotifyPayload{ProtocolId::none, {}, NotifyType::COOKIE, {1, 2, 3}}};
  const Octets body(40, 0x77);
  message.encrypted = EncryptedPart{PayloadType::IDi, true, false, 0, 0, 0, body};
  const auto octets = encode_message(message);
  const auto parsed = parse_message(octets);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->clear.payloads, message.clear.payloads);
  ASSERT_TRUE(parsed->encrypted.has_value());
  EXPECT_TRUE(parsed->encrypted->critical);
  EXPECT_EQ(parsed->encrypted->associated_octets, octets.size() - body.size());
  EXPECT_TRUE(same_octets(parsed->encrypted->body, body));
  EXPECT_EQ(encode_message(*parsed), octets);
}

TEST(Message, ReadsAndWritesFragments) {
  const auto header = header_of(ExchangeType::IKE_AUTH);
  for (const std::uint16_t number : std::initializer_list<std::uint16_t>{1, 2, 3}) {
    auto octets = encode_fragment_prefix(header, PayloadType::IDi, number, 3, 5);
    append(octets, hex("0102030405"));
    const auto message = parse_message(octets);
    ASSERT_TRUE(message.has_value()) << message.error().to_string();
    const auto& part = message->encrypted.value();
    EXPECT_TRUE(part.is_fragment);
    EXPECT_EQ(part.fragment_number, number);
    EXPECT_EQ(part.total_fragments, 3);
    // RFC 7383 §2.5: only the first fragment names the first payload.
    EXPECT_EQ(part.first_inner, number == 1 ? PayloadType::IDi : PayloadType::None);
    EXPECT_EQ(part.associated_octets, 36u);
    EXPECT_EQ(part.body.size(), 5u);
    EXPECT_EQ(encode_message(*message), octets);
  }
}

TEST(Message, RefusesImpossibleFragmentNumbers) {
  for (const auto* octets :
       {"00000008 00000001", "00000008 00000000", "00000008 00020001", "00000008 ffff0000", "23000008 00020002"})
    EXPECT_EQ(error_of(PayloadType::SKF, octets), (ParseError{fragment_numbers, PayloadType::SKF, 28}));
  for (const auto* octets : {"00000004", "00000005 00", "00000007 000100"})
    EXPECT_EQ(error_of(PayloadType::SKF, octets).code, payload_truncated);
}

}  // namespace
}  // namespace keypact::wire
