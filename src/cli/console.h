// Console: where a verb writes. Each line appears at once, so that a ladder can be watched while it grows.
#pragma once

#include <ostream>

#include "cli/style.h"

namespace keypact::cli {

struct Console {
  std::ostream& out;
  std::ostream& err;
  Style style;        ///< of out
  Style error_style;  ///< of err
  bool json = false;

  /// One or more lines, with or without the last newline.
  void print(std::string_view text) const { write(out, text); }
  void complain(std::string_view text) const { write(err, text); }

 private:
  static void write(std::ostream& stream, std::string_view text) {
    stream << text;
    if (!text.ends_with('\n')) stream << '\n';
    stream.flush();
  }
};

}  // namespace keypact::cli
