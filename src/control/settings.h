// A section of a vici message as the settings that the readers of the configuration take: the same rules as for files.
#pragma once

#include "config/settings_tree.h"
#include "vici/message.h"

namespace keypact::control {

[[nodiscard]] config::SettingsSection settings_of(std::string_view name, const vici::Section& section);

}  // namespace keypact::control
