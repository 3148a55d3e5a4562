#include "config/settings_parser.h"

#include <algorithm>

#include "config/config_limits.h"
#include "config/settings_lexer.h"

namespace keypact::config {
namespace {

/// The directory of a path with its trailing slash; empty for a bare file name.
std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

bool has_wildcard(const std::string& pattern) { return pattern.find_first_of("*?[") != std::string::npos; }

Remark lexical_remark(LexicalError error) {
  switch (error) {
    case LexicalError::unterminated_string:
      return {"this string has no end", "a string goes from one \" to the next; \\\" stands for the character itself",
              "add the missing \""};
    case LexicalError::control_character: return {"control character", "a configuration is text", "remove it"};
    case LexicalError::value_too_long:
      return {"this value is too long", "a value has at most " + std::to_string(limits::kValueOctets) + " octets"};
  }
  return {};
}

class Parser {
 public:
  Parser(FileSource& source, SourceFiles& files, Problems& problems)
      : source_(source), files_(files), problems_(problems) {}

  void file(const std::string& path, const SourcePosition& included_at, RawSection& section);

 private:
  void body(SettingsLexer& lexer, RawSection& section, const SourcePosition& opened_at, bool whole_file);
  void statement(SettingsLexer& lexer, RawSection& section, const Token& name);
  void value_statement(SettingsLexer& lexer, RawSection& section, const Token& name);
  void section_statement(SettingsLexer& lexer, RawSection& section, const Token& name, const SourcePosition& opened_at,
                         std::vector<RawReference> references);
  std::vector<RawReference> reference_list(SettingsLexer& lexer);
  void include(SettingsLexer& lexer, const SourcePosition& at, RawSection& section);
  void recover(SettingsLexer& lexer, const Token& offending);
  void unexpected(SettingsLexer& lexer, const Token& token, const std::string& expected);
  void report(const SourcePosition& at, Remark remark) { problems_.error(at, std::move(remark), masking()); }
  [[nodiscard]] Masking masking() const;
  [[nodiscard]] bool stopped() const { return stopped_ || problems_.full(); }

