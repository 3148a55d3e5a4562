// SectionReader: one section of the settings tree against its rules. It says what is unknown, misplaced, or without effect in
// this version, and gives the other values by their forms; each error goes to the problems with its place.
#pragma once

#include <optional>
#include <utility>

#include "base/result.h"
#include "config/problems.h"
#include "config/setting_rules.h"
#include "config/settings_tree.h"
#include "config/value_grammar.h"

namespace keypact::config {

template <class Meaning>
struct Word {
  std::string_view word;
  Meaning meaning;
};

class SectionReader {
 public:
  /// `path`: "connections.gw". Checks the whole section against the rules, but not the sections in it.
  SectionReader(const SettingsSection& section, std::string path, const SectionRules& rules, Problems& problems,
                Masking masking = Masking::none);

  [[nodiscard]] const SettingsSection& section() const { return section_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(const SettingsSection& inner) const { return path_ + '.' + printable(inner.name); }

  /// The setting, if it is given, not empty, and not found wrong by the rules.
  [[nodiscard]] const Setting* given(std::string_view name) const;
  // The following give nothing when the setting is not given, and when it is wrong: then the problems say so.
  [[nodiscard]] std::optional<bool> boolean(std::string_view name);
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t highest);
  [[nodiscard]] std::optional<Duration> time(std::string_view name);
  [[nodiscard]] std::optional<std::uint64_t> octet_count(std::string_view name);
  template <class Meaning, std::size_t count>
  [[nodiscard]] std::optional<Meaning> word(std::string_view name, const Word<Meaning> (&words)[count]) {
    const auto* setting = given(name);
    if (setting == nullptr) return std::nullopt;
    std::vector<std::string_view> known;
    for (const auto& candidate : words) {
      if (same_word(candidate.word, setting->text())) return candidate.meaning;
      known.push_back(candidate.word);
    }
    wrong_word(*setting, known);
    return std::nullopt;
  }
  /// The items of a list; a text is split at commas.
  [[nodiscard]] std::vector<std::string_view> items(const Setting& setting);

  /// "path.name: bad value "..."" with the reason; the value is not quoted where it may be a secret.
  void wrong(const Setting& setting, const GrammarError& error);
  void warning(const Setting& setting, Remark remark) {
    problems_.warning(setting.value_at, std::move(remark), masking_);
  }
  /// A warning at the part of the value that the error names.
  void remark(const Setting& setting, const GrammarError& error);
  /// About the section as a whole.
  void section_error(Remark remark) { problems_.error(section_.at, std::move(remark), masking_); }
  /// "path is not available yet in this version": an error, because without it the tunnel would be another one.
  void refuse(const SourcePosition& at, const std::string& path, std::string remedy = {});

 private:
  void check_setting(const Setting& setting);
  void check_form(const Setting& setting, const SettingRule& rule);
  void check_swallowed_settings(const Setting& setting);
  void check_sections();
  void unknown_setting(const Setting& setting);
  void without_effect(const Setting& setting, const SettingRule& rule, const std::string& value);
  void wrong_word(const Setting& setting, const std::vector<std::string_view>& known);
  [[nodiscard]] std::vector<std::string_view> setting_names() const;
  [[nodiscard]] std::string path_of(const Setting& setting) const { return path_ + '.' + printable(setting.name); }

  const SettingsSection& section_;
  std::string path_;
  const SectionRules& rules_;
  Problems& problems_;
  Masking masking_;
  std::vector<const Setting*> wrong_;  ///< by the rules: said, so that no reader says it again
};

/// "tunnel, pass or drop"
[[nodiscard]] std::string join_words(const std::vector<std::string_view>& words);

}  // namespace keypact::config
