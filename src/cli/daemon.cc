#include "cli/daemon.h"

#include <unistd.h>

#include <cerrno>

#include "io/clock.h"
#include "io/unix_client.h"
#include "vici/client_session.h"

namespace keypact::cli {

namespace {

constexpr Duration kAsLongAsItTakes = hours(24 * 365);

/// Why `path` cannot be connected to decides the exit code; the words are io's.
ExitCode code_for(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) return errno == EACCES ? ExitCode::permission : ExitCode::daemon_not_running;
  return access(path.c_str(), R_OK | W_OK) == 0 ? ExitCode::daemon_not_running : ExitCode::permission;
}

}  // namespace

struct Daemon::Implementation {
  explicit Implementation(io::UnixClient connected) : socket(std::move(connected)) {}

  Outcome<void> send() {
    if (auto sent = socket.send(client.take_output(), seconds(10)); !sent) return failed(sent.error());
    return {};
  }

  Outcome<vici::Packet> receive(Instant deadline) {
    for (;;) {
      auto packet = client.next();
      if (!packet) return failed({"the daemon's answer cannot be read", packet.error().to_string(), {}});
      if (*packet) return std::move(**packet);
      const auto now = io::monotonic_now();
      auto octets = socket.receive(deadline > now ? deadline - now : Duration::zero());
      if (!octets) return failed(octets.error());
      if (octets->empty()) {
        return failed({"the daemon closed the connection", "it stopped, or does not let this user in", "See its log"});
      }
      client.receive(*octets);
    }
  }

  io::UnixClient socket;
  vici::ClientSession client;
};

Daemon::Daemon(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Daemon::Daemon(Daemon&&) noexcept = default;
Daemon& Daemon::operator=(Daemon&&) noexcept = default;
Daemon::~Daemon() = default;

Outcome<Daemon> Daemon::connect(const std::vector<std::string>& paths, Duration timeout) {
  Failure first{ExitCode::usage, {"no control socket was named", {}, "Give one with --vici PATH"}};
  for (const auto& path : paths) {
    auto client = io::connect_unix(path, timeout);
    if (client) return Daemon(std::make_unique<Implementation>(std::move(*client)));
    const Failure failure{code_for(path), client.error()};
    if (failure.code == ExitCode::permission) return std::unexpected(failure);
    if (&path == &paths.front()) first = failure;
  }
  return std::unexpected(first);
}

Outcome<bool> Daemon::register_event(std::string_view event) {
  implementation_->client.register_event(event);
  TRY_VOID(implementation_->send());
  const auto deadline = io::monotonic_now() + seconds(10);
  for (;;) {
    TRY(const auto packet, implementation_->receive(deadline));
    if (packet.type == vici::PacketType::EVENT_CONFIRM) return true;
    if (packet.type == vici::PacketType::EVENT_UNKNOWN) return false;
  }
}

Outcome<std::optional<vici::Message>> Daemon::call(std::string_view command, const vici::Message& request,
                                                   Duration timeout, const OnEvent& on_event) {
  if (!implementation_->client.request(command, request)) {
    return failed({"the request is too large", "a vici packet holds 512 KiB", {}});
  }
  TRY_VOID(implementation_->send());
  const auto deadline = io::monotonic_now() + (timeout == Duration::zero() ? kAsLongAsItTakes : timeout);
  for (;;) {
    TRY(auto packet, implementation_->receive(deadline));
    if (packet.type == vici::PacketType::CMD_UNKNOWN) return std::nullopt;
    if (packet.type == vici::PacketType::CMD_RESPONSE) return std::move(packet.message);
    if (packet.type == vici::PacketType::EVENT && on_event) on_event(packet.name, packet.message);
  }
}

Outcome<std::vector<Connection>> Daemon::list_connections(const std::string& name) {
  std::vector<Connection> found;
  const auto collect = [&found](std::string_view event, const vici::Message& message) {
    if (event != "list-conn") return;
    for (auto& connection : connections(message)) found.push_back(std::move(connection));
  };
  vici::Message request;
  if (!name.empty()) request.key("ike", name);
  TRY_VOID(register_event("list-conn"));
  TRY_VOID(call("list-conns", request, seconds(30), collect));
  return found;
}

Outcome<std::vector<IkeSa>> Daemon::list_sas(const std::string& name) {
  std::vector<IkeSa> found;
  const auto collect = [&found](std::string_view event, const vici::Message& message) {
    if (event != "list-sa") return;
    for (auto& sa : ike_sas(message)) found.push_back(std::move(sa));
  };
  vici::Message request;
  request.key("noblock", "yes");
  if (!name.empty()) request.key("ike", name);
  TRY_VOID(register_event("list-sa"));
  TRY_VOID(call("list-sas", request, seconds(30), collect));
  return found;
}

}  // namespace keypact::cli
