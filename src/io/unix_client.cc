#include "io/unix_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "io/clock.h"
#include "io/system_error.h"
#include "io/unix_path.h"

namespace keypact::io {
namespace {

Error cannot_connect(const std::string& path, int code) {
  const std::string what = "cannot reach keypactd at " + path;
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return {what, "it does not run, or listens at another path",
              "Start it (systemctl start keypact), or give its path with --vici"};
    case ECONNREFUSED: return {what, "it does not run any more", "Start it (systemctl start keypact)"};
    case EACCES:
    case EPERM:
      return {what, "you are not allowed to control it", "Run this as root or as a member of the group of that socket"};
    case EAGAIN: return {what, "it does not take new connections", "See its log (journalctl -u keypact)"};
    default: return system_error(what, code);
  }
}

/// 0: the descriptor is ready; else an errno.
int wait_for(int fd, short event, Instant deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - monotonic_now()).count();
    pollfd what{fd, event, 0};
    const int ready = ::poll(&what, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready > 0) return 0;
    if (ready == 0 && left <= 0) return ETIMEDOUT;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

}  // namespace

Result<UnixClient> connect_unix(const std::string& path, Duration timeout) {
  TRY(const sockaddr_un address, unix_address(path));
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failure(cannot_connect(path, errno));
  // A full queue of the daemon is waited for in connect(2), as long as a send may take.
  const auto limit = std::max<std::int64_t>(std::chrono::ceil<microseconds>(timeout).count(), 1);
  const timeval patience{.tv_sec = limit / 1'000'000, .tv_usec = limit % 1'000'000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {  // NOLINT: sockets
    if (errno != EINTR) return failure(cannot_connect(path, errno));
  }
  return UnixClient(std::move(fd), path);
}

Result<void> UnixClient::send(OctetView octets, Duration timeout) {
  const Instant deadline = monotonic_now() + timeout;
  while (!octets.empty()) {
    const ssize_t size = ::send(fd(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      octets = octets.subspan(static_cast<std::size_t>(size));
      continue;
    }
    int code = errno;
    if (code == EAGAIN) code = wait_for(fd(), POLLOUT, deadline);
    if (code == 0 || code == EINTR) continue;
    const char* remedy = code == EPIPE || code == ECONNRESET ? "keypactd closed the connection: see its log" : "";
    return failure(system_error("cannot send to keypactd at " + path_, code, remedy));
  }
  return {};
}

Result<Octets> UnixClient::receive(Duration timeout, std::size_t limit) {
  const Instant deadline = monotonic_now() + timeout;
  Octets octets(limit);
  for (;;) {
    const ssize_t size = ::recv(fd(), octets.data(), octets.size(), MSG_DONTWAIT);
    if (size >= 0) {
      octets.resize(static_cast<std::size_t>(size));
      return octets;
    }
    int code = errno;
    if (code == ECONNRESET) return Octets{};  // closed with some of ours unread
    if (code == EAGAIN) code = wait_for(fd(), POLLIN, deadline);
    if (code == 0 || code == EINTR) continue;
    const char* remedy = code == ETIMEDOUT ? "keypactd runs but did not answer in time" : "";
    return failure(system_error("cannot receive from keypactd at " + path_, code, remedy));
  }
}

}  // namespace keypact::io
