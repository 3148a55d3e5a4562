// The prefixes of numbers as C, and so strongSwan's files and tools, write them: 0x12 is 18, and so is 022.
#pragma once

#include <string_view>

namespace keypact {

/// Takes the prefix off and tells the base. The zero of an octal number stays: it counts for nothing.
constexpr int take_base(std::string_view& number) {
  if (number.starts_with("0x") || number.starts_with("0X")) {
    number.remove_prefix(2);
    return 16;
  }
  return number.size() > 1 && number.front() == '0' ? 8 : 10;
}

}  // namespace keypact
