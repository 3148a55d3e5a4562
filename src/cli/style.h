// Style: what the terminal can show. Colour only where somebody looks and did not decline it, UTF-8 only where the locale has it.
#pragma once

#include <string>
#include <string_view>

namespace keypact::cli {

struct Style {
  bool colour = false;
  bool utf8 = false;

  [[nodiscard]] std::string good(std::string_view text) const { return painted("32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return painted("31", text); }
  [[nodiscard]] std::string uncertain(std::string_view text) const { return painted("33", text); }
  [[nodiscard]] std::string faint(std::string_view text) const { return painted("2", text); }
  [[nodiscard]] std::string strong(std::string_view text) const { return painted("1", text); }

  [[nodiscard]] std::string_view full_dot() const { return utf8 ? "\u25cf" : "*"; }
  [[nodiscard]] std::string_view half_dot() const { return utf8 ? "\u25d0" : "~"; }
  [[nodiscard]] std::string_view empty_dot() const { return utf8 ? "\u25cb" : "-"; }
  [[nodiscard]] std::string_view sent() const { return utf8 ? "\u2192" : "->"; }
  [[nodiscard]] std::string_view received() const { return utf8 ? "\u2190" : "<-"; }
  [[nodiscard]] std::string_view between() const { return utf8 ? "\u2194" : "<->"; }

  /// A text of the daemon as this terminal can show it: no control characters; without UTF-8 "§" becomes "section ".
  [[nodiscard]] std::string shown(std::string_view text) const;

 private:
  [[nodiscard]] std::string painted(std::string_view code, std::string_view text) const;
};

/// For a descriptor of this process, from the environment: NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG.
[[nodiscard]] Style style_of_terminal(int descriptor);

}  // namespace keypact::cli
