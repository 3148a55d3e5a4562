#include "daemon/control_socket.h"

#include <sys/utsname.h>

#include <algorithm>
#include <iterator>

#include "config/load.h"
#include "daemon/supported.h"
#include "diagnose/verdict.h"
#include "io/clock.h"

namespace keypact::daemon {
namespace {

control::ClientId from_socket(io::UnixClientId id) { return {id.value}; }
io::UnixClientId to_socket(control::ClientId id) { return {id.value}; }

std::optional<IpAddress> first_single(const std::vector<config::AddressPattern>& patterns) {
  for (const auto& pattern : patterns)
    if (pattern.is_single()) return pattern.first;
  return std::nullopt;
}

const std::string* first_name(const std::vector<config::AddressPattern>& patterns) {
  for (const auto& pattern : patterns)
    if (pattern.kind == config::AddressPattern::Kind::name) return &pattern.name;
  return nullptr;
}

/// What is said of children that ask for what IPsec in userspace does not have.
std::vector<std::string> without_the_kernel(const config::Snapshot& snapshot) {
  std::vector<std::string> remarks;
  for (const auto& connection : snapshot.connections) {
    for (const auto& child : connection->children) {
      const auto name = "connections." + connection->name + ".children." + child.name;
      if (child.mode != Mode::tunnel)
        remarks.push_back(name + (child.mode == Mode::beet ? ".mode = beet" : ".mode = transport") +
                          ": IPsec in userspace has tunnel mode only, which is used instead");
      if (child.compress) remarks.push_back(name + ".ipcomp: IPsec in userspace compresses nothing");
      if (std::ranges::any_of(child.esp_proposals, [](const auto& each) { return each.protocol == ProtocolId::AH; }))
        remarks.push_back(name + ".ah_proposals: IPsec in userspace has ESP only; AH is neither offered nor taken");
      if (child.tfc_padding != 0) remarks.push_back(name + ".tfc_padding: IPsec in userspace pads nothing");
      if (child.placement != config::PlacementSetting{})
        remarks.push_back(name +
                          ": marks, ids of interfaces, reqid, priority, interface and policies are the kernel's, " +
                          "and mean nothing to IPsec in userspace");
      if (child.offload == HardwareOffload::crypto || child.offload == HardwareOffload::packet)
        remarks.push_back(name + ".hw_offload = " + to_string(child.offload) +
                          ": IPsec in userspace has no interface do its work");
    }
  }
  return remarks;
}

}  // namespace

ControlSocket::ControlSocket(io::EventLoop& loop, const CommandLine& line, Engines& engines, Backend& backend,
                             Documents& documents, crypto::Library& library, const leases::LeaseBook& leases, Log& log)
    : loop_(loop),
      line_(line),
      engines_(engines),
      backend_(backend),
      documents_(documents),
      library_(library),
      leases_(leases),
      log_(log),
      started_(io::wall_clock_text(io::wall_now())),
      server_(*this, *this, io::monotonic_now()),
      resolver_(loop),
      timer_(loop, [this] {
        server_.on_deadline(io::monotonic_now());
        arm();
      }) {
  set_tracing(false);
}

Result<void> ControlSocket::listen() {
  io::UnixServerOptions options;
  options.path = line_.vici_path;
  options.queued_octets = control::Server::kQueuedOctets;
  TRY(auto server, io::UnixServer::listen(loop_, std::move(options), *this));
  socket_ = std::move(server);
  return {};
}

void ControlSocket::on_event(const control::ToldEvent& told) {
  server_.on_event(io::monotonic_now(), told);
  arm();
}

bool ControlSocket::load_files() {
  auto files = read_configuration();
  for (const auto& diagnostic : files.diagnostics) note(diagnostic);
  if (!files.snapshot) return false;
  server_.adopt_files(std::move(files.snapshot), files.credentials);
  return true;
}

control::HostCounters ControlSocket::host_counters() const {
  control::HostCounters counters;
  counters.log_lines_left_out = log_.left_out();
  const auto packets = backend_.dropped_outbound();
  counters.packets_without_sa = packets.without_sa;
  counters.packets_not_held = packets.not_held;
  const auto early = backend_.early_packets();
  counters.packets_early = early.let_in;
  counters.packets_early_dropped = early.dropped;
  if (!socket_) return counters;
  counters.control_clients_refused = socket_->counters().refused;
  counters.control_clients_cut_off = socket_->counters().cut_off;
  return counters;
}

void ControlSocket::arm() {
  if (const auto deadline = server_.deadline()) timer_.set(*deadline);
  else timer_.cancel();
}

void ControlSocket::send(control::ClientId client, Octets octets) {
  if (socket_) (void)socket_->send(to_socket(client), octets);
}

void ControlSocket::tell_when_sent(control::ClientId client) {
  if (socket_) socket_->tell_when_sent(to_socket(client));
}

void ControlSocket::disconnect(control::ClientId client) {
  // Server::closed must not be called from inside this call.
  loop_.post([this, client] {
    if (socket_) socket_->close_after_sending(to_socket(client));
  });
}

std::optional<ipsec::ChildSaCounters> ControlSocket::counters(ChildSaId child) { return backend_.counters(child); }

void ControlSocket::locate(ControlId request, const config::Connection& connection) {
  const auto local = first_single(connection.local_addrs);
  if (const auto remote = first_single(connection.remote_addrs)) return located(request, local, remote);
  const auto* name = first_name(connection.remote_addrs);
  if (name == nullptr) return located(request, local, std::nullopt);
  const auto family = local ? std::optional(local->family()) : std::nullopt;
  resolver_.resolve(*name, family, [this, request, local](Result<std::vector<IpAddress>> answer) {
    if (!answer) note(answer.error().to_string());
    located(request, local, answer ? std::optional(answer->front()) : std::nullopt);
  });
}

void ControlSocket::located(ControlId request, std::optional<IpAddress> local, std::optional<IpAddress> remote) {
  if (remote && !local) {
    const auto source = backend_.source_address_to(*remote);
    if (source) local = *source;
    else note(source.error().to_string());
  }
  server_.located(request, {local, remote});
  arm();
}

std::vector<pki::RevocationList> ControlSocket::fetched_lists() {
  std::vector<pki::RevocationList> lists;
  for (const auto& [uri, list] : documents_.knowledge().look()->lists()) lists.push_back(list);
  return lists;
}

control::LoadedFiles ControlSocket::read_configuration() {
  const auto path = line_.config_directory + "/swanctl.conf";
  auto loaded = config::load(files_, path);
  auto credentials = loaded ? ike::Credentials::of(*loaded->snapshot) : failure(std::move(loaded.error()));
  control::LoadedFiles result;
  const auto tell = [&](const std::vector<config::Diagnostic>& diagnostics) {
    for (const auto& diagnostic : diagnostics) result.diagnostics.push_back(to_string(diagnostic));
  };
  if (loaded) tell(loaded->warnings);
  if (credentials) {
    tell((*credentials)->warnings());
    result.snapshot = std::move(loaded->snapshot);
    result.credentials = std::move(*credentials);
    told_left_out_.clear();
    for (auto& sentence : left_out(*result.snapshot, library_)) {
      told_left_out_.insert(sentence);
      result.diagnostics.push_back(std::move(sentence));
    }
    if (line_.backend == "userspace")
      std::ranges::move(without_the_kernel(*result.snapshot), std::back_inserter(result.diagnostics));
  } else {
    tell(credentials.error());
    result.error = "the configuration in " + line_.config_directory + " has errors; the previous one stays in force";
  }
  return result;
}

control::Verdict ControlSocket::explain(const ike::Refusal& refusal, const std::string& connection) {
  auto verdict = diagnose::verdict_of(refusal, connection);
  return {std::move(verdict.code),   std::move(verdict.what), std::move(verdict.phase),
          std::move(verdict.rule),   std::move(verdict.side), std::move(verdict.remedy),
          std::move(verdict.detail), std::move(verdict.ours), std::move(verdict.theirs)};
}

control::SystemFacts ControlSocket::facts() {
  control::SystemFacts facts;
  utsname system{};
  if (uname(&system) == 0) {
    facts.sysname = system.sysname;
    facts.release = system.release;
    facts.machine = system.machine;
  }
  facts.version = KEYPACT_VERSION;
  facts.started = started_;
  return facts;
}

std::vector<Transform> ControlSocket::transforms() { return supported_transforms(library_); }

void ControlSocket::set_configuration(config::SnapshotPointer snapshot, control::CredentialsPointer credentials) {
  for (auto& sentence : left_out(*snapshot, library_))
    if (told_left_out_.insert(sentence).second) note(sentence);
  const auto supported = supported_only(*snapshot, library_);
  engines_.remember(backend_.earlier_run(*supported));
  engines_.set_configuration(supported, std::move(credentials));
  backend_.adopt(*supported);
}

void ControlSocket::connected(io::UnixClientId client) { server_.connected(from_socket(client)); }

void ControlSocket::received(io::UnixClientId client, OctetView octets) {
  server_.received(io::monotonic_now(), from_socket(client), octets);
  arm();
}

void ControlSocket::sent(io::UnixClientId client) {
  server_.sent(io::monotonic_now(), from_socket(client));
  arm();
}

void ControlSocket::closed(io::UnixClientId client) { server_.closed(from_socket(client)); }

}  // namespace keypact::daemon
