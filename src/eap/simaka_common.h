// What EAP-SIM, EAP-AKA and EAP-AKA' have in common at both ends. RFC 4187 §6, RFC 4186 §6.
#pragma once

#include "eap/simaka_message.h"

namespace keypact::eap {

/// AT_NOTIFICATION codes: the highest bit is success, the next one says that it comes before the challenge.
inline constexpr std::uint16_t kGeneralFailure = 0x4000;
inline constexpr std::uint16_t kNotificationSuccess = 0x8000;
inline constexpr std::uint16_t kNotificationBefore = 0x4000;

[[nodiscard]] Octets encode_failure_notification();
[[nodiscard]] Octets encode_client_error();
[[nodiscard]] Octets encode_identity(Subtype subtype, std::string_view identity);
[[nodiscard]] bool asks_identity(const SimAkaMessage& message);
[[nodiscard]] std::string notification_sentence(std::uint16_t code);

/// AT_CHECKCODE of the identity packets; SHA-256 with AKA' (RFC 9048 §3.4.3).
[[nodiscard]] Attribute checkcode(Method method, OctetView identity_packets);
/// True when there is none, or the right one.
[[nodiscard]] bool checkcode_is_right(const SimAkaMessage& message, Method method, OctetView identity_packets);

}  // namespace keypact::eap
