// What `status` prints: a line for each connection, or everything about one.
#pragma once

#include "cli/status_record.h"
#include "cli/style.h"

namespace keypact::cli {

/// One line for each connection.
[[nodiscard]] std::string status_lines(const std::vector<ConnectionStatus>& all, const Style& style);
/// Everything about one connection; `now` turns ages into dates.
[[nodiscard]] std::string status_detail(const ConnectionStatus& status, std::chrono::system_clock::time_point now,
                                        const Style& style);

}  // namespace keypact::cli
