// The settings tree: sections, settings and lists as values, whether they came from a swanctl.conf or from a message of the
// control interface (then without positions). It knows no meaning: that is for the readers of connections and secrets.
#pragma once

#include <string>
#include <vector>

#include "config/source_files.h"

namespace keypact::config {

/// `name = value`. From a file there is one value, and a list is a text with commas in it; a message has real lists. The
/// values are Secrets because some of them are.
struct Setting {
  std::string name;
  std::vector<Secret> values;
  bool is_list = false;     ///< the values are the items of a list
  bool quoted = false;      ///< a part of the value stood in quotes
  SourcePosition at;        ///< of the name
  SourcePosition value_at;  ///< of the value

  [[nodiscard]] static Setting of(std::string name, std::string_view value);
  [[nodiscard]] static Setting list(std::string name, const std::vector<std::string>& items);
  /// The value of a setting that is no list; empty when there is none.
  [[nodiscard]] std::string_view text() const {
    return values.empty() ? std::string_view{} : as_text(values.front().reveal());
  }
  /// An empty value counts as not given.
  [[nodiscard]] bool is_empty() const;
};

struct SettingsSection {
  std::string name;
  SourcePosition at;
  std::vector<Setting> settings;          ///< in order, names unique
  std::vector<SettingsSection> sections;  ///< in order, names unique

  [[nodiscard]] const Setting* setting(std::string_view setting_name) const;
  [[nodiscard]] const SettingsSection* section(std::string_view section_name) const;
};

}  // namespace keypact::config
