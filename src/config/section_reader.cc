#include "config/section_reader.h"

#include <algorithm>

#include "config/config_limits.h"
#include "config/form.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

bool is_harmless(const SettingRule& rule, const std::string& value) {
  if (rule.harmless == "*") return true;
  return std::ranges::any_of(split(rule.harmless, '|'), [&](std::string_view harmless) { return harmless == value; });
}

/// "local*" without its "*".
std::string_view plain(std::string_view pattern) {
  return pattern.ends_with('*') ? pattern.substr(0, pattern.size() - 1) : pattern;
}

/// "it is a setting of a child", for a name that is right elsewhere.
std::string right_place(std::string_view name) {
  for (const auto* other : {&rules::kConnection, &rules::kChild, &rules::kRemote})
    if (other->setting(name) != nullptr) return "it is a setting of " + std::string(other->kind);
  return {};
}

}  // namespace

std::string join_words(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

SectionReader::SectionReader(const SettingsSection& section, std::string path, const SectionRules& rules,
                             Problems& problems, Masking masking)
    : section_(section), path_(std::move(path)), rules_(rules), problems_(problems), masking_(masking) {
  for (const auto& setting : section_.settings) check_setting(setting);
  check_sections();
}

void SectionReader::check_setting(const Setting& setting) {
  const auto* rule = rules_.setting(setting.name);
  if (rule == nullptr) {
    unknown_setting(setting);
    return;
  }
  if (setting.is_empty()) return;
  check_swallowed_settings(setting);
  if (rule->effect != Effect::full) check_form(setting, *rule);
}

void SectionReader::check_form(const Setting& setting, const SettingRule& rule) {
  if (rule.form == Form::text && rule.harmless == "*") return;  // also passphrases, of which no copy may stay behind
  std::vector<std::string_view> texts{setting.text()};
  if (rule.is_list || setting.is_list) texts = items(setting);
  std::optional<std::string> harmful;
  for (const auto text : texts) {
    const auto value = canonical(rule, text);
    if (!value) {
      wrong(setting, value.error());
      wrong_.push_back(&setting);
      return;
    }
    if (!harmful && !is_harmless(rule, *value)) harmful = *value;
  }
  if (harmful) without_effect(setting, rule, *harmful);
}

void SectionReader::without_effect(const Setting& setting, const SettingRule& rule, const std::string& value) {
  if (rule.effect == Effect::refused) {
    refuse(setting.at, path_of(setting));
    return;
  }
  // Of a word, others may have an effect.
  const auto named = rule.form == Form::words ? " = " + value : std::string();
  problems_.warning_once(std::string(rules_.kind) + '.' + std::string(rule.name) + named, setting.at,
                         {path_of(setting) + named + " is read but has no effect yet in this version"}, masking_);
}

void SectionReader::refuse(const SourcePosition& at, const std::string& path, std::string remedy) {
  problems_.error(at,
                  {path + " is not available yet in this version",
                   "without it the tunnel would be another one than is written here", std::move(remedy)},
                  masking_);
}

std::vector<std::string_view> SectionReader::setting_names() const {
  std::vector<std::string_view> names;
  for (const auto& rule : rules_.settings)
    if (rule.name != "#") names.push_back(plain(rule.name));
  return names;
}

void SectionReader::unknown_setting(const Setting& setting) {
  Remark remark{"unknown setting \"" + printable(setting.name) + "\"" + (path_.empty() ? "" : " in " + path_),
                std::string(rules_.kind) + " has no such setting"};
  // A slip of the keys is likelier than a section that begins with the same letters ("remote_adrs").
  remark.remedy = did_you_mean(setting.name, setting_names());
  if (remark.remedy.empty() && rules_.has_section(setting.name) && !rules_.settings.empty())
    remark.remedy = printable(setting.name) + " is a section: " + printable(setting.name) + " { ... }";
  if (remark.remedy.empty()) remark.remedy = right_place(setting.name);
  problems_.error(setting.at, std::move(remark), masking_);
}

/// `a = b c = d` on one line is one setting: say so when c is a setting of this section.
void SectionReader::check_swallowed_settings(const Setting& setting) {
  if (setting.quoted || setting.is_list) return;
  const auto text = setting.text();
  for (auto equals = text.find('='); equals != std::string_view::npos; equals = text.find('=', equals + 1)) {
    const auto before = trimmed(text.substr(0, equals));
    const auto blank = before.rfind(' ');
    if (blank == std::string_view::npos) continue;
    const auto word = before.substr(blank + 1);
    const auto* rule = rules_.setting(word);
    if (rule == nullptr) continue;
    // Of a value that may be a secret only what the rules know is shown: "id" of "id*".
    const std::string name = masking_ == Masking::none ? printable(word) : std::string(plain(rule->name));
    problems_.warning(setting.value_at,
                      {path_of(setting) + ": \"" + name + " =\" is a part of this value",
                       "a value goes to the end of its line", "begin a new line before " + name},
                      masking_);
    return;
  }
}

void SectionReader::check_sections() {
  for (const auto& inner : section_.sections) {
    if (rules_.has_section(inner.name)) continue;
    Remark remark{"unknown section \"" + printable(inner.name) + "\"" + (path_.empty() ? "" : " in " + path_),
                  std::string(rules_.kind) + " has no such section"};
    if (rules_.setting(inner.name) != nullptr) {
      remark.remedy = printable(inner.name) + " is a setting: " + printable(inner.name) + " = ...";
    } else {
      std::vector<std::string_view> names;
      for (const auto pattern : rules_.sections) names.push_back(plain(pattern));
      remark.remedy = did_you_mean(inner.name, names);
    }
    problems_.error(inner.at, std::move(remark), masking_);
  }
}

const Setting* SectionReader::given(std::string_view name) const {
  const auto* setting = section_.setting(name);
  if (setting == nullptr || setting->is_empty() || std::ranges::find(wrong_, setting) != wrong_.end()) return nullptr;
  return setting;
}

void SectionReader::wrong(const Setting& setting, const GrammarError& error) {
  const bool quotable = masking_ == Masking::none;
  Remark remark{path_of(setting) + ": bad value", error.why, error.remedy};
  if (quotable && !error.part.empty()) remark.what += " \"" + printable(error.part) + '"';
  const auto at = quotable ? problems_.find(setting.value_at, error.part) : setting.value_at;
  problems_.error(at, std::move(remark), masking_);
}

void SectionReader::remark(const Setting& setting, const GrammarError& error) {
  problems_.warning(problems_.find(setting.value_at, error.part),
                    {path_of(setting) + ": " + error.why, {}, error.remedy}, masking_);
}

void SectionReader::wrong_word(const Setting& setting, const std::vector<std::string_view>& known) {
  wrong(setting, {std::string(setting.text()), "expected " + join_words(known), did_you_mean(setting.text(), known)});
}

std::optional<bool> SectionReader::boolean(std::string_view name) {
  const auto* setting = given(name);
  if (setting == nullptr) return std::nullopt;
  const auto value = parse_boolean(setting->text());
  if (!value) wrong(*setting, {std::string(setting->text()), "expected yes or no"});
  return value;
}

std::optional<std::uint64_t> SectionReader::number(std::string_view name, std::uint64_t highest) {
  const auto* setting = given(name);
  if (setting == nullptr) return std::nullopt;
  const auto value = parse_number(setting->text(), highest);
  if (!value) wrong(*setting, {std::string(setting->text()), "expected a number up to " + std::to_string(highest)});
  return value;
}

std::optional<Duration> SectionReader::time(std::string_view name) {
  const auto* setting = given(name);
  if (setting == nullptr) return std::nullopt;
  const auto value = parse_time(setting->text());
  if (!value) wrong(*setting, {std::string(setting->text()), "expected a time: a number and s, m, h or d"});
  return value;
}

std::optional<std::uint64_t> SectionReader::octet_count(std::string_view name) {
  const auto* setting = given(name);
  if (setting == nullptr) return std::nullopt;
  const auto value = parse_octet_count(setting->text());
  if (!value) wrong(*setting, {std::string(setting->text()), "expected an amount of octets: a number, and k, m or g"});
  return value;
}

std::vector<std::string_view> SectionReader::items(const Setting& setting) {
  std::vector<std::string_view> found;
  for (const auto& value : setting.values) {
    const auto text = as_text(value.reveal());
    if (setting.is_list) {
      if (const auto item = trimmed(text); !item.empty()) found.push_back(item);
    } else {
      found = split(text, ',');
    }
  }
  if (found.size() > limits::kListItems) {
    wrong(setting, {{}, "a list has at most " + std::to_string(limits::kListItems) + " items"});
    found.resize(limits::kListItems);
  }
  return found;
}

}  // namespace keypact::config
