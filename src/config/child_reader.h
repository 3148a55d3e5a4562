// From the settings of a child to a ChildConfig.
#pragma once

#include "config/problems.h"
#include "config/settings_tree.h"
#include "config/snapshot.h"

namespace keypact::config {

/// What is wrong is in the problems; the result is then of no use. `placement`: what the connection says for all of its children.
[[nodiscard]] ChildConfig read_child(const SettingsSection& section, const std::string& path,
                                     const PlacementSetting& placement, Problems& problems);

}  // namespace keypact::config
