// ControlSocket: the vici socket of keypactd: joins the control server to a Unix socket, the engine, the configuration files, the
// data plane and the resolver.
#pragma once

#include <set>

#include "control/server.h"
#include "daemon/backend.h"
#include "daemon/engines.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "io/file_source.h"
#include "io/resolver.h"
#include "io/unix_server.h"

namespace keypact::daemon {

class ControlSocket final : private control::Host, private control::EngineAccess, private io::UnixServerEvents {
 public:
  /// All outlive this object.
  ControlSocket(io::EventLoop& loop, const CommandLine& line, Engines& engines, Backend& backend, Documents& documents,
                crypto::Library& library, const leases::LeaseBook& leases, Log& log);

  [[nodiscard]] Result<void> listen();
  void on_event(const control::ToldEvent& told);
  /// Reads the files; on success the engine has them. All diagnostics go to the log.
  [[nodiscard]] bool load_files();

 private:
  // control::Host
  void send(control::ClientId client, Octets octets) override;
  void tell_when_sent(control::ClientId client) override;
  void disconnect(control::ClientId client) override;
  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId child) override;
  void locate(ControlId request, const config::Connection& connection) override;
  [[nodiscard]] control::LoadedFiles read_configuration() override;
  [[nodiscard]] config::FileSource& file_source() override { return files_; }
  [[nodiscard]] const leases::LeaseBook& leases() const override { return leases_; }
  [[nodiscard]] control::HostCounters host_counters() const override;
  [[nodiscard]] std::vector<std::string> drift() override { return backend_.drift(); }
  [[nodiscard]] std::vector<std::string> explain_routes(const std::optional<IpAddress>& destination) override {
    return backend_.explain_routes(destination);
  }
  [[nodiscard]] std::vector<std::string> explain_packets(const IpAddress& destination) override {
    return backend_.explain_packets(destination);
  }
  [[nodiscard]] std::vector<control::KeptSas> kept_sas() override { return backend_.kept_sas(); }
  [[nodiscard]] std::vector<pki::RevocationList> fetched_lists() override;
  void forget_fetched() override { documents_.knowledge().forget_all(); }
  void note(const std::string& line) override { log_.write(LogLevel::warning, line); }
  [[nodiscard]] control::Verdict explain(const ike::Refusal& refusal, const std::string& connection) override;
  [[nodiscard]] control::SystemFacts facts() override;
  [[nodiscard]] std::vector<Transform> transforms() override;
  // control::EngineAccess
  [[nodiscard]] std::size_t engines() const override { return engines_.count(); }
  void look(std::size_t engine, const std::function<void(const ike::Engine&)>& look) override {
    engines_.look(engine, look);
  }
  [[nodiscard]] ControlId next_control_id() override { return engines_.next_control_id(); }
  void submit(const ike::ControlRequest& request) override { engines_.submit(request); }
  void set_configuration(config::SnapshotPointer snapshot, control::CredentialsPointer credentials) override;
  void set_tracing(bool on) override { engines_.set_tracing(on || log_.wants_messages()); }
  // io::UnixServerEvents
  void connected(io::UnixClientId client) override;
  void received(io::UnixClientId client, OctetView octets) override;
  void closed(io::UnixClientId client) override;
  void sent(io::UnixClientId client) override;

  void located(ControlId request, std::optional<IpAddress> local, std::optional<IpAddress> remote);
  void arm();

  io::EventLoop& loop_;
  const CommandLine& line_;
  Engines& engines_;
  Backend& backend_;
  Documents& documents_;
  crypto::Library& library_;
  const leases::LeaseBook& leases_;
  Log& log_;
  std::string started_;
  control::Server server_;
  io::RealFiles files_;
  io::Resolver resolver_;
  io::Timer timer_;
  std::optional<io::UnixServer> socket_;
  std::set<std::string> told_left_out_;  ///< of the configuration, since it was read from files
};

}  // namespace keypact::daemon
