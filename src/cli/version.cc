// version: the daemon's, after the tool's own.
#include "cli/records_json.h"
#include "cli/verbs.h"

namespace keypact::cli {

Outcome<ExitCode> version(Daemon& daemon, const Console& console) {
  TRY(const auto answer, daemon.call("version", {}));
  if (!answer) return failed({"the daemon does not tell its version", "it does not know the command", {}});
  if (console.json) {
    console.print(response_json("version", *answer));
    return ExitCode::ok;
  }
  const auto text = [&](std::string_view key) { return console.style.shown(answer->value_or(key)); };
  console.print("daemon: " + text("daemon") + " " + text("version") + " (" + text("sysname") + " " + text("release") +
                ", " + text("machine") + ")");
  return ExitCode::ok;
}

}  // namespace keypact::cli
