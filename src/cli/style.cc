#include "cli/style.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cli/human.h"

namespace keypact::cli {

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// The first of the three that is set decides, as in setlocale(3).
bool locale_is_utf8() {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (value.empty()) continue;
    for (const auto* charset : {"UTF-8", "utf8", "utf-8", "UTF8"}) {
      if (value.find(charset) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

}  // namespace

std::string Style::painted(std::string_view code, std::string_view text) const {
  if (!colour) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

std::string Style::shown(std::string_view text) const {
  static constexpr std::string_view kSectionSign = "\u00a7";
  std::string out = printable(text);
  if (utf8) return out;
  for (auto at = out.find(kSectionSign); at != std::string::npos; at = out.find(kSectionSign, at)) {
    out.replace(at, kSectionSign.size(), "section ");
  }
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return out;
}

Style style_of_terminal(int descriptor) {
  Style style;
  style.colour = isatty(descriptor) == 1 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  style.utf8 = locale_is_utf8();
  return style;
}

}  // namespace keypact::cli
