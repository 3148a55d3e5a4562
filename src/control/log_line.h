// Events of the engine as lines of a log: for the vici events log and control-log, and for the daemon's own log.
#pragma once

#include <optional>

#include "control/host.h"
#include "control/told_event.h"

namespace keypact::control {

struct LogLine {
  std::string_view group;  ///< charon's: IKE, CHD, ENC, NET, CFG, DMN
  int level = 1;           ///< 0: always of interest, 1: the normal log, 2: details
  IkeSaId ike_sa;
  std::string connection;
  std::string text;
};

/// Nothing for events that no log wants (keys). Refusals become sentences through the host.
[[nodiscard]] std::optional<LogLine> log_line(const ToldEvent& told, Host& host);

}  // namespace keypact::control
