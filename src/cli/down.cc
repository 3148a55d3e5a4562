// down: deletes the SAs of a connection or of one of its children. What is not up is down already, and that is no error.
#include <algorithm>

#include "cli/human.h"
#include "cli/names.h"
#include "cli/records_json.h"
#include "cli/verbs.h"
#include "io/clock.h"
#include "vici/request_grammar.h"

namespace keypact::cli {

namespace {

/// SAs may outlive the configuration they were made from: their names count as well.
std::vector<Connection> known_names(const std::vector<ConnectionStatus>& all) {
  std::vector<Connection> known;
  for (const auto& status : all) {
    auto& connection = known.emplace_back(status.connection);
    for (const auto& sa : status.sas) {
      for (const auto& child : sa.children) {
        const bool listed = std::any_of(connection.children.begin(), connection.children.end(),
                                        [&](const ChildConfig& c) { return c.name == child.name; });
        if (!listed) connection.children.push_back({child.name, child.mode, child.local_ts, child.remote_ts});
      }
    }
  }
  return known;
}

}  // namespace

Outcome<ExitCode> down(Daemon& daemon, const Options& options, const Console& console) {
  TRY(auto connections, daemon.list_connections());
  TRY(auto sas, daemon.list_sas());
  const auto all = join(std::move(connections), std::move(sas));
  TRY(const auto which, target(known_names(all), options.name, options.child));
  const auto name = console.style.shown(which.to_string());
  // Asked for also when nothing is up: the daemon may still be holding back traffic of an attempt that failed.
  vici::Message request;
  request.key("ike", which.connection).key("child", which.child).key("loglevel", "0");
  request.key("timeout", limit_of_command(options));
  const auto begin = io::monotonic_now();
  TRY(const auto answer, daemon.call("terminate", request));
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(io::monotonic_now() - begin);
  if (!answer) return failed({"the daemon cannot terminate", "it does not know the command", {}});
  const auto terminated = vici::parse_number(answer->value_or("terminated")).value_or(0);
  if (answer->value_or("matches") == "0") {
    console.print(console.json ? down_json(which, elapsed, 0) : name + " is not up");
    return ExitCode::ok;
  }
  if (answer->value_or("success") != "yes") {
    const auto code = terminated > 0 ? ExitCode::partial : ExitCode::failed;
    return failed({name + " is not down", std::string(answer->value_or("errmsg", "the daemon gave no reason")), {}},
                  code);
  }
  const auto count = static_cast<std::uint64_t>(terminated);
  const auto what = counted(count, which.child.empty() ? "IKE SA" : "Child SA");
  console.print(console.json ? down_json(which, elapsed, count)
                             : "down in " + elapsed_text(elapsed) + ": " + name + ", " + what);
  return ExitCode::ok;
}

}  // namespace keypact::cli
