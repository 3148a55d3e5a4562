#include "config/settings_tree.h"

#include <algorithm>

namespace keypact::config {

Setting Setting::of(std::string name, std::string_view value) {
  Setting setting;
  setting.name = std::move(name);
  setting.values.push_back(Secret::copy_of(as_octets(value)));
  return setting;
}

Setting Setting::list(std::string name, const std::vector<std::string>& items) {
  Setting setting;
  setting.name = std::move(name);
  setting.is_list = true;
  for (const auto& item : items) setting.values.push_back(Secret::copy_of(as_octets(item)));
  return setting;
}

bool Setting::is_empty() const {
  return std::ranges::all_of(values, [](const Secret& value) { return value.empty(); });
}

const Setting* SettingsSection::setting(std::string_view setting_name) const {
  const auto found = std::ranges::find(settings, setting_name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

const SettingsSection* SettingsSection::section(std::string_view section_name) const {
  const auto found = std::ranges::find(sections, section_name, &SettingsSection::name);
  return found == sections.end() ? nullptr : &*found;
}

}  // namespace keypact::config
