// Placement grammar: marks and ids of XFRM interfaces as swanctl.conf writes them.
#pragma once

#include <string_view>

#include "base/result.h"
#include "config/placement_setting.h"
#include "config/value_grammar.h"

namespace keypact::config {

struct MarkText {
  Mark mark;  ///< its value is under its mask; 0 for one that is chosen
  Choice choice = Choice::given;
  bool same = false;
};
/// value[/mask] as numbers of 32 bits, where %unique and %unique-dir leave the value to us. Without a mask all bits count.
[[nodiscard]] Result<MarkText, GrammarError> parse_mark(std::string_view text);
/// The same, where %same stands for the value of the direction's mark, and nothing is left to us.
[[nodiscard]] Result<MarkText, GrammarError> parse_set_mark(std::string_view text);

struct InterfaceIdText {
  std::uint32_t value = 0;
  Choice choice = Choice::given;
};
/// A number of 32 bits, %unique or %unique-dir.
[[nodiscard]] Result<InterfaceIdText, GrammarError> parse_interface_id(std::string_view text);

}  // namespace keypact::config
