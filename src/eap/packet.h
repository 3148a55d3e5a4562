// Packet: the codec of EAP packets. RFC 3748 §4, §5.3.1, §5.7. What a method puts into its type-data is that method's.
#pragma once

#include <optional>

#include "base/octets.h"
#include "base/result.h"
#include "eap/method.h"
#include "proto/payload_registries.h"

namespace keypact::eap {

/// The largest packet: its length field has 16 bits.
inline constexpr std::size_t kPacketOctets = 65535;

using Code = EapCode;

struct Packet {
  Code code{};
  std::uint8_t identifier = 0;
  Method type{};  ///< of requests and responses only
  Octets data;    ///< type-data, of requests and responses only

  [[nodiscard]] bool has_type() const { return code == Code::Request || code == Code::Response; }
  bool operator==(const Packet&) const = default;
};

enum class PacketError : std::uint8_t {
  shorter_than_header,
  length_mismatch,
  code_unknown,
  type_missing,
  success_with_data,
};
[[nodiscard]] std::string_view sentence(PacketError error);

/// `octets` is the whole packet. IKE carries it without padding, so that its length field has to be exact (RFC 7296 §3.16).
[[nodiscard]] Result<Packet, PacketError> parse_packet(OctetView octets);
/// The packet has at most kPacketOctets.
[[nodiscard]] Octets encode(const Packet& packet);

[[nodiscard]] Octets encode_request(std::uint8_t identifier, Method type, OctetView data);
[[nodiscard]] Octets encode_response(std::uint8_t identifier, Method type, OctetView data);
[[nodiscard]] Octets encode_result(Code code, std::uint8_t identifier);

/// A type with 32 bits and its vendor (RFC 3748 §5.7): the first seven octets of the data of Method::EXPANDED.
struct ExpandedType {
  std::uint32_t vendor = 0;  ///< 24 bits: the SMI enterprise number, 0 is the IETF
  std::uint32_t type = 0;
  bool operator==(const ExpandedType&) const = default;
};
struct ExpandedData {
  ExpandedType type;
  Octets data;
  bool operator==(const ExpandedData&) const = default;
};
[[nodiscard]] std::optional<ExpandedData> parse_expanded(OctetView type_data);
[[nodiscard]] Octets encode(const ExpandedData& expanded);

/// What a Nak asks for: types that authenticate, without those that it may not name and the 0 of "none" (RFC 3748 §5.3.1).
[[nodiscard]] std::vector<Method> parse_nak(OctetView type_data);
[[nodiscard]] Octets encode_nak(const std::vector<Method>& wanted);

}  // namespace keypact::eap
