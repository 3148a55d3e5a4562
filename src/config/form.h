// The forms of values that have no reader of their own: whether a text has the form, and its canonical text, by which the
// values without effect are recognised.
#pragma once

#include "base/result.h"
#include "config/setting_rules.h"
#include "config/value_grammar.h"

namespace keypact::config {

/// "yes" or "no" for booleans, decimal digits for numbers, seconds and octets, lower case for words, else the text itself.
[[nodiscard]] Result<std::string, GrammarError> canonical(const SettingRule& rule, std::string_view text);

}  // namespace keypact::config
