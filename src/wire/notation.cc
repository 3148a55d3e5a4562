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

std::string name_of(const Payload& payload) {
  if (const auto* notify = std::get_if<NotifyPayload>(&payload.body)) return "N(" + name_or_number(notify->type) + ')';
  if (const auto* cp = std::get_if<CpPayload>(&payload.body)) return "CP(" + name_or_number(cp->type) + ')';
  const auto type = type_of(payload);
  const auto name = registered_name(type);
  if (name.empty()) return "unknown(" + std::to_string(static_cast<unsigned>(type)) + ')';
  return std::string(name);
}

/// Appends the names; true when all had room.
bool append_names(std::string& text, const std::vector<Payload>& payloads, std::string_view separator) {
  for (const auto& payload : payloads) {
    text += separator;
    if (text.size() > kCharacters) {
      text += "...";
      return false;
    }
    text += name_of(payload);
    separator = ", ";
  }
  return true;
}

}  // namespace

std::string notation(const std::vector<Payload>& payloads) {
  std::string text;
  append_names(text, payloads, "");
  return text;
}

std::string notation(const Message& message, const std::vector<Payload>* inner) {
  std::string text = "HDR";
  append_names(text, message.clear.payloads, ", ");
  if (!message.encrypted) return text;
  const auto& part = *message.encrypted;
  text += part.is_fragment
              ? ", SKF(" + std::to_string(part.fragment_number) + '/' + std::to_string(part.total_fragments) + ") {"
              : ", SK {";
  if (inner == nullptr) text += "...";
  else append_names(text, *inner, "");
  return text + '}';
}

}  // namespace keypact::wire
