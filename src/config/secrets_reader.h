// From the section secrets, and from the control interface's load-shared, to SharedKeys. No value of theirs is ever quoted.
#pragma once

#include <memory>
#include <optional>

#include "config/problems.h"
#include "config/settings_tree.h"
#include "config/snapshot.h"

namespace keypact::config {

/// All of `secrets { ... }`; the pre-shared keys of IKE are what this version uses.
[[nodiscard]] std::vector<std::shared_ptr<const SharedKey>> read_secrets(const SettingsSection& section,
                                                                         Problems& problems);

/// `ike-1 { secret = ... id-1 = ... }`. Nothing when the problems have got an error.
[[nodiscard]] std::optional<SharedKey> read_shared_key(const SettingsSection& section, const std::string& path,
                                                       Problems& problems);

/// `id`, `type`, `data` and the list `owners`. Nothing when the problems have got an error, and for types that have no effect
/// yet.
[[nodiscard]] std::optional<SharedKey> read_shared_key_message(const SettingsSection& message, Problems& problems);

}  // namespace keypact::config
