#include "cli/run.h"

#include <algorithm>

#include "cli/records_json.h"
#include "io/clock.h"

namespace keypact::cli {

namespace {

ExitCode tell(const Failure& failure, const Options& options, const Console& console) {
  if (options.json) {
    console.print(failure_json(options.verb, failure));
  } else {
    const auto& style = console.error_style;
    console.complain(style.bad("keypact") + ": " + style.shown(failure.error.to_string()));
  }
  return failure.code;
}

Outcome<ExitCode> run_verb(Daemon& daemon, const Options& options, const Console& console) {
  if (options.verb == "up") return up(daemon, options, console);
  if (options.verb == "down") return down(daemon, options, console);
  if (options.verb == "status") return status(daemon, options, console);
  if (options.verb == "explain") return explain(daemon, options, console);
  if (options.verb == "certs") return certs(daemon, console);
  if (options.verb == "reload") return reload(daemon, console);
  return version(daemon, console);
}

/// The daemon itself ends an `up` or a `down` at the deadline: this is for its saying so, before it is taken for one that hangs.
Duration grace(const Options& options) {
  const bool negotiates = options.verb == "up" || options.verb == "down";
  return negotiates ? std::min<Duration>(options.timeout, seconds(2)) : Duration::zero();
}

}  // namespace

std::string limit_of_command(const Options& options) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(options.deadline - io::monotonic_now()).count();
  return std::to_string(std::max<std::int64_t>(left, 1));
}

ExitCode run(const std::vector<std::string>& arguments, std::string_view version, Console console) {
  auto options = parse_arguments(arguments, version, console);
  if (!options) return options.error();
  options->deadline = io::monotonic_now() + options->timeout;
  console.json = options->json;
  if (options->verb == "version" && !console.json) console.print("tool:   keypact " + std::string(version));
  if (options->verb == "pki" || options->verb == "export") {
    const auto outcome =
        options->verb == "pki" ? pki(options->pki, console) : export_profile(options->profile, console);
    return outcome ? *outcome : tell(outcome.error(), *options, console);
  }
  auto daemon = Daemon::connect(options->vici_paths, options->deadline + grace(*options));
  if (!daemon) return tell(daemon.error(), *options, console);
  const auto outcome = run_verb(*daemon, *options, console);
  return outcome ? *outcome : tell(outcome.error(), *options, console);
}

}  // namespace keypact::cli
