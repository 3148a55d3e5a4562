// The command line. CLI11 throws to say that parsing ended; nothing of that leaves this file.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/export_arguments.h"
#include "cli/pki_arguments.h"
#include "cli/run.h"

namespace keypact::cli {

namespace {

struct Parsed {
  Options options;
  std::string vici_path;
  double timeout_seconds = 0;  ///< 0: the default of the verb
};

/// up and down wait for the peer, which the daemon asks again and again for three and a half minutes; the others do not.
Duration default_timeout(std::string_view verb) { return verb == "up" || verb == "down" ? seconds(300) : seconds(30); }

/// They may stand before the verb or after it.
void add_common(CLI::App& app, Parsed& parsed) {
  app.add_flag("--json", parsed.options.json, "print JSON, one document a line");
  app.add_option("--vici", parsed.vici_path, "control socket of the daemon")->type_name("PATH")->take_last();
  app.add_option("--timeout", parsed.timeout_seconds,
                 "give up after this time (default: 300 for up and down, 30 for the others)")
      ->type_name("SECONDS")
      ->take_last()
      ->check(CLI::Range(0.001, 86400.0));
}

void add_verbs(CLI::App& app, Parsed& parsed) {
  const auto* what = "connection, connection/child, or a child that only one connection has";
  auto* up = app.add_subcommand("up", "bring up a connection and show the messages while it comes up");
  up->add_option("NAME", parsed.options.name, what)->required();
  up->add_option("--child", parsed.options.child, "only this child of the connection")->type_name("CHILD");
  auto* down = app.add_subcommand("down", "take down a connection or one of its children");
  down->add_option("NAME", parsed.options.name, what)->required();
  down->add_option("--child", parsed.options.child, "only this child of the connection")->type_name("CHILD");
  auto* status = app.add_subcommand("status", "one line for each connection, or all about one");
  auto* name = status->add_option("NAME", parsed.options.name, what);
  status->add_flag("--drift", parsed.options.drift, "in what the kernel differs from what the daemon put there")
      ->excludes(name);
  auto* reload = app.add_subcommand("reload", "let the daemon read its configuration again");
  auto* certs = app.add_subcommand("certs", "the certificates and public keys that the daemon has");
  auto* explain = app.add_subcommand("explain", "what becomes of packets, and why");
  explain->add_option("ADDRESS", parsed.options.name, "where they are to go");
  auto* route = explain->add_subcommand("route", "why they take the way that they take, and nothing more");
  route->add_option("ADDRESS", parsed.options.name, "where they are to go; without it: all routes of ours");
  auto* version = app.add_subcommand("version", "versions of this tool and of the daemon");
  // Before the verb or behind it, as people type them.
  for (auto* verb : {up, down, status, reload, certs, explain, route, version}) {
    verb->fallthrough();
    verb->footer("Every verb takes --json, --vici PATH and --timeout SECONDS.");
  }
  add_pki(app, parsed.options.pki)->fallthrough();
  add_export(app, parsed.options.profile)->fallthrough();
  app.require_subcommand(1);
}

}  // namespace

Result<Options, ExitCode> parse_arguments(const std::vector<std::string>& arguments, std::string_view version,
                                          const Console& console) {
  CLI::App app("keypact: brings IPsec connections up and down, and says why when they do not come up", "keypact");
  app.set_version_flag("--version", "keypact " + std::string(version));
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 usage, 3 the daemon does not run, 4 no permission, 5 done in part, 6 the daemon "
      "does "
      "not answer.");
  Parsed parsed;
  add_common(app, parsed);
  add_verbs(app, parsed);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& end) {
    const bool asked = app.exit(end, console.out, console.err) == 0;  // --help and --version end the parsing too
    return failure(asked ? ExitCode::ok : ExitCode::usage);
  }
  auto options = std::move(parsed.options);
  auto* const verb = app.get_subcommands().front();
  options.verb = verb->get_name();
  if (!verb->get_subcommands().empty()) options.subject = verb->get_subcommands().front()->get_name();
  if (options.verb == "pki") finish_pki(*verb, options.pki);
  if (options.verb == "export") finish_export(*verb, options.profile);
  options.timeout = parsed.timeout_seconds == 0
                        ? default_timeout(options.verb)
                        : std::chrono::duration_cast<Duration>(std::chrono::duration<double>(parsed.timeout_seconds));
  options.vici_paths = {"/run/keypact/keypact.vici", "/run/charon.vici"};
  if (!parsed.vici_path.empty()) options.vici_paths = {parsed.vici_path};
  return options;
}

}  // namespace keypact::cli
