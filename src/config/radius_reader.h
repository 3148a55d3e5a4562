// From the section radius to RadiusServers. No value of a secret is ever quoted.
#pragma once

#include <memory>
#include <vector>

#include "config/problems.h"
#include "config/radius_server.h"
#include "config/settings_tree.h"

namespace keypact::config {

/// In the order of the file; those with errors are left out, and the problems say why.
[[nodiscard]] std::vector<std::shared_ptr<const RadiusServer>> read_radius_servers(const SettingsSection& section,
                                                                                   Problems& problems);

}  // namespace keypact::config
