#include "cli/run.h"

#include "cli/records_json.h"

namespace keypact::cli {

namespace {

constexpr Duration kConnectLimit = seconds(5);

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
  if (options.verb == "reload") return reload(daemon, options, console);
  return version(daemon, options, console);
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, std::string_view version, Console console) {
  const auto options = parse_arguments(arguments, version, console);
  if (!options) return options.error();
  console.json = options->json;
  if (options->verb == "version" && !console.json) console.print("tool:   keypact " + std::string(version));
  auto daemon = Daemon::connect(options->vici_paths, kConnectLimit);
  if (!daemon) return tell(daemon.error(), *options, console);
  const auto outcome = run_verb(*daemon, *options, console);
  return outcome ? *outcome : tell(outcome.error(), *options, console);
}

}  // namespace keypact::cli
