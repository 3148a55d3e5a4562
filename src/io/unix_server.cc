#include "io/unix_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <vector>

#include "io/clock.h"
#include "io/event_loop.h"
#include "io/file_descriptor.h"
#include "io/system_error.h"
#include "io/unix_path.h"

namespace keypact::io {
namespace {

constexpr Duration kAcceptPause = milliseconds(100);
/// Of one client in one turn, so that none keeps the loop for itself.
constexpr std::size_t kReadOctets = 65536;
constexpr int kAcceptsInOneTurn = 16;
/// Small pieces that wait share a chunk: a thousand of one octet must not cost more than a thousand octets.
constexpr std::size_t kChunkOctets = 16384;

struct Client {
  FileDescriptor descriptor;
  Watch watch;
  std::deque<Octets> queue;
  std::size_t sent_of_first = 0;
  std::size_t queued = 0;
  bool spoke = false;      ///< it sent at least one octet
  bool tell_sent = false;  ///< when the queue is empty
  bool draining = false;   ///< ends when the queue is empty
};

/// Is the peer's user a member of the group? The kernel keeps the groups of the moment it connected.
bool in_group(int fd, gid_t primary, gid_t group) {
  if (primary == group) return true;
  std::vector<gid_t> groups(64);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
    if (errno != ERANGE) return false;
    groups.resize(size / sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  }
  groups.resize(size / sizeof(gid_t));
  return std::ranges::find(groups, group) != groups.end();
}

bool allowed(int fd, std::optional<std::uint32_t> group) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) return false;
  return peer.uid == 0 || peer.uid == ::geteuid() || peer.gid == ::getegid() ||
         (group && in_group(fd, peer.gid, *group));
}

}  // namespace

struct UnixServer::Implementation {
  Implementation(EventLoop& event_loop, UnixServerOptions server_options, UnixServerEvents& server_events)
      : loop(event_loop),
        options(std::move(server_options)),
        events(server_events),
        resume_accepting(loop, [this] { accepting.resume(); }),
        tell_gone(loop, [this] { report_gone(); }) {}
  ~Implementation() { remove_unix_path(options.path, identity); }

  void accept_clients();
  bool survive_accept_failure(int code);
  void add_client(FileDescriptor descriptor);
  bool make_room();
  void read_from(UnixClientId id);
  void flush(UnixClientId id);
  bool write_queue(Client& client);
  void drop(std::map<UnixClientId, Client>::iterator client);
  void report_gone();

  EventLoop& loop;
  UnixServerOptions options;
  UnixServerEvents& events;
  UnixPathIdentity identity;
  FileDescriptor listener;
  FileDescriptor reserve;  ///< given up for a moment to accept and refuse a client when there are no descriptors left
  std::map<UnixClientId, Client> clients;  ///< in order of connection
  std::vector<UnixClientId> gone;          ///< not yet told
  std::uint64_t last_id = 0;
  UnixServerCounters counters;
  Watch accepting;
  Timer resume_accepting;
  Timer tell_gone;
  std::shared_ptr<int> life = std::make_shared<int>();  ///< what was posted must not find us gone
};

void UnixServer::Implementation::accept_clients() {
  for (int i = 0; i < kAcceptsInOneTurn; ++i) {
    FileDescriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client) {
      add_client(std::move(client));
      continue;
    }
    if (!survive_accept_failure(errno)) return;
  }
}

/// True: try again at once.
bool UnixServer::Implementation::survive_accept_failure(int code) {
  if (code == EINTR || code == ECONNABORTED) return true;
  if (code == EAGAIN) return false;
  if ((code == EMFILE || code == ENFILE) && reserve) {
    // The client would wait for ever, and the loop would be woken for it again and again: refuse it.
    reserve.reset();
    FileDescriptor refused(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const bool was_there = bool(refused);
    counters.refused += was_there ? 1 : 0;
    refused.reset();
    reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (was_there) return true;
  }
  accepting.pause();
  resume_accepting.set(monotonic_now() + kAcceptPause);
  return false;
}

bool UnixServer::Implementation::make_room() {
  if (clients.size() < options.clients) return true;
  const auto idle =
      std::ranges::find_if(clients, [](const auto& entry) { return entry.second.draining || !entry.second.spoke; });
  if (idle == clients.end()) return false;
  ++counters.cut_off;
  drop(idle);
  return true;
}

void UnixServer::Implementation::add_client(FileDescriptor descriptor) {
  if (!reserve) reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!allowed(descriptor.get(), options.group) || !make_room()) {
    ++counters.refused;
    return;
  }
  const UnixClientId id{++last_id};
  auto watch = loop.watch(descriptor.get(), [this, id] { read_from(id); });
  if (!watch) return;
  auto& client = clients[id];
  client.descriptor = std::move(descriptor);
  client.watch = std::move(*watch);
  events.connected(id);
}

