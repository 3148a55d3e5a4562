// What a NAME on the command line means: a connection (all its children), connection/child, or a child that only one connection has.
#pragma once

#include "cli/outcome.h"
#include "cli/records.h"

namespace keypact::cli {

struct Target {
  std::string connection;
  std::string child;  ///< empty: the IKE SA without a child

  [[nodiscard]] std::string to_string() const { return child.empty() ? connection : connection + "/" + child; }
  bool operator==(const Target&) const = default;
};

/// The children to bring up; `child` is the value of --child or empty. At least one target, or an error that names the nearest.
[[nodiscard]] Outcome<std::vector<Target>> targets(const std::vector<Connection>& connections, const std::string& name,
                                                   const std::string& child);

/// As above, but a connection is one target, with an empty child.
[[nodiscard]] Outcome<Target> target(const std::vector<Connection>& connections, const std::string& name,
                                     const std::string& child);

}  // namespace keypact::cli
