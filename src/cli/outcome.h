// How a verb ends: the exit code that scripts may rely on, and what a person is told.
#pragma once

#include "base/result.h"

namespace keypact::cli {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  daemon_not_running = 3,
  permission = 4,
  partial = 5,    ///< some of what was asked for was done
  no_answer = 6,  ///< the daemon runs, but its answer did not come in time
};

struct Failure {
  ExitCode code = ExitCode::failed;
  Error error;
};

template <class T>
using Outcome = Result<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> failed(Error error, ExitCode code = ExitCode::failed) {
  return std::unexpected(Failure{code, std::move(error)});
}

}  // namespace keypact::cli
