#include "config/placement_grammar.h"

#include <limits>
#include <optional>

namespace keypact::config {
namespace {

constexpr auto kHighest = std::numeric_limits<std::uint32_t>::max();

std::optional<std::uint32_t> number(std::string_view text) {
  const auto value = parse_number(text, kHighest);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

std::optional<Choice> choice_of(std::string_view word) {
  if (word == "%unique") return Choice::unique;
  if (word == "%unique-dir") return Choice::unique_dir;
  return std::nullopt;
}

/// A number and a mask, either of which may be left out of `text`; no value where a word stands in its place.
struct Parts {
  std::string_view word;
  std::optional<std::uint32_t> value;
  std::uint32_t mask = kHighest;
};
std::optional<Parts> parts_of(std::string_view text) {
  Parts parts;
  const auto slash = text.find('/');
  parts.word = text.substr(0, slash);
  parts.value = number(parts.word);
  if (slash == std::string_view::npos) return parts;
  const auto mask = number(text.substr(slash + 1));
  if (!mask) return std::nullopt;
  parts.mask = *mask;
  return parts;
}

MarkText given(const Parts& parts) { return {{*parts.value & parts.mask, parts.mask}}; }

}  // namespace

Result<MarkText, GrammarError> parse_mark(std::string_view text) {
  const auto parts = parts_of(text);
  const auto choice = parts ? choice_of(parts->word) : std::nullopt;
  if (choice) return MarkText{{0, parts->mask}, *choice};
  if (parts && parts->value) return given(*parts);
  return failure(GrammarError{std::string(text), "expected a mark with an optional mask: 0x10/0xff, or %unique", ""});
}

Result<MarkText, GrammarError> parse_set_mark(std::string_view text) {
  const auto parts = parts_of(text);
  if (parts && parts->word == "%same") return MarkText{{0, parts->mask}, Choice::given, true};
  if (parts && parts->value) return given(*parts);
  return failure(GrammarError{std::string(text), "expected a mark with an optional mask: 0x10/0xff, or %same", ""});
}

Result<InterfaceIdText, GrammarError> parse_interface_id(std::string_view text) {
  if (const auto choice = choice_of(text)) return InterfaceIdText{0, *choice};
  if (const auto value = number(text)) return InterfaceIdText{*value};
  return failure(GrammarError{std::string(text), "expected a number of 32 bits, %unique or %unique-dir", ""});
}

}  // namespace keypact::config
