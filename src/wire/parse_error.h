// ParseError: why octets are not an IKEv2 message, precisely enough for a log line and for the notify that the RFC names.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "proto/ike_header_registries.h"
#include "proto/notify_type.h"

namespace keypact::wire {

enum class ParseErrorCode {
  datagram_shorter_than_header,
  message_too_long,
  header_length_differs_from_datagram,
  unsupported_major_version,
  payload_length_below_header,  ///< below the four octets of the generic payload header
  payload_beyond_message,
  trailing_octets,
  too_many_payloads,
  unsupported_critical_payload,
  payload_truncated,
  payload_too_long,
  encrypted_payload_not_last,
  proposal_malformed,
  transform_malformed,
  too_many_proposals,
  too_many_transforms,
  spi_size_mismatch,
  too_many_spis,
  nonce_length,
  identification_length,
  traffic_selector_malformed,
  too_many_traffic_selectors,
  configuration_malformed,
  too_many_attributes,
  eap_length_mismatch,
  fragment_numbers,
};

struct ParseError {
  ParseErrorCode code{};
  PayloadType payload = PayloadType::None;  ///< the payload it was found in, None for the header
  std::size_t offset = 0;                   ///< octets from the start of what was parsed

  /// One sentence with the RFC section that is violated.
  [[nodiscard]] std::string to_string() const;
  /// RFC 7296 §2.21: what to answer where an answer is due (INVALID_SYNTAX, UNSUPPORTED_CRITICAL_PAYLOAD, ...).
  [[nodiscard]] NotifyType notify() const;

  bool operator==(const ParseError&) const = default;
};

template <class T>
using Parsed = Result<T, ParseError>;

}  // namespace keypact::wire
