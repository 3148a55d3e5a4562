// UUIDs that are the same for the same names (version 5), so that a profile that is written again replaces the one before.
#pragma once

#include <string>
#include <string_view>

namespace keypact::provision {

/// Of a name in the name space that RFC 4122 has for DNS names: "886313e1-3b8a-5372-9b90-0c9aee199e5d".
[[nodiscard]] std::string uuid_of(std::string_view name);

}  // namespace keypact::provision
