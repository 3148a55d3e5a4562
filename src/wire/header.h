// The IKE header. RFC 7296 §3.1.
#pragma once

#include "base/octets.h"
#include "base/writer.h"
#include "proto/spi.h"
#include "wire/parse_error.h"

namespace keypact::wire {

inline constexpr std::size_t kHeaderOctets = 28;

struct Header {
  IkeSpi initiator_spi;
  IkeSpi responder_spi;
  PayloadType next_payload = PayloadType::None;
  std::uint8_t major_version = 2;
  std::uint8_t minor_version = 0;
  ExchangeType exchange{};
  bool initiator = false;           ///< flag I: the sender is the original initiator of the IKE SA
  bool version = false;             ///< flag V
  bool response = false;            ///< flag R
  std::uint8_t reserved_flags = 0;  ///< the other five bits, ignored but kept
  std::uint32_t message_id = 0;
  std::uint32_t length = 0;  ///< octets of the whole message, header included

  bool operator==(const Header&) const = default;
};

/// Reads the first 28 octets; the length field must equal the datagram's. The major version is not judged here.
[[nodiscard]] Parsed<Header> parse_header(OctetView datagram);
void encode_header(Writer& writer, const Header& header);

}  // namespace keypact::wire
