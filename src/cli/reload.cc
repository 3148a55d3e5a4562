// reload: the daemon reads its configuration directory again. A bad file never replaces a good configuration.
#include <algorithm>

#include "cli/human.h"
#include "cli/records_json.h"
#include "cli/verbs.h"
#include "vici/extensions.h"
#include "vici/request_grammar.h"

namespace keypact::cli {

namespace {

std::uint64_t number(const vici::Message& answer, std::string_view key) {
  return static_cast<std::uint64_t>(vici::parse_number(answer.value_or(key)).value_or(0));
}

/// " (new: a, b; changed: c)", empty when nothing changed.
std::string changes(const vici::Message& answer) {
  std::vector<std::string> parts;
  for (const auto& [key, word] : {std::pair{"added", "new"}, {"changed", "changed"}, {"removed", "removed"}}) {
    const auto* names = answer.find_list(key);
    if (names != nullptr && !names->empty()) parts.push_back(std::string(word) + ": " + joined(*names, ", "));
  }
  return parts.empty() ? std::string() : " (" + joined(parts, "; ") + ")";
}

/// A diagnostic has a line of the file and a caret below it.
void complain_lines(std::string_view text, const Console& console) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    console.complain(console.error_style.shown(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Outcome<ExitCode> reload(Daemon& daemon, const Console& console) {
  TRY(const auto answer, daemon.call(vici::kReloadCommand, {}));
  if (!answer) {
    return failed({"this daemon cannot reload", "it is not keypactd", "For charon use: swanctl --load-all"});
  }
  const bool done = answer->value_or("success") == "yes";
  const auto code = done ? ExitCode::ok : ExitCode::failed;
  if (console.json) {
    console.print(response_json("reload", *answer));
    return code;
  }
  if (const auto* diagnostics = answer->find_list("diagnostics")) {
    for (const auto& diagnostic : *diagnostics) complain_lines(diagnostic, console);
  }
  if (!done) {
    const auto reason = console.error_style.shown(answer->value_or("errmsg", "the daemon gave no reason"));
    console.complain(console.error_style.bad("not reloaded") + ": " + reason);
    return code;
  }
  console.print(console.style.good("reloaded") + ": " + counted(number(*answer, "connections"), "connection") +
                console.style.shown(changes(*answer)) + ", " + counted(number(*answer, "secrets"), "secret"));
  return code;
}

}  // namespace keypact::cli
