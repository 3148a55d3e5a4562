#include "control/settings.h"

namespace keypact::control {

config::SettingsSection settings_of(std::string_view name, const vici::Section& section) {
  config::SettingsSection settings;
  settings.name = name;
  for (const auto& element : section.elements()) {
    if (const auto* value = std::get_if<std::string>(&element.content)) {
      settings.settings.push_back(config::Setting::of(element.name, *value));
    } else if (const auto* items = std::get_if<vici::Section::List>(&element.content)) {
      settings.settings.push_back(config::Setting::list(element.name, *items));
    } else {
      settings.sections.push_back(settings_of(element.name, std::get<vici::Section>(element.content)));
    }
  }
  return settings;
}

}  // namespace keypact::control
