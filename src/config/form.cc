#include "config/form.h"

#include <algorithm>
#include <limits>

#include "config/address_grammar.h"
#include "config/section_reader.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

constexpr auto kHighest32 = std::numeric_limits<std::uint32_t>::max();

std::unexpected<GrammarError> expected(std::string_view text, std::string form, std::string remedy = {}) {
  return failure(GrammarError{std::string(text), "expected " + std::move(form), std::move(remedy)});
}

Result<std::string, GrammarError> canonical_word(std::string_view words, std::string_view text) {
  const auto known = split(words, '|');
  const auto found = std::ranges::find_if(known, [text](std::string_view word) { return same_word(word, text); });
  if (found != known.end()) return std::string(*found);
  return expected(text, join_words(known), did_you_mean(text, known));
}

Result<std::string, GrammarError> canonical_number(std::string_view text, std::uint64_t highest) {
  if (const auto number = parse_number(text, highest)) return std::to_string(*number);
  return expected(text, "a number up to " + std::to_string(highest));
}

Result<std::string, GrammarError> canonical_time(std::string_view text) {
  if (const auto time = parse_time(text)) return std::to_string(std::chrono::duration_cast<seconds>(*time).count());
  return expected(text, "a time: a number and s, m, h or d");
}

Result<std::string, GrammarError> canonical_octet_count(std::string_view text) {
  if (const auto count = parse_octet_count(text)) return std::to_string(*count);
  return expected(text, "an amount: a number and k, m or g");
}

Result<std::string, GrammarError> canonical_hexadecimal(std::string_view text) {
  if (from_hex(text)) return std::string(text);
  return expected(text, "pairs of hexadecimal digits");
}

}  // namespace

Result<std::string, GrammarError> canonical(const SettingRule& rule, std::string_view text) {
  switch (rule.form) {
    case Form::boolean:
      if (const auto value = parse_boolean(text)) return std::string(*value ? "yes" : "no");
      return expected(text, "yes or no");
    case Form::number: return canonical_number(text, kHighest32);
    case Form::long_number: return canonical_number(text, std::numeric_limits<std::uint64_t>::max());
    case Form::time: return canonical_time(text);
    case Form::octet_count: return canonical_octet_count(text);
    case Form::dscp:
      if (const auto value = parse_dscp(text)) return std::to_string(*value);
      return expected(text, "six binary digits");
    case Form::words: return canonical_word(rule.words, text);
    case Form::hexadecimal: return canonical_hexadecimal(text);
    case Form::address:
      if (IpAddress::parse(text)) return std::string(text);
      return expected(text, "an IPv4 or IPv6 address");
    case Form::address_range:
      if (auto range = parse_address_range(text); !range) return failure(std::move(range).error());
      return std::string(text);
    case Form::identity: return std::string(text);
    case Form::text: break;
  }
  return std::string(text);
}

}  // namespace keypact::config
