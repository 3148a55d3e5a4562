// Names of IP protocols and of services for traffic selectors. A list of our own: what a configuration means must not depend
// on the machine that reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keypact::config {

/// By name as IANA registers it, or by a usual short form ("ipip"), without regard to case.
[[nodiscard]] std::optional<std::uint8_t> protocol_number(std::string_view name);
[[nodiscard]] std::optional<std::uint16_t> service_port(std::string_view name);

/// All known names, for suggestions.
[[nodiscard]] std::vector<std::string_view> protocol_names();
[[nodiscard]] std::vector<std::string_view> service_names();

}  // namespace keypact::config
