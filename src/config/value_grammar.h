// The grammars of single values that swanctl.conf has everywhere: booleans, numbers, times, amounts of octets. All functions
// give nothing for a text that is not of the form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/octets.h"

namespace keypact::config {

/// Why a part of a value is not of its form.
struct GrammarError {
  std::string part;  ///< the part that is wrong, as written; for finding its place
  std::string why;
  std::string remedy = {};
};

/// yes/true/enabled/1, no/false/disabled/0, without regard to case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

/// Decimal, 0x hexadecimal, or octal with a leading 0, at most `highest`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t highest);

/// A number and s, m, h or d (seconds without), at most a hundred years.
[[nodiscard]] std::optional<Duration> parse_time(std::string_view text);

/// A number and k, m or g (1024-based; octets without).
[[nodiscard]] std::optional<std::uint64_t> parse_octet_count(std::string_view text);

/// Six binary digits.
[[nodiscard]] std::optional<std::uint8_t> parse_dscp(std::string_view text);

/// One word of an action: none (clear), trap (route) or start (restart).
enum class ActionWord : std::uint8_t { none, trap, start };
[[nodiscard]] std::optional<ActionWord> parse_action_word(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);
/// The parts between separators, trimmed, without empty ones.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace keypact::config
