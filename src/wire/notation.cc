#include "wire/notation.h"

namespace keypact::wire {
namespace {

constexpr std::size_t kCharacters = 400;

/// The registered name, or the bare number.
template <class Enumeration>
std::string name_or_number(Enumeration value) {
  const auto name = registered_name(value);
  return name.empty() ? std::to_string(static_cast<unsigned>(value)) : std::string(name);
}

/// RFC 7296 §1.2: which of the two sides a payload is from, and in the first two exchanges which of its SA payloads.
std::string with_side(std::string name, PayloadType type, const Header& header) {
  const char side = header.response ? 'r' : 'i';
  if (type == PayloadType::Nonce) return std::string("N") + side;
  if (type == PayloadType::KE) return name + side;
  if (type == PayloadType::SA && header.exchange == ExchangeType::IKE_SA_INIT) return name + side + '1';
  if (type == PayloadType::SA && header.exchange == ExchangeType::IKE_AUTH) return name + side + '2';
  return name;
}

/// `header` is nullptr for payloads whose message is not known.
std::string name_of(const Payload& payload, const Header* header) {
  if (const auto* notify = std::get_if<NotifyPayload>(&payload.body)) return "N(" + name_or_number(notify->type) + ')';
  if (const auto* cp = std::get_if<CpPayload>(&payload.body)) return "CP(" + name_or_number(cp->type) + ')';
  const auto type = type_of(payload);
  const auto name = registered_name(type);
  if (name.empty()) return "unknown(" + std::to_string(static_cast<unsigned>(type)) + ')';
  return header == nullptr ? std::string(name) : with_side(std::string(name), type, *header);
}

/// Appends the names; true when all had room.
bool append_names(std::string& text, const std::vector<Payload>& payloads, const Header* header,
                  std::string_view separator) {
  for (const auto& payload : payloads) {
    text += separator;
    if (text.size() > kCharacters) {
      text += "...";
      return false;
    }
    text += name_of(payload, header);
    separator = ", ";
  }
  return true;
}

}  // namespace

std::string notation(const std::vector<Payload>& payloads) {
  std::string text;
  append_names(text, payloads, nullptr, "");
  return text;
}

std::string notation(const Message& message, const std::vector<Payload>* inner) {
  std::string text = "HDR";
  append_names(text, message.clear.payloads, &message.header, ", ");
  if (!message.encrypted) return text;
  const auto& part = *message.encrypted;
  text += part.is_fragment
              ? ", SKF(" + std::to_string(part.fragment_number) + '/' + std::to_string(part.total_fragments) + ") {"
              : ", SK {";
  if (inner == nullptr) text += "...";
  else append_names(text, *inner, &message.header, "");
  return text + '}';
}

}  // namespace keypact::wire
