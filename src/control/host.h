// Host and EngineAccess: what control needs from the process around it. The daemon implements them over sockets, files, the
// IPsec stack and whatever runs the engine; a test over nothing.
#pragma once

#include <functional>
#include <optional>

#include "config/file_source.h"
#include "control/configuration.h"
#include "control/kept_sas.h"
#include "ike/engine/engine.h"
#include "leases/lease_book.h"

namespace keypact::control {

/// One client of the control socket; the number is the host's.
using ClientId = Id<struct ControlClientTag>;

/// Texts about the machine and the program, as the commands version and stats tell them.
struct SystemFacts {
  std::string daemon = "keypactd";
  std::string version;
  std::string sysname;
  std::string release;
  std::string machine;
  std::string started;  ///< the calendar time of the start
};

/// A configuration directory that was read: the snapshot, or nothing and the reason. The diagnostics are for people.
struct LoadedFiles {
  config::SnapshotPointer snapshot;
  CredentialsPointer credentials;  ///< of the snapshot
  std::string error;
  std::vector<std::string> diagnostics;
};

/// One failure as a person should read it.
struct Verdict {
  std::string code;
  std::string what;
  std::string phase;
  std::string rule;
  std::string side;
  std::string remedy;
  std::string detail;
  std::vector<std::string> ours;
  std::vector<std::string> theirs;
};

/// Both ends of an IKE SA to be: what the names of the configuration mean, and the local address that reaches the peer.
struct Located {
  std::optional<IpAddress> local;
  std::optional<IpAddress> remote;
};

/// What the daemon refused or left out beside its engines, since its start.
struct HostCounters {
  std::uint64_t log_lines_left_out = 0;
  std::uint64_t control_clients_refused = 0;
  std::uint64_t control_clients_cut_off = 0;  ///< because they did not read, or to make room
  std::uint64_t packets_without_sa = 0;       ///< that a policy wants protected, and no SA came for
  std::uint64_t packets_not_held = 0;         ///< because too many waited for an SA already
  std::uint64_t packets_early = 0;            ///< that came before the kernel had their SA, and were let in with it
  std::uint64_t packets_early_dropped = 0;    ///< because nothing came of their SA, or too late
};

class EngineAccess {
 public:
  virtual ~EngineAccess() = default;

  /// At least one; an IKE SA is in one of them.
  [[nodiscard]] virtual std::size_t engines() const = 0;
  /// Calls `look` with one engine, between two of its steps, perhaps in its own thread while the caller waits. `look` may call
  /// nothing of EngineAccess and nothing of the host.
  virtual void look(std::size_t engine, const std::function<void(const ike::Engine&)>& look) = 0;
  [[nodiscard]] virtual ControlId next_control_id() = 0;
  /// The outcome comes through Server::on_event, from inside this call or later.
  virtual void submit(const ike::ControlRequest& request) = 0;
  virtual void set_configuration(config::SnapshotPointer snapshot, CredentialsPointer credentials) = 0;
  /// Whether clients want MessageTraced events; others may want them too.
  virtual void set_tracing(bool on) = 0;
};

/// All engines, one after the other.
inline void look_at_all(EngineAccess& access, const std::function<void(const ike::Engine&)>& look) {
  for (std::size_t engine = 0; engine < access.engines(); ++engine) access.look(engine, look);
}

class Host {
 public:
  virtual ~Host() = default;

  /// Octets for a client. The client may be gone.
  virtual void send(ClientId client, Octets octets) = 0;
  /// Server::sent is to be called once all that was sent to this client is on its way, but not from inside this call.
  virtual void tell_when_sent(ClientId client) = 0;
  /// Ends the connection when what was sent is on its way. Server::closed follows, but not from inside this call.
  virtual void disconnect(ClientId client) = 0;

  /// Nothing when the stack does not know the SA.
  [[nodiscard]] virtual std::optional<ipsec::ChildSaCounters> counters(ChildSaId child) = 0;
  /// Answered by Server::located with the same id, from inside this call or later.
  virtual void locate(ControlId request, const config::Connection& connection) = 0;
  [[nodiscard]] virtual LoadedFiles read_configuration() = 0;
  /// For the files that clients name by their whole path.
  [[nodiscard]] virtual config::FileSource& file_source() = 0;
  /// Who has which address of the pools.
  [[nodiscard]] virtual const leases::LeaseBook& leases() const = 0;
  [[nodiscard]] virtual HostCounters host_counters() const = 0;
  /// In what the kernel's IPsec differs from what was put there, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> drift() = 0;
  /// Why packets to there, or to anywhere, take the way that they take, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> explain_routes(const std::optional<IpAddress>& destination) = 0;
  /// What becomes of packets to there: the way that they take, and the policies that take them, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> explain_packets(const IpAddress& destination) = 0;
  /// What an earlier run left that carries traffic still.
  [[nodiscard]] virtual std::vector<KeptSas> kept_sas() = 0;
  /// CRLs that were fetched and are kept.
  [[nodiscard]] virtual std::vector<pki::RevocationList> fetched_lists() = 0;
  /// And what OCSP responders said.
  virtual void forget_fetched() = 0;
  /// A line for the daemon's own log.
  virtual void note(const std::string& line) = 0;

  [[nodiscard]] virtual Verdict explain(const ike::Refusal& refusal, const std::string& connection) = 0;
  [[nodiscard]] virtual SystemFacts facts() = 0;
  /// Every transform that can be computed here.
  [[nodiscard]] virtual std::vector<Transform> transforms() = 0;
};

}  // namespace keypact::control
