#include "eap/simaka_common.h"

#include "eap/digest.h"

namespace keypact::eap {

Octets encode_failure_notification() {
  return encode(
      SimAkaMessage{Subtype::Notification, {short_attribute(AttributeType::AT_NOTIFICATION, kGeneralFailure)}});
}

Octets encode_client_error() {
  // RFC 4187 §6.3.1: 0 is "unable to process packet".
  return encode(SimAkaMessage{Subtype::Client_Error, {short_attribute(AttributeType::AT_CLIENT_ERROR_CODE, 0)}});
}

Octets encode_identity(Subtype subtype, std::string_view identity) {
  return encode(SimAkaMessage{subtype, {counted_attribute(AttributeType::AT_IDENTITY, as_octets(identity))}});
}

bool asks_identity(const SimAkaMessage& message) {
  return message.find(AttributeType::AT_PERMANENT_ID_REQ) != nullptr ||
         message.find(AttributeType::AT_FULLAUTH_ID_REQ) != nullptr ||
         message.find(AttributeType::AT_ANY_ID_REQ) != nullptr;
}

std::string notification_sentence(std::uint16_t code) {
  const auto number = " (notification " + std::to_string(code) + ")";
  switch (code) {
    case 0:
    case kGeneralFailure: return "it says that it failed, and not why" + number;
    case 1026: return "access is denied for now" + number;
    case 1031: return "the user has not subscribed to the service" + number;
    default: return "it does not say why" + number;
  }
}

Attribute checkcode(Method method, OctetView identity_packets) {
  if (identity_packets.empty()) return reserved_attribute(AttributeType::AT_CHECKCODE, {});
  if (method == Method::AKA_PRIME) return reserved_attribute(AttributeType::AT_CHECKCODE, sha256({identity_packets}));
  return reserved_attribute(AttributeType::AT_CHECKCODE, sha1({identity_packets}));
}

bool checkcode_is_right(const SimAkaMessage& message, Method method, OctetView identity_packets) {
  const auto* const value = message.find(AttributeType::AT_CHECKCODE);
  if (value == nullptr) return true;
  const auto wanted = checkcode(method, identity_packets);
  return value->size() == wanted.value.size() &&
         same_octets(OctetView(*value).subspan(2), OctetView(wanted.value).subspan(2));
}

}  // namespace keypact::eap
