#include "cli/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/human.h"
#include "io/clock.h"
#include "io/unix_client.h"
#include "vici/client_session.h"

namespace keypact::cli {

namespace {

/// Nobody waits longer for a connection or for room in a socket: a daemon that is alive takes milliseconds.
constexpr Duration kQuickStep = seconds(5);

/// An error of io says in words only that its time was over. The kernel rounds such times, downwards too.
bool took_all_of(Duration limit, Instant begin) { return io::monotonic_now() - begin >= limit - limit / 10; }

Failure no_answer(Instant begin, std::string_view to) {
  const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(io::monotonic_now() - begin);
  return {ExitCode::no_answer,
          {"the daemon does not answer", "no answer to " + std::string(to) + " within " + elapsed_text(waited),
           "It runs but hangs or is overloaded: see its log; what was asked for may still be done"}};
}

/// Why `path` cannot be connected to decides the exit code; the words are io's.
ExitCode code_for(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) return errno == EACCES ? ExitCode::permission : ExitCode::daemon_not_running;
  return access(path.c_str(), R_OK | W_OK) == 0 ? ExitCode::daemon_not_running : ExitCode::permission;
}

}  // namespace

struct Daemon::Implementation {
  Implementation(io::UnixClient connected, Instant until) : socket(std::move(connected)), deadline(until) {}

  [[nodiscard]] Duration left() const { return std::max(deadline - io::monotonic_now(), Duration::zero()); }

  Outcome<void> send(std::string_view command) {
    began = io::monotonic_now();
    current = command;
    const auto limit = std::min(left(), kQuickStep);
    if (auto sent = socket.send(client.take_output(), limit); !sent) {
      if (took_all_of(limit, began)) return std::unexpected(no_answer(began, current));
      return failed(sent.error());
    }
    return {};
  }

  Outcome<vici::Packet> receive() {
    for (;;) {
      auto packet = client.next();
      if (!packet) return failed({"the daemon's answer cannot be read", packet.error().to_string(), {}});
      if (*packet) return std::move(**packet);
      // Asked before each part: events without an end must not keep this going.
      const auto limit = left();
      auto octets = limit > Duration::zero() ? socket.receive(limit) : Result<Octets>(failure(Error{}));
      if (!octets && left() == Duration::zero()) return std::unexpected(no_answer(began, current));
      if (!octets) return failed(octets.error());
      if (octets->empty()) {
        return failed({"the daemon closed the connection", "it stopped, or does not let this user in", "See its log"});
      }
      client.receive(*octets);
    }
  }

  io::UnixClient socket;
  vici::ClientSession client;
  Instant deadline;
  std::string current;  ///< the command or event that an answer is missing to
  Instant began;        ///< when it was sent
};

Daemon::Daemon(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Daemon::Daemon(Daemon&&) noexcept = default;
Daemon& Daemon::operator=(Daemon&&) noexcept = default;
Daemon::~Daemon() = default;

Outcome<Daemon> Daemon::connect(const std::vector<std::string>& paths, Instant deadline) {
  Failure first{ExitCode::usage, {"no control socket was named", {}, "Give one with --vici PATH"}};
  for (const auto& path : paths) {
    const auto begin = io::monotonic_now();
    const auto limit = std::clamp(deadline - begin, Duration(milliseconds(1)), kQuickStep);
    auto client = io::connect_unix(path, limit);
    if (client) return Daemon(std::make_unique<Implementation>(std::move(*client), deadline));
    if (took_all_of(limit, begin)) return std::unexpected(no_answer(begin, "a connection to " + path));
    const Failure failure{code_for(path), client.error()};
    if (failure.code == ExitCode::permission) return std::unexpected(failure);
    if (&path == &paths.front()) first = failure;
  }
  return std::unexpected(first);
}

Outcome<bool> Daemon::register_event(std::string_view event) {
  implementation_->client.register_event(event);
  TRY_VOID(implementation_->send("the registration for " + std::string(event)));
  for (;;) {
    TRY(const auto packet, implementation_->receive());
    if (packet.type == vici::PacketType::EVENT_CONFIRM) return true;
    if (packet.type == vici::PacketType::EVENT_UNKNOWN) return false;
  }
}

Outcome<std::optional<vici::Message>> Daemon::call(std::string_view command, const vici::Message& request,
                                                   const OnEvent& on_event) {
  if (!implementation_->client.request(command, request)) {
    return failed({"the request is too large", "a vici packet holds 512 KiB", {}});
  }
  TRY_VOID(implementation_->send(command));
  for (;;) {
    TRY(auto packet, implementation_->receive());
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
  TRY_VOID(call("list-conns", request, collect));
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
  TRY_VOID(call("list-sas", request, collect));
  return found;
}

}  // namespace keypact::cli
