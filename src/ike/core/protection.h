// Protection: the Encrypted payload and the Encrypted Fragment payload, sealed and opened with the keys of one direction. RFC 7296
// §3.14, RFC 5282 §3, RFC 7383 §2.5. The four outcomes of RFC 7296 §2.21 for a received message are a type.
#pragma once

#include "base/random_source.h"
#include "crypto/packet_cipher.h"
#include "wire/message.h"

namespace keypact::ike {

struct Fine {
  wire::PayloadChain inner;
  Octets covered{};  ///< of IKE_INTERMEDIATE: what AUTH covers of this message (RFC 9242 §3.3.2)
};
/// A fragment of a message that is not complete (RFC 7383): stored, or dropped since nothing of it is missing.
struct Partial {};
/// Authentic, but against the syntax: to be answered.
struct AuthenticButMalformed {
  wire::ParseError error;
};
/// Not from our peer, as far as anybody can tell: to be dropped.
struct NotAuthentic {};
using Opened = std::variant<Fine, Partial, AuthenticButMalformed, NotAuthentic>;

/// What one SK payload protects, or one SKF payload: a share of it.
struct ProtectedPart {
  PayloadType first = PayloadType::None;  ///< type of the first payload inside
  OctetView octets;
  std::uint16_t number = 0;  ///< of the fragment, from 1; 0: the whole, in SK
  std::uint16_t total = 0;
};

/// A message of one SK or SKF payload. `counter` never repeats under one key.
[[nodiscard]] Octets seal_part(crypto::Library& library, RandomSource& random, const PacketKeys& keys,
                               std::uint64_t counter, const wire::Header& header, const ProtectedPart& part);
/// Octets of a whole message with so many octets of payloads inside SK.
[[nodiscard]] std::size_t sealed_octets(const crypto::PacketSizes& sizes, std::size_t text_octets);
/// The whole message with `payloads` inside SK.
[[nodiscard]] Octets seal_message(crypto::Library& library, RandomSource& random, const PacketKeys& keys,
                                  std::uint64_t counter, const wire::Header& header,
                                  const std::vector<wire::Payload>& payloads);

/// The decrypted octets without padding. `datagram` is what `message` was parsed from.
using OpenedPart = std::variant<Octets, AuthenticButMalformed, NotAuthentic>;
[[nodiscard]] OpenedPart open_part(crypto::Library& library, const PacketKeys& keys, OctetView datagram,
                                   const wire::Message& message);
/// The payloads of an authentic text that is complete.
[[nodiscard]] Opened parse_inner(PayloadType first, OctetView text);

}  // namespace keypact::ike
