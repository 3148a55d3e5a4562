// SourceFiles: the texts of a configuration while it is read, for diagnostics that show the line; they know where the values
// are, so that a line of the secrets section is shown without them.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"

namespace keypact::config {

/// A place in one of the files; line 0 is nowhere (settings that came over the control interface).
struct SourcePosition {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;  ///< in octets, from 1
};

enum class Masking : std::uint8_t {
  none,
  values,  ///< all values of the line are masked
  rest,    ///< from the position on everything is masked, and before it all that is no word of the grammar
};

struct ShownLine {
  std::string text;
  unsigned caret = 0;
};

class SourceFiles {
 public:
  std::uint32_t add(std::string name, Secret text);
  [[nodiscard]] const std::string& name(std::uint32_t file) const { return files_[file].name; }
  [[nodiscard]] std::string_view text(std::uint32_t file) const { return as_text(files_[file].text.reveal()); }

  /// The octets from `begin` to `end` of the file are a value; to be told in ascending order.
  void add_value(std::uint32_t file, std::size_t begin, std::size_t end);

  /// The line of a position, fit for a terminal, shortened around the position.
  [[nodiscard]] ShownLine shown(const SourcePosition& at, Masking masking) const;
  /// The column of `part` in the value that begins at `at`, when it is found on that line; else that of the value.
  [[nodiscard]] SourcePosition find(const SourcePosition& at, std::string_view part) const;

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct File {
    std::string name;
    Secret text;
    std::vector<Span> values;
  };
  [[nodiscard]] Span line_span(const SourcePosition& at) const;
  [[nodiscard]] std::string with_masked_values(const File& file, Span line, unsigned& caret) const;

  std::vector<File> files_;
};

/// Every octet that is not printable ASCII as '?' (tabs stay), at most `limit` octets; for quoting values in messages.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

}  // namespace keypact::config
