#include "config/secret_grammar.h"

#include <algorithm>
#include <bitset>

namespace keypact::config {
namespace {

constexpr std::size_t kFairOctets = 16;
constexpr std::size_t kFairDistinct = 6;

std::unexpected<GrammarError> wrong(std::string why) {
  return failure(GrammarError{
      {}, std::move(why), "a passphrase that itself begins with 0x or 0s is written in hexadecimal or base64"});
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<Secret, GrammarError> from_digits(std::string_view digits) {
  if (digits.size() % 2 != 0) return wrong("after 0x stand pairs of hexadecimal digits");
  Secret secret(digits.size() / 2);
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const int high = digit_value(digits[2 * i]);
    const int low = digit_value(digits[2 * i + 1]);
    if (high < 0 || low < 0) return wrong("after 0x stand pairs of hexadecimal digits");
    secret.reveal_mutable()[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return secret;
}

/// Standard base64 with or without its padding; it is written into memory that is wiped, whatever the outcome.
Result<Secret, GrammarError> from_base64(std::string_view text) {
  const auto padding = text.size() - std::min(text.find_last_not_of('=') + 1, text.size());
  const auto digits = text.substr(0, text.size() - padding);
  const auto rest = digits.size() % 4;
  if (rest == 1 || padding > 2 || (padding > 0 && (rest + padding) % 4 != 0)) return wrong("after 0s stands base64");
  Secret secret(digits.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t written = 0;
  for (const char c : digits) {
    const int value = base64_value(c);
    if (value < 0) return wrong("after 0s stands base64");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    secret.reveal_mutable()[written++] = static_cast<std::uint8_t>(bits >> count);
  }
  return secret;
}

}  // namespace

Result<Secret, GrammarError> parse_secret(std::string_view text) {
  const auto form = lower_case(text.substr(0, 2));
  if (form == "0x") return from_digits(text.substr(2));
  if (form == "0s") return from_base64(text.substr(2));
  return Secret::copy_of(as_octets(text));
}

std::optional<std::string> weakness_of(OctetView pre_shared_key) {
  if (pre_shared_key.size() < kFairOctets) return "it has less than " + std::to_string(kFairOctets) + " octets";
  std::bitset<256> seen;
  for (const auto octet : pre_shared_key) seen.set(octet);
  if (seen.count() < kFairDistinct) return "it consists of very few different octets";
  return std::nullopt;
}

}  // namespace keypact::config
