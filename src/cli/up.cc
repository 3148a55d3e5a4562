// up: brings up the children of a connection, shows each message while it goes, and ends in one line or one record.
#include <algorithm>

#include "cli/human.h"
#include "cli/names.h"
#include "cli/records_json.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "io/clock.h"
#include "vici/extensions.h"

namespace keypact::cli {

namespace {

struct Attempt {
  bool done = false;
  std::chrono::microseconds elapsed{};
  Verdict verdict;
};

/// The SA of this target that was installed last, with its IKE SA.
struct Found {
  const IkeSa* ike = nullptr;
  const ChildSa* child = nullptr;
};

Found find(const std::vector<IkeSa>& sas, const Target& target) {
  Found found;
  for (const auto& sa : sas) {
    if (sa.connection != target.connection || !is_established(sa)) continue;
    if (target.child.empty()) found.ike = &sa;
    for (const auto& child : sa.children) {
      if (child.name != target.child || !carries_traffic(child)) continue;
      if (found.child != nullptr && found.child->installed <= child.installed) continue;
      found = {&sa, &child};
    }
  }
  return found;
}

/// A daemon without our events (charon) still tells in its log what it does.
Outcome<void> watch(Daemon& daemon) {
  TRY(const bool ours, daemon.register_event(vici::kLadderEvent));
  TRY_VOID(daemon.register_event(ours ? vici::kVerdictEvent : std::string_view("control-log")));
  return {};
}

Outcome<Attempt> initiate(Daemon& daemon, const Target& target, const Options& options, const Console& console) {
  vici::Message request;
  request.key("ike", target.connection).key("child", target.child);
  request.key("timeout", limit_of_command(options)).key("loglevel", "1");
  Attempt attempt;
  const auto show = [&](std::string_view event, const vici::Message& message) {
    if (event == vici::kLadderEvent) {
      const auto line = ladder_line(message);
      console.print(console.json ? ladder_json(line) : ladder_text(line, console.style));
    } else if (event == vici::kVerdictEvent) {
      attempt.verdict = verdict(message);
    } else if (event == "control-log" && !console.json) {
      console.print(console.style.faint(console.style.shown(message.value_or("msg"))));
    }
  };
  const auto begin = io::monotonic_now();
  TRY(const auto answer, daemon.call("initiate", request, show));
  attempt.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(io::monotonic_now() - begin);
  if (!answer) return failed({"the daemon cannot initiate", "it does not know the command", {}});
  attempt.done = answer->value_or("success") == "yes";
  if (attempt.verdict.what.empty()) attempt.verdict.what = answer->value_or("errmsg", "the daemon gave no reason");
  return attempt;
}

void print_up(const Target& target, const Attempt& attempt, const Found& found, const Console& console) {
  if (found.ike == nullptr) {  // it came up and is gone already
    const auto text = "up in " + elapsed_text(attempt.elapsed) + ", and gone again: " + target.to_string();
    console.print(console.json ? down_json(target, attempt.elapsed, 0) : text);
    return;
  }
  if (console.json) return console.print(up_json(target, attempt.elapsed, *found.ike, found.child));
  const auto begin = attempt.done ? "up in " + elapsed_text(attempt.elapsed) : std::string("already up");
  console.print(console.style.good(begin) + ": " + summary(*found.ike, found.child, console.style));
}

void print_failure(const Target& target, const Attempt& attempt, const Console& console) {
  if (console.json) return console.print(verdict_json("up", target, attempt.verdict));
  const auto& style = console.error_style;
  console.complain(style.strong(style.shown(target.to_string())) +
                   " is not up: " + verdict_text(attempt.verdict, style));
}

}  // namespace

Outcome<ExitCode> up(Daemon& daemon, const Options& options, const Console& console) {
  TRY(const auto connections, daemon.list_connections());
  TRY(const auto wanted, targets(connections, options.name, options.child));
  TRY_VOID(watch(daemon));
  std::size_t done = 0;
  for (const auto& target : wanted) {
    if (&target != &wanted.front() && io::monotonic_now() >= options.deadline) {
      if (!console.json)
        console.complain(console.error_style.shown(target.to_string()) + " was not tried: the time is over");
      break;
    }
    TRY(const auto before, daemon.list_sas(target.connection));
    if (const auto found = find(before, target); found.ike != nullptr) {
      print_up(target, {}, found, console);
      ++done;
      continue;
    }
    TRY(const auto attempt, initiate(daemon, target, options, console));
    TRY(const auto after, daemon.list_sas(target.connection));
    if (attempt.done) {
      print_up(target, attempt, find(after, target), console);
      ++done;
      continue;
    }
    print_failure(target, attempt, console);
    // Without an IKE SA the other children would fail for the same reason.
    if (std::none_of(after.begin(), after.end(), is_established)) break;
  }
  if (done == wanted.size()) return ExitCode::ok;
  return done == 0 ? ExitCode::failed : ExitCode::partial;
}

}  // namespace keypact::cli
