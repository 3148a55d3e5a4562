#include "daemon/updown.h"

#include <algorithm>

#include "io/clock.h"

namespace keypact::daemon {
Result<Updown> Updown::open(io::EventLoop& loop, const Backend& backend, Configuration configuration, Note note) {
  TRY(auto netlink, io::Netlink::open());
  return Updown(loop, std::move(netlink), backend, std::move(configuration), std::move(note));
}

Updown::Updown(io::EventLoop& loop, io::Netlink netlink, const Backend& backend, Configuration configuration, Note note)
    : loop_(loop),
      netlink_(std::move(netlink)),
      backend_(backend),
      configuration_(std::move(configuration)),
      note_(std::move(note)) {}

void Updown::on_event(const control::ToldEvent& told) {
  if (std::holds_alternative<ike::ChildSaUp>(told.event)) return on_up(told);
  if (const auto* down = std::get_if<ike::ChildSaDown>(&told.event)) return on_down(down->child_sa);
  // The tunnel goes on, and so does what the script did for it.
  if (const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&told.event))
    if (auto known = up_.extract(rekeyed->old)) {
      known.key() = rekeyed->fresh;
      up_.insert(std::move(known));
    }
}

void Updown::on_up(const control::ToldEvent& told) {
  if (told.ike == nullptr || told.child == nullptr) return;
  const auto snapshot = configuration_();
  const auto connection = snapshot ? snapshot->connection(told.ike->connection) : nullptr;
  const auto& sa = told.child->sa;
  const auto* child = connection ? connection->child(sa.name) : nullptr;
  if (child == nullptr || child->updown.empty()) return;
  const auto interface = netlink_.interface_of(told.ike->record.local.address).value_or("");
  const control::UpdownPlace place{interface.empty() ? "unknown" : interface, backend_.reqid(sa.id, told.child->policy),
                                   child->host_access};
  // It keeps the configuration alive that it is part of.
  Script script{{connection, &child->updown}, control::updown_runs(*told.ike, sa, place)};
  add_runs(sa.id, script, true);
  up_.insert_or_assign(sa.id, std::move(script));
}

/// The script hears what it heard when the Child SA came up, whatever the configuration says by now.
void Updown::on_down(ChildSaId child) {
  const auto known = up_.extract(child);
  if (known.empty()) return;
  const auto is_its = [&](const Run& run) { return run.child == child && run.up; };
  const auto unheard = static_cast<std::size_t>(std::ranges::count_if(waiting_, is_its));
  if (unheard == known.mapped().runs.size()) return (void)std::erase_if(waiting_, is_its);
  add_runs(child, known.mapped(), false);
}

void Updown::add_runs(ChildSaId child, const Script& script, bool up) {
  for (const auto& run : script.runs) {
    Run next{child, up, script.words, (up ? "up-" : "down-") + run.scope, run.variables};
    next.environment.push_back("PLUTO_VERB=" + next.verb);
    next.environment.emplace_back(io::kProgramPath);
    waiting_.push_back(std::move(next));
  }
  if (!running_) run_next();
}

void Updown::run_next() {
  while (!waiting_.empty()) {
    auto run = std::move(waiting_.front());
    waiting_.pop_front();
    const io::Program program{*run.words, run.environment, {}};
    auto started = io::Command::start(
        loop_, program, [this, run = std::move(run)](const io::CommandOutcome& outcome) { on_ended(run, outcome); });
    if (started) return (void)running_.emplace(std::move(*started));
    note_(started.error().to_string());
  }
  if (finished_) {
    patience_.cancel();
    std::exchange(finished_, {})();
  }
}

void Updown::on_ended(const Run& run, const io::CommandOutcome& outcome) {
  tell_outcome(run.words->front() + " (" + run.verb + ")", outcome, note_);
  running_.reset();
  run_next();
}

void Updown::finish(Duration patience, io::Callback done) {
  finished_ = std::move(done);
  patience_ = io::Timer(loop_, [this] { std::exchange(finished_, {})(); });
  patience_.set(io::monotonic_now() + patience);
  if (!running_) run_next();
}

}  // namespace keypact::daemon
