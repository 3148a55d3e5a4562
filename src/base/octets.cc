#include "base/octets.h"

#include <algorithm>
#include <array>

namespace keypact {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void append(Octets& to, OctetView more) { to.insert(to.end(), more.begin(), more.end()); }

bool same_octets(OctetView a, OctetView b) { return std::ranges::equal(a, b); }

std::string to_hex(std::uint32_t number) {
  const std::array octets = {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
                             static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  return to_hex(octets);
}

std::string to_hex(OctetView octets) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * octets.size());
  for (const auto octet : octets) {
    text.push_back(kDigits[octet >> 4]);
    text.push_back(kDigits[octet & 15]);
  }
  return text;
}

std::optional<Octets> from_hex(std::string_view text) {
  Octets octets;
  int high = -1;
  for (const char c : text) {
    if (high < 0 && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
    const int value = digit_value(c);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      octets.push_back(static_cast<std::uint8_t>(high << 4 | value));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return octets;
}

}  // namespace keypact
