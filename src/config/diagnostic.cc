#include "config/diagnostic.h"

#include <algorithm>

namespace keypact::config {
namespace {

std::string place(const Diagnostic& diagnostic) {
  if (diagnostic.file.empty()) return {};
  std::string text = diagnostic.file + ':';
  if (diagnostic.line == 0) return text + ' ';
  text += std::to_string(diagnostic.line) + ':';
  if (diagnostic.column != 0) text += std::to_string(diagnostic.column) + ':';
  return text + ' ';
}

/// Blanks up to the caret; tabs stay tabs, so that the caret stands below its character.
std::string indent_to(const std::string& shown, unsigned caret) {
  std::string indent = shown.substr(0, caret - 1);
  std::ranges::replace_if(indent, [](char c) { return c != '\t'; }, ' ');
  return indent;
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = place(diagnostic);
  text += diagnostic.severity == Severity::error ? "error: " : "warning: ";
  text += diagnostic.what + '\n';
  if (!diagnostic.shown.empty()) {
    const auto number = std::to_string(diagnostic.line);
    const std::string margin(number.size(), ' ');
    text += "  " + number + " | " + diagnostic.shown + '\n';
    if (diagnostic.caret > 0 && diagnostic.caret <= diagnostic.shown.size() + 1)
      text += "  " + margin + " | " + indent_to(diagnostic.shown, diagnostic.caret) + "^\n";
  }
  if (!diagnostic.why.empty()) text += "  rule: " + diagnostic.why + '\n';
  if (!diagnostic.remedy.empty()) text += "  hint: " + diagnostic.remedy + '\n';
  return text;
}

std::string one_line(const Diagnostic& diagnostic) {
  std::string text = diagnostic.what;
  if (!diagnostic.why.empty()) text += ": " + diagnostic.why;
  if (!diagnostic.remedy.empty()) text += ". " + diagnostic.remedy;
  return text;
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const auto& d) { return d.severity == Severity::error; });
}

}  // namespace keypact::config
