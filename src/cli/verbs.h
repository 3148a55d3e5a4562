// The verbs of the tool, one file each. What they print goes to the console; a Failure is what could not even be tried.
#pragma once

#include "cli/console.h"
#include "cli/daemon.h"

namespace keypact::cli {

struct Options {
  std::string verb;
  std::string name;
  std::string child;
  bool json = false;
  std::vector<std::string> vici_paths;
  Duration timeout{};  ///< zero: the verb's own
};

[[nodiscard]] Outcome<ExitCode> up(Daemon& daemon, const Options& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> down(Daemon& daemon, const Options& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> status(Daemon& daemon, const Options& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> reload(Daemon& daemon, const Options& options, const Console& console);
/// The tool's own version was printed before.
[[nodiscard]] Outcome<ExitCode> version(Daemon& daemon, const Options& options, const Console& console);

/// The time limit of a command that answers at once.
[[nodiscard]] inline Duration quick_limit(const Options& options) {
  return options.timeout == Duration::zero() ? Duration(seconds(30)) : options.timeout;
}

}  // namespace keypact::cli
