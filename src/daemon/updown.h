// Updown: runs the updown scripts of Child SAs, one after the other in the order of the events, each for a bounded time.
#pragma once

#include <deque>
#include <unordered_map>

#include "config/snapshot_changes.h"
#include "control/updown_environment.h"
#include "daemon/backend.h"
#include "daemon/command_outcome.h"
#include "io/netlink.h"

namespace keypact::daemon {

class Updown {
 public:
  using Configuration = std::function<config::SnapshotPointer()>;

  /// `configuration`: the one in force; `note`: what scripts print, and how they fail.
  [[nodiscard]] static Result<Updown> open(io::EventLoop& loop, const Backend& backend, Configuration configuration,
                                           Note note);

  /// This object stays where it is from then on.
  void on_event(const control::ToldEvent& told);
  /// Calls `done` when no script runs or waits any more, at the latest after `patience`.
  void finish(Duration patience, io::Callback done);

 private:
  /// A Child SA that is up and has a script.
  struct Script {
    std::shared_ptr<const std::vector<std::string>> words;
    std::vector<control::UpdownRun> runs;
  };
  struct Run {
    ChildSaId child;
    bool up = false;
    std::shared_ptr<const std::vector<std::string>> words;
    std::string verb;
    std::vector<std::string> environment;
  };

  Updown(io::EventLoop& loop, io::Netlink netlink, const Backend& backend, Configuration configuration, Note note);
  void on_up(const control::ToldEvent& told);
  void on_down(ChildSaId child);
  void add_runs(ChildSaId child, const Script& script, bool up);
  void run_next();
  void on_ended(const Run& run, const io::CommandOutcome& outcome);

  io::EventLoop& loop_;
  io::Netlink netlink_;
  const Backend& backend_;
  Configuration configuration_;
  Note note_;
  std::unordered_map<ChildSaId, Script> up_;
  std::deque<Run> waiting_;
  std::optional<io::Command> running_;
  io::Callback finished_;
  io::Timer patience_;
};

}  // namespace keypact::daemon
