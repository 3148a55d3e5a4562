#include "eap/refusal.h"

namespace keypact::eap {

std::string shown(std::string_view name) {
  constexpr std::size_t kShown = 64;
  if (name.empty()) return "(nobody)";
  std::string text;
  for (const char c : name.substr(0, kShown)) {
    const bool plain = c > ' ' && c < 0x7f && c != '\\' && c != '"';
    if (plain || c == ' ') {
      text += c;
    } else if (c == '\\' || c == '"') {
      text += '\\';
      text += c;
    } else {
      text += "\\x" + to_hex(as_octets(std::string_view(&c, 1)));
    }
  }
  if (name.size() > kShown) text += "...";
  return text;
}

}  // namespace keypact::eap
