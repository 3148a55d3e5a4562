// explain: why something is as it is. Today: why packets take the way that they take.
#include "cli/records_json.h"
#include "cli/verbs.h"
#include "vici/extensions.h"

namespace keypact::cli {

Outcome<ExitCode> explain_route(Daemon& daemon, const Options& options, const Console& console) {
  vici::Message request;
  if (!options.name.empty()) request.key("destination", options.name);
  TRY(const auto answer, daemon.call(vici::kExplainRouteCommand, request));
  if (!answer)
    return failure(Failure{ExitCode::failed, {"the daemon cannot explain its routes", "it is no keypactd", ""}});
  if (answer->value_or("success") == "no")
    return failure(Failure{
        ExitCode::usage, {std::string(answer->value_or("errmsg")), "", "for instance keypact explain route 10.2.0.1"}});
  const auto* found = answer->find_list("reasons");
  const auto reasons = found != nullptr ? *found : vici::Section::List{};
  if (console.json) console.print(explain_json(options.name, reasons));
  else
    for (const auto& reason : reasons) console.print(console.style.shown(reason));
  return ExitCode::ok;
}

}  // namespace keypact::cli
