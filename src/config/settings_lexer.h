// SettingsLexer: the words of one file of swanctl.conf's syntax. A name and a value have different alphabets, so the parser
// says after "=" that it wants a value. Positions are octets; the text is never copied except for values.
#pragma once

#include <optional>

#include "config/source_files.h"

namespace keypact::config {

enum class TokenKind : std::uint8_t {
  name,
  open,
  close,
  colon,
  comma,
  dot,
  equals,
  include,  ///< the word "include" where a pattern follows
  quote,    ///< a string where none may stand; it is still unread, for value()
  control,  ///< an octet that no text has
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  SourcePosition at;
};

enum class LexicalError : std::uint8_t { unterminated_string, control_character, value_too_long };

struct LexedValue {
  Secret text;
  SourcePosition at;
  bool quoted = false;
  std::optional<LexicalError> error;     ///< then `at` is its place
  std::optional<SourcePosition> cut_at;  ///< a "#" that ends the value without a blank before it
};

class SettingsLexer {
 public:
  SettingsLexer(SourceFiles& files, std::uint32_t file);

  Token next();
  /// The next token, which stays the next.
  [[nodiscard]] const Token& peek();
  /// `token`, which came from next() just now, becomes the next again.
  void unread(const Token& token) { peeked_ = token; }
  /// The value after "=", up to the end of the line, "#" or "}". Its place is remembered by the SourceFiles.
  [[nodiscard]] LexedValue value();
  /// The pattern after "include": one word, or a quoted string.
  [[nodiscard]] LexedValue include_pattern();
  /// True after an unterminated string: nothing behind it can be understood.
  [[nodiscard]] bool is_lost() const { return lost_; }

 private:
  [[nodiscard]] Token scan();
  [[nodiscard]] bool include_follows() const;
  void skip_blanks();
  void skip_white_space_and_comments();
  void quoted_part(LexedValue& value);
  void put(LexedValue& value, const SourcePosition& at, char c);
  [[nodiscard]] Secret take_scratch();
  [[nodiscard]] char escaped();
  [[nodiscard]] SourcePosition position() const;
  [[nodiscard]] bool at_end() const { return offset_ >= text_.size(); }
  [[nodiscard]] char current() const { return text_[offset_]; }
  void advance();

  SourceFiles& files_;
  std::uint32_t file_;
  std::string_view text_;
  std::size_t offset_ = 0;
  std::uint32_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::optional<Token> peeked_;
  bool lost_ = false;
  Secret scratch_;  ///< the value that is being read, never longer than the text: no copies of it stay behind
  std::size_t length_ = 0;
};

}  // namespace keypact::config