void UnixServer::Implementation::read_from(UnixClientId id) {
  const auto found = clients.find(id);
  if (found == clients.end()) return;
  std::array<std::uint8_t, kReadOctets> buffer;
  const ssize_t size = ::recv(found->second.descriptor.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return drop(found);
  found->second.spoke = true;
  events.received(id, {buffer.data(), static_cast<std::size_t>(size)});
}

/// False: the client is gone.
bool UnixServer::Implementation::write_queue(Client& client) {
  while (!client.queue.empty()) {
    const Octets& first = client.queue.front();
    const ssize_t size = ::send(client.descriptor.get(), first.data() + client.sent_of_first,
                                first.size() - client.sent_of_first, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    client.sent_of_first += static_cast<std::size_t>(size);
    client.queued -= static_cast<std::size_t>(size);
    if (client.sent_of_first < first.size()) continue;
    client.queue.pop_front();
    client.sent_of_first = 0;
  }
  return true;
}

void UnixServer::Implementation::flush(UnixClientId id) {
  const auto found = clients.find(id);
  if (found == clients.end()) return;
  Client& client = found->second;
  if (!write_queue(client) || (client.draining && client.queue.empty())) return drop(found);
  if (!client.queue.empty()) return client.watch.when_writable([this, id] { flush(id); });
  if (std::exchange(client.tell_sent, false))
    loop.post([this, id, alive = std::weak_ptr(life)] {
      if (!alive.expired() && clients.contains(id)) events.sent(id);
    });
}

void UnixServer::Implementation::drop(std::map<UnixClientId, Client>::iterator client) {
  gone.push_back(client->first);
  client->second.watch = Watch();
  clients.erase(client);
  tell_gone.set(monotonic_now());  // later: the caller may be in the midst of a walk over its clients
}

void UnixServer::Implementation::report_gone() {
  const auto told = std::exchange(gone, {});
  for (const auto id : told) events.closed(id);
}

Result<UnixServer> UnixServer::listen(EventLoop& loop, UnixServerOptions options, UnixServerEvents& events) {
  TRY(BoundUnixSocket bound, bind_unix(options.path, options.group));
  auto implementation = std::make_unique<Implementation>(loop, std::move(options), events);
  implementation->identity = bound.identity;
  implementation->listener = std::move(bound.descriptor);
  implementation->reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto* self = implementation.get();
  TRY(implementation->accepting, loop.watch(self->listener.get(), [self] { self->accept_clients(); }));
  return UnixServer(std::move(implementation));
}

UnixServer::UnixServer(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
UnixServer::UnixServer(UnixServer&&) noexcept = default;
UnixServer& UnixServer::operator=(UnixServer&&) noexcept = default;
UnixServer::~UnixServer() = default;

bool UnixServer::send(UnixClientId id, OctetView octets) {
  auto& self = *implementation_;
  const auto found = self.clients.find(id);
  if (found == self.clients.end() || found->second.draining) return false;
  Client& client = found->second;
  if (client.queued + octets.size() > self.options.queued_octets) {
    ++self.counters.cut_off;
    self.drop(found);
    return false;
  }
  if (octets.empty()) return true;
  const bool waits = !client.queue.empty();
  if (waits && client.queue.back().size() + octets.size() <= kChunkOctets) append(client.queue.back(), octets);
  else client.queue.push_back(to_octets(octets));
  client.queued += octets.size();
  if (waits) return true;  // flushed when it can be written
  self.flush(id);
  return self.clients.contains(id);
}

void UnixServer::tell_when_sent(UnixClientId id) {
  const auto found = implementation_->clients.find(id);
  if (found == implementation_->clients.end()) return;
  found->second.tell_sent = true;
  implementation_->flush(id);
}

void UnixServer::close(UnixClientId id) {
  const auto found = implementation_->clients.find(id);
  if (found != implementation_->clients.end()) implementation_->drop(found);
}

void UnixServer::close_after_sending(UnixClientId id) {
  const auto found = implementation_->clients.find(id);
  if (found == implementation_->clients.end()) return;
  if (found->second.queue.empty()) return implementation_->drop(found);
  found->second.draining = true;
  found->second.watch.pause();
}

std::size_t UnixServer::clients() const { return implementation_->clients.size(); }

const UnixServerCounters& UnixServer::counters() const { return implementation_->counters; }

}  // namespace keypact::io
