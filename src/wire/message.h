// A whole IKEv2 message: header, the payloads in clear, and the Encrypted payload (SK) or Encrypted Fragment payload (SKF) as
// octets: decryption happens elsewhere. RFC 7296 §3.2, §3.14, RFC 7383 §2.5.
#pragma once

#include <optional>

#include "wire/header.h"
#include "wire/payload.h"

namespace keypact::wire {

inline constexpr std::size_t kGenericHeaderOctets = 4;

/// A parsed chain. `reserved_bits_set`: some RESERVED field was not zero, so that encoding gives other octets than came in.
struct PayloadChain {
  std::vector<Payload> payloads;
  bool reserved_bits_set = false;
};

struct EncryptedPart {
  PayloadType first_inner = PayloadType::None;
  bool critical = false;
  bool is_fragment = false;           ///< SKF
  std::uint16_t fragment_number = 0;  ///< 1-based, SKF only
  std::uint16_t total_fragments = 0;
  std::size_t associated_octets = 0;  ///< from the start of the message up to the IV: the associated data
  OctetView body;                     ///< IV, ciphertext, ICV; points into the datagram
};

struct Message {
  Header header;
  PayloadChain clear;
  std::optional<EncryptedPart> encrypted;
};

/// The message of a datagram (without non-ESP marker). Views point into `datagram`.
/// An unknown payload type with the critical bit set is the error unsupported_critical_payload, in a request and in a
/// response; without it the payload is kept as UnknownPayload (RFC 7296 §2.5).
[[nodiscard]] Parsed<Message> parse_message(OctetView datagram);

/// The chain that starts with a payload of type `first` and fills `octets` exactly (what SK protects).
[[nodiscard]] Parsed<PayloadChain> parse_payload_chain(PayloadType first, OctetView octets);

/// The chain's octets. The first payload's type is type_of(payloads.front()), None for an empty chain.
[[nodiscard]] Octets encode_payload_chain(const std::vector<Payload>& payloads);

/// A message all in clear; next payload and length of the header are computed.
[[nodiscard]] Octets encode_message(Header header, const std::vector<Payload>& payloads);

/// The inverse of parse_message: the header as it is, except for next payload and length.
[[nodiscard]] Octets encode_message(const Message& message);

/// What precedes the IV of a message that is one SK payload: IKE header and generic payload header, with all lengths set for
/// `body_octets` of IV, ciphertext and ICV. These octets are the associated data.
[[nodiscard]] Octets encode_encrypted_prefix(Header header, PayloadType first_inner, std::size_t body_octets);

/// The same for an SKF payload (RFC 7383 §2.5).
[[nodiscard]] Octets encode_fragment_prefix(Header header, PayloadType first_inner, std::uint16_t number,
                                            std::uint16_t total, std::size_t body_octets);

}  // namespace keypact::wire
