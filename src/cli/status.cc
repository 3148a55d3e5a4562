// status: a line for each connection, or everything about one.
#include <algorithm>

#include "cli/names.h"
#include "cli/records_json.h"
#include "cli/status_text.h"
#include "cli/verbs.h"
#include "io/clock.h"
#include "vici/extensions.h"
#include "vici/request_grammar.h"

namespace keypact::cli {

namespace {

/// Failures are asked for one by one; a list of more connections than this does without.
constexpr std::size_t kFailuresShown = 64;

Outcome<void> add_failures(Daemon& daemon, std::vector<ConnectionStatus>& all) {
  if (all.size() > kFailuresShown) return {};
  for (auto& status : all) {
    if (status.state() == LinkState::up) continue;
    vici::Message request;
    request.key("ike", status.connection.name);
    TRY(const auto answer, daemon.call(vici::kVerdictCommand, request));
    if (!answer) return {};  // charon does not have it
    if (!answer->value_or("what").empty()) status.last_failure = verdict(*answer);
  }
  return {};
}

/// Those of all connections together; charon names others.
Outcome<Counters> counters(Daemon& daemon) {
  TRY(const auto answer, daemon.call("get-counters", {}));
  Counters all;
  const auto* sections = answer ? answer->find_section("counters") : nullptr;
  const auto* together = sections != nullptr ? sections->find_section("") : nullptr;
  if (together == nullptr) return all;
  for (const auto& element : together->elements()) {
    const auto* text = std::get_if<std::string>(&element.content);
    const auto value = text != nullptr ? vici::parse_number(*text) : std::nullopt;
    if (value && *value >= 0) all.emplace_back(element.name, static_cast<std::uint64_t>(*value));
  }
  return all;
}

/// SAs without an IKE SA over them, which no list of SAs has.
Outcome<KeptSas> kept_sas(Daemon& daemon, const std::string& connection) {
  vici::Message request;
  if (!connection.empty()) request.key("ike", connection);
  TRY(const auto answer, daemon.call(vici::kKeptCommand, request));
  KeptSas kept;
  if (!answer) return kept;  // charon keeps none
  kept.total =
      static_cast<std::uint64_t>(std::max<std::int64_t>(vici::parse_number(answer->value_or("total")).value_or(0), 0));
  for (const auto& element : answer->elements())
    if (const auto* section = answer->find_section(element.name)) kept.shown.push_back(*section);
  return kept;
}

void print_kept(const KeptSas& kept, const Console& console) {
  for (const auto& sas : kept.shown) console.print(console.style.shown(sas.value_or("text")));
  if (kept.total > kept.shown.size())
    console.print("and " + std::to_string(kept.total - kept.shown.size()) + " more SAs of the previous run");
}

Outcome<ExitCode> drift(Daemon& daemon, const Console& console) {
  TRY(const auto answer, daemon.call(vici::kDriftCommand, {}));
  if (!answer)
    return failure(
        Failure{ExitCode::failed, {"the daemon cannot compare itself with the kernel", "it is no keypactd", ""}});
  const auto* found = answer->find_list("differences");
  const auto differences = found != nullptr ? *found : vici::Section::List{};
  if (console.json) console.print(drift_json(differences));
  else if (differences.empty()) console.print("the kernel has what it should have");
  else
    for (const auto& difference : differences) console.print(console.style.shown(difference));
  return differences.empty() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

Outcome<ExitCode> status(Daemon& daemon, const Options& options, const Console& console) {
  if (options.drift) return drift(daemon, console);
  TRY(auto connections, daemon.list_connections());
  TRY(auto sas, daemon.list_sas());
  auto all = join(std::move(connections), std::move(sas));
  if (!options.name.empty()) {
    std::vector<Connection> known;
    for (const auto& one : all) known.push_back(one.connection);
    TRY(const auto which, target(known, options.name, {}));
    std::erase_if(all, [&](const ConnectionStatus& one) { return one.connection.name != which.connection; });
  }
  TRY_VOID(add_failures(daemon, all));
  TRY(const auto kept, kept_sas(daemon, options.name.empty() ? "" : all.front().connection.name));
  if (console.json) {
    TRY(const auto counted, counters(daemon));
    console.print(status_json(all, counted, kept));
    return ExitCode::ok;
  }
  if (!options.name.empty()) {
    console.print(status_detail(all.front(), io::wall_now(), console.style));
  } else if (all.empty()) {
    console.print("no connections are configured");
  } else {
    console.print(status_lines(all, console.style));
  }
  print_kept(kept, console);
  return ExitCode::ok;
}

}  // namespace keypact::cli
