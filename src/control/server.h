// Server: the control interface as a whole: the clients of the vici socket with their requests and registrations, and the events
// of the engine as they are to be told. Without a socket: octets in, octets out through the host.
#pragma once

#include "control/commands.h"
#include "control/listing.h"
#include "control/log_line.h"
#include "control/operations.h"

namespace keypact::control {

class Server {
 public:
  /// What the host should let wait for one client before it takes it for one that does not read: lists wait for the client, so this
  /// is for answers, and for events that nobody reads.
  static constexpr std::size_t kQueuedOctets = 2 * 1024 * 1024;

  /// Both outlive the server.
  Server(Host& host, EngineAccess& access, Instant now);

  void connected(ClientId client);
  void received(Instant now, ClientId client, OctetView octets);
  void closed(ClientId client);
  /// The answer to Host::tell_when_sent.
  void sent(Instant now, ClientId client);

  void on_event(Instant now, const ToldEvent& told);
  /// The answer to Host::locate.
  void located(ControlId request, const Located& located) { operations_.located(request, located); }
  void on_deadline(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const { return operations_.deadline(); }

  /// The configuration of the files, at the start and whenever the daemon itself read them again: the engine gets it, and
  /// start actions are carried out. What clients loaded stays over it.
  void adopt_files(config::SnapshotPointer files, const CredentialsPointer& parsed = nullptr);
  /// A line of the daemon's own log, for clients that registered for it.
  void log(const LogLine& line);

 private:
  struct Client {
    vici::ServerSession session{vocabulary()};
    std::optional<Listing> listing;  ///< the command that runs
    bool is_served = false;  ///< serve() is at work for it: an answer that comes at once must not begin it again
  };

  void serve(Instant now, ClientId id);
  /// False: the connection has ended.
  [[nodiscard]] bool serve_next(Instant now, ClientId id);
  /// The warnings of an answer: many clients show none of them.
  void log_warnings(std::string_view command, const vici::Message& answer);
  [[nodiscard]] std::optional<vici::Message> dispatch(Instant now, ClientId id, const vici::Request& request);
  /// Hands the current configuration to the engine and carries out what it asks for at once.
  void apply_configuration();
  void answer(Instant now, const Finished& finished);
  void go_on_listing(Instant now, ClientId id);
  void flush(ClientId id);
  void update_tracing();
  [[nodiscard]] Client* find(ClientId id);

  // server_events.cc
  void send_event(ClientId id, std::string_view event, const vici::Message& message);
  void publish(std::string_view event, const vici::Message& message);
  [[nodiscard]] bool anybody_registered(std::string_view event) const;
  void tell_log(const ToldEvent& told);
  void tell_ladder(Instant now, const ToldEvent& told);
  void tell_updown(Instant now, const ToldEvent& told);
  void tell_moved(Instant now, const ToldEvent& told);
  void tell_ike_rekeyed(Instant now, const ToldEvent& told);
  void tell_child_rekeyed(Instant now, const ToldEvent& told);
  void note_failure(Instant now, const ToldEvent& told);

  Host& host_;
  EngineAccess& access_;
  Configuration configuration_;
  config::SnapshotPointer applied_;
  CredentialsPointer applied_credentials_;
  LastFailures failures_;
  Operations operations_;
  Instant started_;
  std::map<ClientId, Client> clients_;
};

}  // namespace keypact::control
