#include "vici/request_grammar.h"

#include <algorithm>
#include <charconv>

#include "base/numeral.h"

namespace keypact::vici {

namespace {

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

std::string BadValue::to_string() const { return "invalid value for: " + key; }

std::optional<bool> parse_boolean(std::string_view text) {
  for (const auto* word : {"yes", "true", "enabled", "1"}) {
    if (same_word(text, word)) return true;
  }
  for (const auto* word : {"no", "false", "disabled", "0"}) {
    if (same_word(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int base = take_base(text);
  if (text.empty() || text.front() == '-') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -number : number;
}

std::optional<std::string_view> text_of(const Section& section, std::string_view key) {
  const auto* value = section.find_value(key);
  if (value == nullptr || value->empty()) return std::nullopt;
  return *value;
}

Result<std::optional<bool>, BadValue> boolean_of(const Section& section, std::string_view key) {
  const auto text = text_of(section, key);
  if (!text) return std::nullopt;
  const auto value = parse_boolean(*text);
  if (!value) return failure(BadValue{std::string(key), std::string(*text)});
  return value;
}

Result<std::optional<std::int64_t>, BadValue> number_of(const Section& section, std::string_view key) {
  const auto text = text_of(section, key);
  if (!text) return std::nullopt;
  const auto value = parse_number(*text);
  if (!value) return failure(BadValue{std::string(key), std::string(*text)});
  return value;
}

}  // namespace keypact::vici