  FileSource& source_;
  SourceFiles& files_;
  Problems& problems_;
  std::vector<std::string> open_files_;     ///< the chain of includes
  std::vector<std::string> open_sections_;  ///< from the root; the root itself is not in it
  std::size_t octets_ = 0;
  std::size_t file_count_ = 0;
  bool stopped_ = false;
};

/// What a syntax error may show of its line: everything only where no secret can stand.
Masking Parser::masking() const {
  if (open_sections_.empty()) return Masking::rest;
  const auto& top = open_sections_.front();
  return top == "connections" || top == "pools" || top == "authorities" ? Masking::none : Masking::rest;
}

void Parser::file(const std::string& path, const SourcePosition& included_at, RawSection& section) {
  if (std::ranges::find(open_files_, path) != open_files_.end()) {
    problems_.error(included_at, {printable(path) + " includes itself", "a file may not include one that includes it"});
    return;
  }
  if (open_files_.size() > limits::kIncludeDepth || file_count_ >= limits::kFiles) {
    problems_.error(included_at, {"too many includes at " + printable(path),
                                  "at most " + std::to_string(limits::kIncludeDepth) + " within each other and " +
                                      std::to_string(limits::kFiles) + " files in all"});
    stopped_ = true;
    return;
  }
  auto text = source_.read(path, limits::kTotalOctets - octets_);
  if (!text) {
    problems_.error(included_at, {text.error().what, text.error().why, text.error().remedy});
    return;
  }
  octets_ += text->size();
  ++file_count_;
  const auto index = files_.add(path, std::move(*text));
  open_files_.push_back(path);
  SettingsLexer lexer(files_, index);
  body(lexer, section, {index, 1, 1}, true);
  open_files_.pop_back();
}

void Parser::body(SettingsLexer& lexer, RawSection& section, const SourcePosition& opened_at, bool whole_file) {
  while (!stopped()) {
    const auto token = lexer.next();
    switch (token.kind) {
      case TokenKind::end:
        if (whole_file || lexer.is_lost()) return;
        report(opened_at, {"section \"" + printable(section.name()) + "\" has no end",
                           "the file ends before the } of the section", "add the missing }"});
        stopped_ = true;
        return;
      case TokenKind::close:
        if (!whole_file) return;
        report(token.at,
               {"} without a section", "each } ends a section that a { began", "remove it, or add the missing {"});
        break;
      case TokenKind::include: include(lexer, token.at, section); break;
      case TokenKind::name: statement(lexer, section, token); break;
      default: unexpected(lexer, token, "the name of a setting or of a section"); break;
    }
  }
}

void Parser::statement(SettingsLexer& lexer, RawSection& section, const Token& name) {
  if (name.text.size() > limits::kNameOctets) {
    report(name.at, {"this name is too long", "a name has at most " + std::to_string(limits::kNameOctets) + " octets"});
    recover(lexer, lexer.next());
    return;
  }
  const auto token = lexer.next();
  switch (token.kind) {
    case TokenKind::equals: value_statement(lexer, section, name); return;
    case TokenKind::open: section_statement(lexer, section, name, token.at, {}); return;
    case TokenKind::colon: {
      auto references = reference_list(lexer);
      if (references.empty()) return;
      const auto open = lexer.next();
      if (open.kind == TokenKind::open) section_statement(lexer, section, name, open.at, std::move(references));
      else unexpected(lexer, open, "{ or , after a reference");
      return;
    }
    case TokenKind::dot:
      report(token.at, {"a name cannot have a dot in it", "a path with dots is understood after : only",
                        "write nested sections: a { b = c }"});
      recover(lexer, token);
      return;
    default: unexpected(lexer, token, "= or { or : after a name"); return;
  }
}

void Parser::value_statement(SettingsLexer& lexer, RawSection& section, const Token& name) {
  auto value = lexer.value();
  if (value.error) {
    report(value.at, lexical_remark(*value.error));
    return;
  }
  if (value.cut_at) {
    problems_.warning(*value.cut_at,
                      {"the value of " + printable(name.text) + " ends here", "# begins a comment, also within a word",
                       "put the value in quotes if the # is a part of it, else write a blank before it"},
                      masking() == Masking::none ? Masking::none : Masking::values);
  }
  Setting setting;
  setting.name = std::string(name.text);
  setting.values.push_back(std::move(value.text));
  setting.quoted = value.quoted;
  setting.at = name.at;
  setting.value_at = value.at;
  section.set(std::move(setting));
}

void Parser::section_statement(SettingsLexer& lexer, RawSection& section, const Token& name,
                               const SourcePosition& opened_at, std::vector<RawReference> references) {
  if (open_sections_.size() >= limits::kSectionDepth) {
    report(opened_at, {"too many sections within each other", "at most " + std::to_string(limits::kSectionDepth)});
    stopped_ = true;
    return;
  }
  auto& opened = section.open(std::string(name.text), name.at);
  for (auto& reference : references) opened.refer_to(std::move(reference));
  open_sections_.emplace_back(name.text);
  body(lexer, opened, name.at, false);
  open_sections_.pop_back();
}

/// a.b, c.d: empty after an error.
std::vector<RawReference> Parser::reference_list(SettingsLexer& lexer) {
  std::vector<RawReference> references;
  RawReference reference;
  for (;;) {
    const auto token = lexer.next();
    if (token.kind != TokenKind::name && token.kind != TokenKind::include) {
      unexpected(lexer, token, "the name of a section");
      return {};
    }
    if (reference.path.empty()) reference.at = token.at;
    reference.path.emplace_back(token.text);
    const auto kind = lexer.peek().kind;
    if (kind == TokenKind::dot) {
      lexer.next();
      continue;
    }
    references.push_back(std::exchange(reference, {}));
    if (kind != TokenKind::comma) return references;
    lexer.next();
  }
}

void Parser::include(SettingsLexer& lexer, const SourcePosition& at, RawSection& section) {
  const auto pattern = lexer.include_pattern();
  if (pattern.error) {
    report(pattern.at, lexical_remark(*pattern.error));
    return;
  }
  std::string path(as_text(pattern.text.reveal()));
  if (path.empty()) {
    problems_.warning(at, {"include without a file"}, masking());
    return;
  }
  if (!path.starts_with('/')) path = directory_of(open_files_.back()) + path;
  const auto found = source_.glob(path);
  if (!found) {
    problems_.error(pattern.at, {found.error().what, found.error().why, found.error().remedy}, masking());
    return;
  }
  if (found->empty() && !has_wildcard(path))
    problems_.warning(pattern.at, {"no file " + printable(path), "the include has no effect"}, masking());
  for (const auto& name : *found) {
    if (stopped()) return;
    file(name, pattern.at, section);
  }
}

void Parser::unexpected(SettingsLexer& lexer, const Token& token, const std::string& expected) {
  std::string what = "unexpected ";
  switch (token.kind) {
    case TokenKind::name:
    case TokenKind::include: what += masking() == Masking::none ? '"' + printable(token.text) + '"' : "word"; break;
    case TokenKind::quote: what += "string"; break;
    case TokenKind::control: what += "control character"; break;
    case TokenKind::end: what += "end of the file"; break;
    default: what += token.text; break;
  }
  report(token.at, {what, "expected " + expected});
  recover(lexer, token);
}

/// Goes on behind a statement that was not understood: at the end of its line, at the } that follows it, or in the section
/// that it opens.
void Parser::recover(SettingsLexer& lexer, const Token& offending) {
  auto token = offending;
  if (token.kind == TokenKind::close) {
    lexer.unread(token);  // it ends a section all the same
    return;
  }
  for (;;) {
    if (token.kind == TokenKind::end) return;
    if (token.kind == TokenKind::equals || token.kind == TokenKind::quote) {
      // The rest of the line is a value, or was meant to be one.
      static_cast<void>(lexer.value());
      return;
    }
    if (token.kind == TokenKind::open) {
      RawSection discarded("", token.at);
      if (open_sections_.size() >= limits::kSectionDepth) {
        stopped_ = true;
        return;
      }
      open_sections_.emplace_back("?");
      body(lexer, discarded, token.at, false);
      open_sections_.pop_back();
      return;
    }
    const auto& following = lexer.peek();
    if (following.kind == TokenKind::close || following.at.line != token.at.line) return;
    token = lexer.next();
  }
}

}  // namespace

const RawSection* RawSection::section(const std::string& name) const {
  const auto found = section_index_.find(name);
  return found == section_index_.end() ? nullptr : sections_[found->second].get();
}

void RawSection::set(Setting setting) {
  const auto [found, added] = setting_index_.try_emplace(setting.name, settings_.size());
  if (added) settings_.push_back(std::move(setting));
  else settings_[found->second] = std::move(setting);
}

RawSection& RawSection::open(const std::string& name, const SourcePosition& at) {
  const auto [found, added] = section_index_.try_emplace(name, sections_.size());
  if (added) sections_.push_back(std::make_unique<RawSection>(name, at));
  return *sections_[found->second];
}

std::unique_ptr<RawSection> parse_settings(FileSource& source, const std::string& path, SourceFiles& files,
                                           Problems& problems) {
  auto root = std::make_unique<RawSection>("", SourcePosition{});
  Parser(source, files, problems).file(path, {}, *root);
  return root;
}

}  // namespace keypact::config
