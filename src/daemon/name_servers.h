// NameServers: as client, the name servers that a gateway tells us are the system's for as long as its IKE SA or one that replaces it
// lives. RFC 7296 §3.15.1, RFC 8598 §5.
#pragma once

#include <deque>

#include "control/told_event.h"
#include "daemon/command_outcome.h"
#include "daemon/resolver_commands.h"

namespace keypact::daemon {

class NameServers {
 public:
  /// What an earlier run told the resolver of this interface is taken back.
  NameServers(io::EventLoop& loop, SystemResolver resolver, std::string interface, Note note);

  /// This object stays where it is from then on.
  void on_event(const control::ToldEvent& told);
  /// Calls `done` when the resolver knows all, at the latest after `patience`.
  void finish(Duration patience, io::Callback done);

 private:
  struct Told {
    IkeSaId ike_sa;
    std::string connection;
    NameService service;
  };
  void on_configured(const ike::ClientConfigured& event);
  void forget(IkeSaId ike_sa);
  [[nodiscard]] NameService wanted() const;
  void update();
  void run_next();

  io::EventLoop& loop_;
  SystemResolver resolver_;
  std::string interface_;
  Note note_;
  std::vector<Told> told_;  ///< in the order in which they came: the gateways of the first one's connection serve
  std::optional<NameService> known_;
  std::deque<io::Program> waiting_;
  std::optional<io::Command> running_;
  io::Callback finished_;
  io::Timer patience_;
};

}  // namespace keypact::daemon
