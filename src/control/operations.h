// Operations: the commands initiate and terminate, which run until the engine has told the outcome of everything they asked for,
// and rekey, which is answered when it is on its way.
#pragma once

#include <map>

#include "control/sa_facts.h"
#include "control/verdict_section.h"

namespace keypact::control {

/// The end of an operation: the answer, and the verdict before it when it failed.
struct Finished {
  ClientId client;
  vici::Message answer;
  std::optional<Verdict> verdict;
  std::string connection;
};

/// A client that watches an operation on a connection.
struct Watcher {
  ClientId client;
  Instant began;
  int log_level = 1;
};

class Operations {
 public:
  Operations(Host& host, EngineAccess& access) : host_(host), access_(access) {}

  /// The answer, when there is nothing to wait for; else it comes from on_done, on_deadline or located.
  [[nodiscard]] std::optional<vici::Message> initiate(Instant now, ClientId client, const vici::Message& request);
  [[nodiscard]] std::optional<vici::Message> terminate(Instant now, ClientId client, const vici::Message& request);
  [[nodiscard]] vici::Message rekey(const vici::Message& request);
  /// Without a client: a start_action. Failures are told by events only.
  void start(const config::Connection& connection, const std::string& child);
  void stop(IkeSaId ike_sa);

  void on_address_wanted(const ike::AddressWanted& event);
  void located(ControlId id, const Located& located);
  [[nodiscard]] std::optional<Finished> on_done(const ike::RequestDone& done);
  [[nodiscard]] std::vector<Finished> on_deadline(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// The client is gone; what it asked for goes on.
  void forget(ClientId client);

  [[nodiscard]] std::vector<Watcher> watchers(const std::string& connection) const;

 private:
  struct Operation {
    enum class Kind : std::uint8_t { initiate, terminate } kind{};
    std::string connection;
    std::string child;
    Instant began;
    std::optional<Instant> deadline;
    int log_level = 1;
    std::size_t waiting = 0;  ///< requests without an outcome
    std::size_t matches = 0;
    std::size_t done = 0;
    std::optional<ike::Refusal> refusal;  ///< the first one
  };

  [[nodiscard]] ControlId new_request(std::optional<ClientId> client);
  void begin(ControlId id, const config::Connection& connection, const std::string& child, bool persistent = false);
  [[nodiscard]] Finished finish(ClientId client, Operation operation);

  Host& host_;
  EngineAccess& access_;
  std::map<ClientId, Operation> operations_;  ///< one at a time for each client
  std::map<ControlId, ClientId> requests_;
  std::map<ControlId, ike::Initiate> locating_;
};

}  // namespace keypact::control
