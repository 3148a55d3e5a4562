// What the tests of wire share: one payload in a chain, from and to hexadecimal.
#pragma once

#include <gtest/gtest.h>

#include "wire/message.h"

namespace keypact::wire {

inline Octets hex(std::string_view text) {
  auto octets = from_hex(text);
  EXPECT_TRUE(octets.has_value()) << text;
  return octets.value_or(Octets{});
}

/// `body` behind a generic payload header that ends the chain.
inline Octets in_chain(OctetView body, std::uint8_t flags = 0) {
  Writer out;
  out.u8(0);
  out.u8(flags);
  out.length_prefixed(2, kGenericHeaderOctets, [&](Writer& w) { w.octets(body); });
  return std::move(out).take();
}

inline Parsed<PayloadChain> parse_body(PayloadType type, OctetView body) {
  return parse_payload_chain(type, in_chain(body));
}

/// The error of a payload with this body; a test failure when it is accepted.
inline ParseErrorCode refusal(PayloadType type, OctetView body) {
  const auto parsed = parse_body(type, body);
  EXPECT_FALSE(parsed.has_value()) << to_string(type) << ' ' << to_hex(body);
  if (parsed) return static_cast<ParseErrorCode>(-1);
  EXPECT_EQ(parsed.error().payload, type);
  EXPECT_LE(parsed.error().offset, kGenericHeaderOctets + body.size());
  return parsed.error().code;
}
inline ParseErrorCode refusal(PayloadType type, std::string_view body) { return refusal(type, hex(body)); }

/// The one payload with this body, which must encode to the same octets.
template <class P>
P accepted(PayloadType type, OctetView body) {
  const auto chain = in_chain(body);
  const auto parsed = parse_payload_chain(type, chain);
  EXPECT_TRUE(parsed.has_value()) << to_hex(body) << ' ' << (parsed ? "" : parsed.error().to_string());
  if (!parsed || parsed->payloads.size() != 1) return P{};
  EXPECT_FALSE(parsed->reserved_bits_set);
  EXPECT_EQ(type_of(parsed->payloads.front()), type);
  EXPECT_EQ(to_hex(encode_payload_chain(parsed->payloads)), to_hex(chain));
  const auto* payload = std::get_if<P>(&parsed->payloads.front().body);
  EXPECT_NE(payload, nullptr);
  return payload == nullptr ? P{} : *payload;
}
template <class P>
P accepted(PayloadType type, std::string_view body) {
  return accepted<P>(type, hex(body));
}

/// Accepted, although RESERVED fields are not zero; encodes to `cleared`.
inline void expect_reserved_ignored(PayloadType type, std::string_view body, std::string_view cleared) {
  const auto parsed = parse_body(type, hex(body));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().to_string();
  EXPECT_TRUE(parsed->reserved_bits_set);
  EXPECT_EQ(to_hex(encode_payload_chain(parsed->payloads)), to_hex(in_chain(hex(cleared))));
}

/// Refused with `code` when cut anywhere before its end.
inline void expect_refused_when_cut(PayloadType type, std::string_view body, std::size_t shortest = 0) {
  const auto whole = hex(body);
  for (std::size_t size = shortest; size < whole.size(); ++size)
    EXPECT_FALSE(parse_body(type, OctetView(whole).first(size)).has_value()) << to_string(type) << " of " << size;
}

}  // namespace keypact::wire
