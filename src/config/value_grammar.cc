#include "config/value_grammar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/numeral.h"

namespace keypact::config {
namespace {

constexpr std::uint64_t kLongestTime = 100ULL * 366 * 86400;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct NumberAndUnit {
  std::uint64_t number = 0;
  char unit = '\0';  ///< in lower case; none: '\0'
};

/// A number, blanks, and at most one letter.
std::optional<NumberAndUnit> parse_with_unit(std::string_view text) {
  NumberAndUnit result;
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  const char last = lower(text.back());
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (last >= 'a' && last <= 'z' && !(hexadecimal && last <= 'f')) {
    result.unit = last;
    text = trimmed(text.substr(0, text.size() - 1));
  }
  const auto number = parse_number(text, std::numeric_limits<std::uint64_t>::max());
  if (!number) return std::nullopt;
  result.number = *number;
  return result;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    const auto part = trimmed(text.substr(0, end));
    if (!part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::optional<bool> parse_boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kYes = {"yes", "true", "enabled", "1"};
  static constexpr std::array<std::string_view, 4> kNo = {"no", "false", "disabled", "0"};
  const auto is = [text](std::string_view word) { return same_word(text, word); };
  if (std::ranges::any_of(kYes, is)) return true;
  if (std::ranges::any_of(kNo, is)) return false;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t highest) {
  const int base = take_base(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > highest) return std::nullopt;
  return value;
}

std::optional<Duration> parse_time(std::string_view text) {
  const auto parsed = parse_with_unit(text);
  if (!parsed) return std::nullopt;
  std::uint64_t unit = 1;
  switch (parsed->unit) {
    case '\0':
    case 's': break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return std::nullopt;
  }
  if (parsed->number > kLongestTime / unit) return std::nullopt;
  return seconds(static_cast<std::int64_t>(parsed->number * unit));
}

std::optional<std::uint64_t> parse_octet_count(std::string_view text) {
  const auto parsed = parse_with_unit(text);
  if (!parsed) return std::nullopt;
  int shift = 0;
  switch (parsed->unit) {
    case '\0': break;
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    default: return std::nullopt;
  }
  if (parsed->number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return parsed->number << shift;
}

std::optional<std::uint8_t> parse_dscp(std::string_view text) {
  if (text.size() != 6 || text.find_first_not_of("01") != std::string_view::npos) return std::nullopt;
  std::uint8_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 2);
  return value;
}

std::optional<ActionWord> parse_action_word(std::string_view text) {
  if (same_word(text, "none") || same_word(text, "clear")) return ActionWord::none;
  if (same_word(text, "trap") || same_word(text, "route")) return ActionWord::trap;
  if (same_word(text, "start") || same_word(text, "restart")) return ActionWord::start;
  return std::nullopt;
}

}  // namespace keypact::config
