#include "config/command_grammar.h"

#include <utility>

namespace keypact::config {
namespace {

constexpr std::string_view kOfShells = "|&;<>$`()*?[]{}~#!\\\n";

/// What stands in quotes, from the opening one at `at`, which moves behind the closing one; nothing when that is missing.
std::optional<std::string_view> take_quoted(std::string_view text, std::size_t& at) {
  const auto end = text.find(text[at], at + 1);
  if (end == std::string_view::npos) return std::nullopt;
  const auto quoted = text.substr(at + 1, end - at - 1);
  at = end + 1;
  return quoted;
}

}  // namespace

std::expected<std::vector<std::string>, GrammarError> parse_command(std::string_view text) {
  const auto error = [](std::string_view part, std::string why, std::string remedy) {
    return std::unexpected(GrammarError{std::string(part), std::move(why), std::move(remedy)});
  };
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t') {
      in_word = false;
      ++at;
      continue;
    }
    if (!std::exchange(in_word, true)) words.emplace_back();
    if (c == '\'' || c == '"') {
      const auto rest = text.substr(at);
      const auto quoted = take_quoted(text, at);
      if (!quoted) return error(rest, "the quotation does not end", "add the closing quote");
      words.back() += *quoted;
    } else if (kOfShells.contains(c)) {
      return error(text.substr(at, 1), "the command is run without a shell, which alone would understand this",
                   "put it into a script, and name that");
    } else {
      words.back() += c;
      ++at;
    }
  }
  if (words.empty() || !words.front().starts_with('/'))
    return error(text, "the program is not named by its absolute path",
                 "write the whole path, such as /etc/keypact/updown");
  return words;
}

}  // namespace keypact::config
