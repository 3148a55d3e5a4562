// From `pools { p { addrs = ... dns = ... } }`, or a message load-pool, to a Pool.
#pragma once

#include <optional>

#include "config/pool.h"
#include "config/problems.h"
#include "config/settings_tree.h"

namespace keypact::config {

/// Nothing when the problems have got an error.
[[nodiscard]] std::optional<Pool> read_pool(const SettingsSection& section, const std::string& path,
                                            Problems& problems);

}  // namespace keypact::config
