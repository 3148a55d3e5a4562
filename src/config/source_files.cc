#include "config/source_files.h"

#include <algorithm>
#include <array>

namespace keypact::config {
namespace {

constexpr std::size_t kShownOctets = 120;
constexpr std::string_view kMask = "****";

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

/// Words of the secrets section that are grammar and no part of a secret.
bool is_grammar_word(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kWords = {
      "secrets", "secret",      "file",        "handle", "pools",   "slot",      "module",
      "include", "connections", "authorities", "radius", "address", "auth_port", "nas_identifier"};
  static constexpr std::array<std::string_view, 11> kPrefixes = {"id",      "ike", "eap",   "xauth", "ntlm",  "ppk",
                                                                 "private", "rsa", "ecdsa", "pkcs8", "pkcs12"};
  if (std::ranges::find(kWords, word) != kWords.end()) return true;
  return std::ranges::any_of(kPrefixes, [word](std::string_view prefix) {
    if (!word.starts_with(prefix)) return false;
    const auto suffix = word.substr(prefix.size());
    return suffix.empty() || suffix.front() == '-' || suffix.front() == '_' ||
           (suffix.front() >= '0' && suffix.front() <= '9');
  });
}

/// The words of the grammar in a text, everything else masked.
std::string only_grammar(std::string_view text) {
  constexpr std::string_view kDelimiters = " \t{}=:,.";
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = std::min(text.find_first_of(kDelimiters, begin), text.size());
    const auto word = text.substr(begin, end - begin);
    if (!word.empty()) result += word == kMask || is_grammar_word(word) ? word : kMask;
    if (end < text.size()) result += text[end++];
    begin = end;
  }
  return result;
}

/// At most kShownOctets of the line around the caret.
ShownLine shortened(std::string text, unsigned caret) {
  if (text.size() <= kShownOctets) return {std::move(text), caret};
  const std::size_t target = caret > 0 ? caret - 1 : 0;
  const std::size_t begin = target > kShownOctets / 2 ? target - kShownOctets / 2 : 0;
  std::string window = begin > 0 ? "..." : "";
  window += text.substr(begin, kShownOctets);
  if (begin + kShownOctets < text.size()) window += "...";
  return {std::move(window), caret == 0 ? 0 : static_cast<unsigned>(target - begin + (begin > 0 ? 3 : 0) + 1)};
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string result(text.substr(0, limit));
  std::ranges::replace_if(result, [](char c) { return !is_printable(c) && c != '\t'; }, '?');
  if (text.size() > limit) result += "...";
  return result;
}

std::uint32_t SourceFiles::add(std::string name, Secret text) {
  files_.push_back({std::move(name), std::move(text), {}});
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void SourceFiles::add_value(std::uint32_t file, std::size_t begin, std::size_t end) {
  files_[file].values.push_back({begin, end});
}

SourceFiles::Span SourceFiles::line_span(const SourcePosition& at) const {
  const auto whole = text(at.file);
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < at.line && begin < whole.size(); ++line) {
    const auto newline = whole.find('\n', begin);
    begin = newline == std::string_view::npos ? whole.size() : newline + 1;
  }
  return {begin, std::min(whole.find('\n', begin), whole.size())};
}

std::string SourceFiles::with_masked_values(const File& file, Span line, unsigned& caret) const {
  const auto whole = as_text(file.text.reveal());
  const std::size_t target = line.begin + (caret > 0 ? caret - 1 : 0);
  auto value = std::ranges::partition_point(file.values, [&](const Span& span) { return span.end <= line.begin; });
  std::string masked;
  std::size_t position = line.begin;
  unsigned new_caret = 0;
  for (; value != file.values.end() && value->begin < line.end; ++value) {
    if (value->begin > position) masked += whole.substr(position, value->begin - position);
    if (new_caret == 0 && target < value->end) {
      const auto beyond = value->begin > target ? value->begin - target : 0;
      new_caret = static_cast<unsigned>(masked.size() - beyond + 1);
    }
    masked += kMask;
    position = std::max(position, std::min(value->end, line.end));
  }
  if (new_caret == 0) new_caret = static_cast<unsigned>(masked.size() + (target - std::min(target, position)) + 1);
  masked += whole.substr(position, line.end - position);
  if (caret > 0) caret = new_caret;
  return masked;
}

ShownLine SourceFiles::shown(const SourcePosition& at, Masking masking) const {
  if (at.line == 0 || at.file >= files_.size()) return {};
  const auto& file = files_[at.file];
  const auto line = line_span(at);
  unsigned caret = at.column;
  std::string shown_text;
  if (masking == Masking::none) {
    shown_text = text(at.file).substr(line.begin, line.end - line.begin);
  } else {
    shown_text = with_masked_values(file, line, caret);
  }
  if (masking == Masking::rest) {
    shown_text = only_grammar(shown_text.substr(0, caret > 0 ? caret - 1 : 0));
    caret = static_cast<unsigned>(shown_text.size() + 1);
    shown_text += kMask;
  }
  return shortened(printable(shown_text, shown_text.size()), caret);
}

SourcePosition SourceFiles::find(const SourcePosition& at, std::string_view part) const {
  if (at.line == 0 || at.file >= files_.size() || part.empty()) return at;
  const auto line = line_span(at);
  const auto found = text(at.file).substr(0, line.end).find(part, line.begin + at.column - 1);
  if (found == std::string_view::npos) return at;
  return {at.file, at.line, static_cast<std::uint32_t>(found - line.begin + 1)};
}

}  // namespace keypact::config
