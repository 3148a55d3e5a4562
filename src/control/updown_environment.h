// What an updown script of a Child SA is told, in the variables that pluto's and charon's scripts know: one run for each pair of
// selectors of one family.
#pragma once

#include "control/told_event.h"

namespace keypact::control {

/// What the SAs themselves do not say.
struct UpdownPlace {
  std::string interface;  ///< that has our outer address
  std::uint32_t reqid = 0;
  bool host_access = false;
};

struct UpdownRun {
  std::string scope;                   ///< follows the verb: "client", "host", "client-v6", "host-v6"
  std::vector<std::string> variables;  ///< NAME=value, all but PLUTO_VERB
};

/// At most limits::kUpdownRuns. What comes from the peer loses every character that could mean something to a shell (row K07).
[[nodiscard]] std::vector<UpdownRun> updown_runs(const IkeFacts& ike, const ike::v2::ChildSa& child,
                                                 const UpdownPlace& place);

}  // namespace keypact::control
