// Diagnostic: one error or warning about a configuration: the place, what is wrong, by which rule, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace keypact::config {

enum class Severity : std::uint8_t { warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string file;     ///< empty when the setting did not come from a file
  unsigned line = 0;    ///< from 1; 0 without a file
  unsigned column = 0;  ///< in octets, from 1
  std::string what;     ///< names the setting: "connections.gw.version: "3" is no IKE version"
  std::string why;      ///< the rule; may be empty
  std::string remedy;   ///< may be empty
  std::string shown;    ///< the line of the file, printable and with secrets masked; may be empty
  unsigned caret = 0;   ///< column within `shown`, from 1; 0: nothing to point at
};

/// As a compiler prints it: "file:line:column: error: what", the line with a caret, the rule and the remedy. Several lines,
/// each ended by a newline.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

/// Without place and line: "what: why. remedy", for answers of the control interface.
[[nodiscard]] std::string one_line(const Diagnostic& diagnostic);

[[nodiscard]] bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace keypact::config
