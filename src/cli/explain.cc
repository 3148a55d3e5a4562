// explain: why something is as it is: why packets take the way that they take, and what becomes of them.
#include "cli/records_json.h"
#include "cli/verbs.h"
#include "vici/extensions.h"

namespace keypact::cli {

/// Without an address: all routes of ours. With `explain route` routes alone.
Outcome<ExitCode> explain(Daemon& daemon, const Options& options, const Console& console) {
  const bool routes = options.subject == "route";
  if (!routes && options.name.empty())
    return failure(
        Failure{ExitCode::usage,
                {"there is nothing to explain", "", "for instance keypact explain 10.2.0.1, or explain route"}});
  vici::Message request;
  if (!options.name.empty()) request.key("destination", options.name);
  TRY(const auto answer, daemon.call(routes ? vici::kExplainRouteCommand : vici::kExplainCommand, request));
  if (!answer)
    return failure(
        Failure{ExitCode::failed, {"the daemon cannot explain what becomes of packets", "it is no keypactd", ""}});
  if (answer->value_or("success") == "no")
    return failure(Failure{ExitCode::usage,
                           {std::string(answer->value_or("errmsg")), "", "for instance keypact explain 10.2.0.1"}});
  const auto* found = answer->find_list("reasons");
  const auto reasons = found != nullptr ? *found : vici::Section::List{};
  if (console.json) console.print(explain_json(options.name, reasons));
  else
    for (const auto& reason : reasons) console.print(console.style.shown(reason));
  return ExitCode::ok;
}

}  // namespace keypact::cli
