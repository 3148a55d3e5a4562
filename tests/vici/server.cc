#include "tests/vici/server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vici/extensions.h"

namespace keypact::vici {

namespace {

constexpr std::string_view kCommands[] = {"version",         "stats",      "initiate",     "terminate",
                                          "list-sas",        "list-conns", "load-conn",    "unload-conn",
                                          "get-conns",       "get-keys",   "get-shared",   "load-shared",
                                          "get-authorities", "get-pools",  kReloadCommand, kVerdictCommand};
constexpr std::string_view kEvents[] = {"control-log", "list-sa", "list-conn", "log", kLadderEvent, kVerdictEvent};

}  // namespace

Server::Server(Handler handler) : handler_(std::move(handler)) {
  std::string pattern = std::filesystem::temp_directory_path() / "keypact-vici-XXXXXX";
  directory_ = mkdtemp(pattern.data());
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path().copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);  // NOLINT: sockets
  EXPECT_EQ(listen(listener_, 3), 0);
  EXPECT_EQ(pipe(stop_.data()), 0);
  thread_ = std::thread([this] { run(); });
}

Server::~Server() {
  finish();
  std::filesystem::remove_all(directory_);
}

void Server::finish() {
  if (!thread_.joinable()) return;
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(listener_);
}

bool Server::readable(int fd) {
  std::array<pollfd, 2> waited{pollfd{fd, POLLIN, 0}, pollfd{stop_[0], POLLIN, 0}};
  return poll(waited.data(), waited.size(), 20000) > 0 && waited[0].revents != 0;
}

void Server::run() {
  while (readable(listener_)) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) serve(client);
    close(client);
  }
}

void Server::serve(int client) {
  ServerSession session({kCommands, kEvents});
  std::array<std::uint8_t, 7> part{};  // small on purpose: frames arrive in pieces
  while (readable(client)) {
    const auto count = read(client, part.data(), part.size());
    if (count <= 0) return;
    session.receive(OctetView(part).first(static_cast<std::size_t>(count)));
    for (;;) {
      auto request = session.next_request();
      if (!request) {
        fault_ = request.error().to_string();
        return;
      }
      if (!*request) break;
      const auto answer = handler_(session, **request);
      requests_.push_back(std::move(**request));
      session.respond(answer);
    }
    const auto output = session.take_output();
    if (send(client, output.data(), output.size(), MSG_NOSIGNAL) != std::ssize(output)) return;
  }
}

}  // namespace keypact::vici
