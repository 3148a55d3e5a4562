// The verbs of the tool, one file each. What they print goes to the console; a Failure is what could not even be tried.
#pragma once

#include "cli/console.h"
#include "cli/daemon.h"
#include "cli/export_options.h"
#include "cli/pki_options.h"

namespace keypact::cli {

struct Options {
  std::string verb;
  std::string subject;  ///< "route" of `explain route`
  std::string name;
  std::string child;
  bool json = false;
  bool drift = false;
  std::vector<std::string> vici_paths;
  Duration timeout{};  ///< for the verb as a whole
  Instant deadline{};  ///< when that time is over
  PkiOptions pki{};
  ExportOptions profile{};
};

[[nodiscard]] Outcome<ExitCode> up(Daemon& daemon, const Options& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> down(Daemon& daemon, const Options& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> status(Daemon& daemon, const Options& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> reload(Daemon& daemon, const Console& console);
[[nodiscard]] Outcome<ExitCode> certs(Daemon& daemon, const Console& console);
/// `name` is the destination, or empty for all routes.
[[nodiscard]] Outcome<ExitCode> explain(Daemon& daemon, const Options& options, const Console& console);
/// The tool's own version was printed before.
[[nodiscard]] Outcome<ExitCode> version(Daemon& daemon, const Console& console);

/// Needs no daemon.
[[nodiscard]] Outcome<ExitCode> pki(const PkiOptions& options, const Console& console);
[[nodiscard]] Outcome<ExitCode> export_profile(const ExportOptions& options, const Console& console);

/// The time that is left, in milliseconds, as the commands initiate and terminate take it. Never 0, which means no limit there.
[[nodiscard]] std::string limit_of_command(const Options& options);

}  // namespace keypact::cli
