// A command of the configuration as the words that a program is started with: no shell reads it (rows A28, K07).
#pragma once

#include <expected>

#include "config/value_grammar.h"

namespace keypact::config {

/// Words between blanks; '...' and "..." hold blanks together. The first one is the absolute path of a program. What only a shell
/// would understand is an error.
[[nodiscard]] std::expected<std::vector<std::string>, GrammarError> parse_command(std::string_view text);

}  // namespace keypact::config
