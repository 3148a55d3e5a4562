// Daemon: the tool's connection to keypactd: one command at a time, with the events that come while it runs.
#pragma once

#include <functional>
#include <memory>

#include "base/instant.h"
#include "cli/outcome.h"
#include "cli/records.h"

namespace keypact::cli {

class Daemon {
 public:
  using OnEvent = std::function<void(std::string_view event, const vici::Message& message)>;

  /// Connects to the first of `paths` where something listens. Everything with this daemon ends at `deadline`, with the exit
  /// code no_answer when an answer is still missing then.
  [[nodiscard]] static Outcome<Daemon> connect(const std::vector<std::string>& paths, Instant deadline);
  Daemon(Daemon&&) noexcept;
  Daemon& operator=(Daemon&&) noexcept;
  ~Daemon();

  /// False: the daemon does not have this event.
  [[nodiscard]] Outcome<bool> register_event(std::string_view event);
  /// The answer; nothing when the daemon does not know the command.
  [[nodiscard]] Outcome<std::optional<vici::Message>> call(std::string_view command, const vici::Message& request,
                                                           const OnEvent& on_event = {});

  /// What list-conns and list-sas of one connection, or of all when `name` is empty, stream.
  [[nodiscard]] Outcome<std::vector<Connection>> list_connections(const std::string& name = {});
  [[nodiscard]] Outcome<std::vector<IkeSa>> list_sas(const std::string& name = {});

 private:
  struct Implementation;
  explicit Daemon(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::cli
