#include "wire/parse_error.h"

namespace keypact::wire {
namespace {

std::string_view sentence(ParseErrorCode code) {
  using enum ParseErrorCode;
  switch (code) {
    case datagram_shorter_than_header: return "the datagram is shorter than the IKE header (RFC 7296 §3.1)";
    case message_too_long: return "the message is longer than a UDP datagram can be (RFC 7296 §2)";
    case header_length_differs_from_datagram:
      return "the length in the IKE header is not that of the datagram (RFC 7296 §3.1)";
    case unsupported_major_version: return "the major version is not 2 (RFC 7296 §2.5)";
    case payload_length_below_header:
      return "the payload length is less than the four octets of the generic payload header (RFC 7296 §3.2)";
    case payload_beyond_message: return "the payload reaches beyond the end of the message (RFC 7296 §3.2)";
    case trailing_octets: return "octets are left over after the last field (RFC 7296 §3.2)";
    case too_many_payloads: return "more payloads of one kind than we accept in a message (RFC 7296 §2.21)";
    case unsupported_critical_payload:
      return "a payload of a type that we do not know is marked critical (RFC 7296 §2.5)";
    case payload_truncated: return "the payload ends within its fixed fields (RFC 7296 §3.2)";
    case payload_too_long: return "a field has more octets than we accept (RFC 7296 §2.21)";
    case encrypted_payload_not_last:
      return "an Encrypted payload is not the last payload of the message (RFC 7296 §3.14)";
    case proposal_malformed:
      return "a proposal's length, last mark or number of transforms contradicts its octets (RFC 7296 §3.3.1)";
    case transform_malformed:
      return "a transform's length, last mark or attributes contradict its octets (RFC 7296 §3.3.2)";
    case too_many_proposals: return "more proposals than we accept (RFC 7296 §3.3)";
    case too_many_transforms: return "more transforms in one proposal than we accept (RFC 7296 §3.3.1)";
    case spi_size_mismatch: return "the SPI size is not that of the protocol (RFC 7296 §3.3.1, §3.10, §3.11)";
    case too_many_spis: return "more SPIs than we accept (RFC 7296 §3.11)";
    case nonce_length: return "a nonce must have 16 to 256 octets (RFC 7296 §3.9)";
    case identification_length: return "the identification has a length that its type forbids (RFC 7296 §3.5)";
    case traffic_selector_malformed:
      return "a traffic selector's length or range is impossible, or their number is wrong (RFC 7296 §3.13.1)";
    case too_many_traffic_selectors: return "more traffic selectors than we accept (RFC 7296 §3.13)";
    case configuration_malformed: return "a configuration attribute reaches beyond the payload (RFC 7296 §3.15.1)";
    case too_many_attributes: return "more attributes than we accept (RFC 7296 §3.3.5, §3.15.1)";
    case eap_length_mismatch: return "the length in the EAP message is not that of the payload (RFC 7296 §3.16)";
    case fragment_numbers:
      return "the fragment number is not between 1 and the total, or a later fragment names a payload (RFC 7383 §2.5)";
  }
  return "the message is malformed (RFC 7296 §3)";
}

}  // namespace

std::string ParseError::to_string() const {
  std::string text = payload == PayloadType::None ? "message" : "payload " + keypact::to_string(payload);
  text += ", octet " + std::to_string(offset) + ": ";
  text += sentence(code);
  return text;
}

NotifyType ParseError::notify() const {
  switch (code) {
    case ParseErrorCode::unsupported_critical_payload: return NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD;
    case ParseErrorCode::unsupported_major_version: return NotifyType::INVALID_MAJOR_VERSION;
    // RFC 7296 §3.10.1: INVALID_SYNTAX says that some type, length, or value was out of range.
    default: return NotifyType::INVALID_SYNTAX;
  }
}

}  // namespace keypact::wire
