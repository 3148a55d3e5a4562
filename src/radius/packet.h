// Packet: the codec of RADIUS packets and of what one attribute does not hold. RFC 2865 §3, §5; RFC 3579 §3.1. What a packet is
// signed with is in authenticator.h.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::radius {

inline constexpr std::size_t kHeaderOctets = 20;
inline constexpr std::size_t kPacketOctets = 4096;
inline constexpr std::size_t kValueOctets = 253;  ///< of one attribute

enum class Code : std::uint8_t {
  Access_Request = 1,
  Access_Accept = 2,
  Access_Reject = 3,
  Access_Challenge = 11,
};

/// IANA "RADIUS Attribute Types".
enum class Type : std::uint8_t {
  User_Name = 1,
  NAS_IP_Address = 4,
  NAS_Port = 5,
  Service_Type = 6,
  Reply_Message = 18,
  State = 24,
  Vendor_Specific = 26,
  Called_Station_Id = 30,
  Calling_Station_Id = 31,
  NAS_Identifier = 32,
  NAS_Port_Type = 61,
  EAP_Message = 79,
  Message_Authenticator = 80,
  NAS_Port_Id = 87,
  NAS_IPv6_Address = 95,
};

using Authenticator = std::array<std::uint8_t, 16>;

struct Attribute {
  Type type{};
  Octets value;  ///< at most kValueOctets
  bool operator==(const Attribute&) const = default;
};

struct Packet {
  Code code{};
  std::uint8_t identifier = 0;
  Authenticator authenticator{};
  std::vector<Attribute> attributes;
  bool operator==(const Packet&) const = default;
};

enum class PacketError : std::uint8_t {
  shorter_than_header,
  length_field_too_short,  ///< less than the header
  length_field_too_long,   ///< more than kPacketOctets
  cut_off,                 ///< fewer octets than the length field says
  attribute_too_short,     ///< its length is less than that of its own header
  attribute_cut_off,       ///< it ends behind the packet
};
[[nodiscard]] std::string_view sentence(PacketError error);

/// `octets` is the datagram; what is behind the packet's length is padding (RFC 2865 §3).
[[nodiscard]] Result<Packet, PacketError> parse_packet(OctetView octets);
/// Nothing where it would have more than kPacketOctets.
[[nodiscard]] std::optional<Octets> encode(const Packet& packet);

/// As many attributes of `type` as it takes.
void add_in_parts(std::vector<Attribute>& attributes, Type type, OctetView octets);
/// All attributes of `type`, one behind the other; nothing where there is none. RFC 3579 §3.1: EAP-Message.
[[nodiscard]] std::optional<Octets> joined(const std::vector<Attribute>& attributes, Type type);
/// The first one of `type`.
[[nodiscard]] const Attribute* find(const std::vector<Attribute>& attributes, Type type);

}  // namespace keypact::radius
