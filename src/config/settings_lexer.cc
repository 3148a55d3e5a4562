#include "config/settings_lexer.h"

#include <algorithm>

#include "config/config_limits.h"

namespace keypact::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
/// Control characters other than white space: text has none, and they forge terminal output.
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && !is_blank(c)) || c == 0x7f; }
bool is_name_character(char c) {
  return !is_blank(c) && !is_control(c) && std::string_view(".,:{}=\"#\n").find(c) == std::string_view::npos;
}
bool ends_bare_word(char c) { return is_blank(c) || is_control(c) || c == '\n' || c == '#' || c == '}' || c == '"'; }

}  // namespace

SettingsLexer::SettingsLexer(SourceFiles& files, std::uint32_t file)
    : files_(files), file_(file), text_(files.text(file)), scratch_(std::min(limits::kValueOctets, text_.size())) {
  if (text_.starts_with(kByteOrderMark)) offset_ = line_begin_ = kByteOrderMark.size();
}

void SettingsLexer::put(LexedValue& value, const SourcePosition& at, char c) {
  if (length_ < scratch_.size()) {
    scratch_.reveal_mutable()[length_++] = static_cast<std::uint8_t>(c);
  } else if (!value.error) {
    value.error = LexicalError::value_too_long;
    value.at = at;
  }
}

Secret SettingsLexer::take_scratch() {
  auto taken = Secret::copy_of(scratch_.reveal().first(length_));
  wipe_octets(scratch_.reveal_mutable().first(length_));
  length_ = 0;
  return taken;
}

SourcePosition SettingsLexer::position() const {
  return {file_, line_, static_cast<std::uint32_t>(offset_ - line_begin_ + 1)};
}

void SettingsLexer::advance() {
  if (current() == '\n') {
    ++line_;
    line_begin_ = offset_ + 1;
  }
  ++offset_;
}

void SettingsLexer::skip_blanks() {
  while (!at_end() && is_blank(current())) advance();
}

void SettingsLexer::skip_white_space_and_comments() {
  while (!at_end()) {
    if (is_blank(current()) || current() == '\n') {
      advance();
    } else if (current() == '#') {
      while (!at_end() && current() != '\n') advance();
    } else {
      return;
    }
  }
}

Token SettingsLexer::next() {
  if (peeked_) {
    const auto token = *peeked_;
    peeked_.reset();
    return token;
  }
  return scan();
}

const Token& SettingsLexer::peek() {
  if (!peeked_) peeked_ = scan();
  return *peeked_;
}

/// "include" is a statement when blanks and then something other than "=" follow on the line.
bool SettingsLexer::include_follows() const {
  const auto after = text_.find_first_not_of(" \t", offset_);
  return after != std::string_view::npos && after > offset_ && text_[after] != '=';
}

Token SettingsLexer::scan() {
  skip_white_space_and_comments();
  const auto at = position();
  if (at_end()) return {TokenKind::end, {}, at};
  const auto begin = offset_;
  const auto single = [&](TokenKind kind) {
    advance();
    return Token{kind, text_.substr(begin, 1), at};
  };
  switch (current()) {
    case '{': return single(TokenKind::open);
    case '}': return single(TokenKind::close);
    case ':': return single(TokenKind::colon);
    case ',': return single(TokenKind::comma);
    case '.': return single(TokenKind::dot);
    case '=': return single(TokenKind::equals);
    case '"': return {TokenKind::quote, text_.substr(begin, 1), at};
    default: break;
  }
  if (is_control(current())) return single(TokenKind::control);
  while (!at_end() && is_name_character(current())) advance();
  const auto word = text_.substr(begin, offset_ - begin);
  return {word == "include" && include_follows() ? TokenKind::include : TokenKind::name, word, at};
}

/// The character that a backslash in a string stands for; '\0' for a joined line.
char SettingsLexer::escaped() {
  const char c = current();
  advance();
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '\n': return '\0';
    case '\r':
      if (!at_end() && current() == '\n') {
        advance();
        return '\0';
      }
      return c;
    default: return c;
  }
}

void SettingsLexer::quoted_part(LexedValue& value) {
  const auto at = position();
  value.quoted = true;
  advance();
  while (!at_end()) {
    const auto here = position();
    const char c = current();
    if (is_control(c) && !value.error) {
      value.error = LexicalError::control_character;
      value.at = here;
    }
    advance();
    if (c == '"') return;
    if (c != '\\') {
      put(value, here, c);
    } else if (!at_end()) {
      if (const char meant = escaped(); meant != '\0') put(value, here, meant);
    }
  }
  value.error = LexicalError::unterminated_string;
  value.at = at;
  lost_ = true;
}

LexedValue SettingsLexer::value() {
  peeked_.reset();
  skip_blanks();
  LexedValue value;
  value.at = position();
  const auto begin = offset_;
  auto end = offset_;
  bool first = true;
  while (!at_end() && current() != '\n' && current() != '#' && current() != '}') {
    if (!first) put(value, position(), ' ');
    first = false;
    if (current() == '"') {
      quoted_part(value);
    } else if (is_control(current())) {
      if (!value.error) value.error = LexicalError::control_character;
      value.at = position();
      advance();
    } else {
      for (; !at_end() && !ends_bare_word(current()); advance()) put(value, position(), current());
    }
    end = offset_;
    skip_blanks();
  }
  if (!at_end() && current() == '#') {
    if (end == offset_ && end > begin && text_[end - 1] != '"') value.cut_at = position();
    // What was meant as a part of a secret may stand behind the "#".
    end = std::min(text_.find('\n', offset_), text_.size());
  }
  if (end > begin) files_.add_value(file_, begin, end);
  value.text = take_scratch();
  return value;
}

LexedValue SettingsLexer::include_pattern() {
  peeked_.reset();
  skip_blanks();
  LexedValue pattern;
  pattern.at = position();
  if (!at_end() && current() == '"') {
    quoted_part(pattern);
  } else {
    while (!at_end() && !ends_bare_word(current())) {
      const auto here = position();
      char c = current();
      advance();
      if (c == '\\' && !at_end() && std::string_view(" \"#}").find(current()) != std::string_view::npos) {
        c = current();
        advance();
      }
      put(pattern, here, c);
    }
  }
  pattern.text = take_scratch();
  return pattern;
}

}  // namespace keypact::config
