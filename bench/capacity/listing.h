// Listing: a vici client that asks the daemon for all SAs and counts what comes, as quickly as it comes or with a pause.
#pragma once

#include <optional>
#include <string>

#include "base/instant.h"
#include "base/result.h"

namespace keypact::bench {

struct Listed {
  std::size_t ike_sas = 0;
  std::size_t child_sas = 0;
  std::size_t octets = 0;
  Duration time{};  ///< from the request to the answer, without the pause
};

/// `pause`: after the first octets nothing is read for so long.
[[nodiscard]] Result<Listed> list_all(const std::string& vici_path, Duration pause);

/// One value of the daemon's counters; nothing when it has none of this name.
[[nodiscard]] std::optional<std::uint64_t> counter(const std::string& vici_path, std::string_view name);

}  // namespace keypact::bench
