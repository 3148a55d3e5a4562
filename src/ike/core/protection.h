// Protection: the Encrypted payload, sealed and opened with the keys of one direction. RFC 7296 §3.14, RFC 5282 §3.
// The four outcomes of RFC 7296 §2.21 for a received message are a type.
#pragma once

#include "base/random_source.h"
#include "crypto/packet_cipher.h"
#include "wire/message.h"

namespace keypact::ike {

struct Fine {
  wire::PayloadChain inner;
};
/// Authentic, but a fragment of a message that is not complete (RFC 7383).
struct Partial {};
/// Authentic, but against the syntax: to be answered.
struct AuthenticButMalformed {
  wire::ParseError error;
};
/// Not from our peer, as far as anybody can tell: to be dropped.
struct NotAuthentic {};
using Opened = std::variant<Fine, Partial, AuthenticButMalformed, NotAuthentic>;

/// The whole message with `payloads` inside SK. `counter` never repeats under one key.
[[nodiscard]] Octets seal_message(crypto::Library& library, RandomSource& random, const PacketKeys& keys,
                                  std::uint64_t counter, const wire::Header& header,
                                  const std::vector<wire::Payload>& payloads);

/// `datagram` is what `message` was parsed from.
[[nodiscard]] Opened open_message(crypto::Library& library, const PacketKeys& keys, OctetView datagram,
                                  const wire::Message& message);

}  // namespace keypact::ike
