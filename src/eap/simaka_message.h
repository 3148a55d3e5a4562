// SimAkaMessage: what EAP-SIM, EAP-AKA and EAP-AKA' put into their packets. RFC 4187 §8, RFC 4186 §8, RFC 9048 §3.
#pragma once

#include <optional>

#include "base/secret.h"
#include "eap/packet.h"

namespace keypact::eap {

#define KEYPACT_SIM_AKA_SUBTYPES(X) \
  X(AKA_Challenge, 1)               \
  X(AKA_Authentication_Reject, 2)   \
  X(AKA_Synchronization_Failure, 4) \
  X(AKA_Identity, 5)                \
  X(SIM_Start, 10)                  \
  X(SIM_Challenge, 11)              \
  X(Notification, 12)               \
  X(Reauthentication, 13)           \
  X(Client_Error, 14)
KEYPACT_REGISTRY(Subtype, std::uint8_t, KEYPACT_SIM_AKA_SUBTYPES)
#undef KEYPACT_SIM_AKA_SUBTYPES

#define KEYPACT_SIM_AKA_ATTRIBUTES(X) \
  X(AT_RAND, 1)                       \
  X(AT_AUTN, 2)                       \
  X(AT_RES, 3)                        \
  X(AT_AUTS, 4)                       \
  X(AT_NONCE_MT, 7)                   \
  X(AT_PERMANENT_ID_REQ, 10)          \
  X(AT_MAC, 11)                       \
  X(AT_NOTIFICATION, 12)              \
  X(AT_ANY_ID_REQ, 13)                \
  X(AT_IDENTITY, 14)                  \
  X(AT_VERSION_LIST, 15)              \
  X(AT_SELECTED_VERSION, 16)          \
  X(AT_FULLAUTH_ID_REQ, 17)           \
  X(AT_CLIENT_ERROR_CODE, 22)         \
  X(AT_KDF_INPUT, 23)                 \
  X(AT_KDF, 24)                       \
  X(AT_CHECKCODE, 134)                \
  X(AT_BIDDING, 136)
KEYPACT_REGISTRY(AttributeType, std::uint8_t, KEYPACT_SIM_AKA_ATTRIBUTES)
#undef KEYPACT_SIM_AKA_ATTRIBUTES

struct Attribute {
  AttributeType type{};
  Octets value;  ///< after the length octet: 2, 6, 10 ... octets
  bool operator==(const Attribute&) const = default;
};

// The forms that values have.
[[nodiscard]] Attribute short_attribute(AttributeType type, std::uint16_t value);  ///< two octets
[[nodiscard]] Attribute reserved_attribute(AttributeType type, OctetView octets);  ///< two reserved ones, then these
[[nodiscard]] Attribute counted_attribute(AttributeType type, OctetView octets, std::size_t units_in_octet = 1);
inline constexpr std::size_t kBits = 8;  ///< of an octet: AT_RES counts them

struct SimAkaMessage {
  Subtype subtype{};
  std::vector<Attribute> attributes;

  /// Null when there is none.
  [[nodiscard]] const Octets* find(AttributeType type) const;
  /// Nothing when there is none, or it has not that form and size.
  [[nodiscard]] std::optional<std::uint16_t> short_value(AttributeType type) const;
  [[nodiscard]] std::optional<OctetView> reserved_value(AttributeType type, std::size_t octets) const;
  [[nodiscard]] std::optional<OctetView> counted_value(AttributeType type, std::size_t units_in_octet = 1) const;
  bool operator==(const SimAkaMessage&) const = default;
};

/// The type-data of a packet. Attributes that may be skipped and that we do not know are left out. The error is a part of a sentence.
[[nodiscard]] Result<SimAkaMessage, std::string_view> parse_sim_aka(OctetView type_data);
[[nodiscard]] Octets encode(const SimAkaMessage& message);

/// A packet's type-data with an AT_MAC at its end, over the packet and `more`: NONCE_MT, SRES.
[[nodiscard]] Octets encode_with_mac(const SimAkaMessage& message, const Packet& header, const Secret& k_aut,
                                     OctetView more = {});
/// Whether the packet has an AT_MAC, and the right one.
[[nodiscard]] bool mac_is_right(const Packet& packet, const Secret& k_aut, OctetView more = {});

}  // namespace keypact::eap
