// UnixServer: a stream socket in the file system for control clients (vici). Octet streams only, framing is elsewhere. Only
// root, our own user and group, and an allowed group may connect; a client that stalls or floods hurts only itself.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/id.h"
#include "base/octets.h"
#include "base/result.h"

namespace keypact::io {

class EventLoop;

using UnixClientId = Id<struct UnixClientTag>;

struct UnixServerOptions {
  std::string path;  ///< in the file system, no abstract name; its last directory is made if need be
  std::optional<std::uint32_t> group{};  ///< numeric group whose members may connect, beside root and ourselves
  /// At the limit a new client replaces the oldest one that never sent anything; if all have, the new one is refused.
  std::size_t clients = 64;
  /// Octets that wait for a slow reader before it is disconnected.
  std::size_t queued_octets = 1 << 20;
};

/// Since the start.
struct UnixServerCounters {
  std::uint64_t refused = 0;  ///< clients that may not connect, or came when all others were at work
  std::uint64_t cut_off = 0;  ///< clients that did not read what was sent to them, or that made room for another
};

/// What happens at the server. Each may call any function of the server, close() of the same client included.
class UnixServerEvents {
 public:
  virtual ~UnixServerEvents() = default;
  virtual void connected(UnixClientId client) = 0;
  virtual void received(UnixClientId client, OctetView octets) = 0;
  /// Called once for each connected client, also after close(); the id is never used again. Not called from ~UnixServer.
  virtual void closed(UnixClientId client) = 0;
  /// The answer to tell_when_sent().
  virtual void sent(UnixClientId) {}
};

class UnixServer {
 public:
  /// Binds with mode 0660. A socket that lies there from an earlier run is replaced if nobody listens on it and it is ours;
  /// anything else at that path (a file, a symbolic link, another's socket, a running daemon) is an error.
  [[nodiscard]] static Result<UnixServer> listen(EventLoop& loop, UnixServerOptions options, UnixServerEvents& events);

  UnixServer(UnixServer&&) noexcept;
  UnixServer& operator=(UnixServer&&) noexcept;
  /// Removes the socket from the file system, if it is still ours.
  ~UnixServer();

  /// Queues the octets. False: the client is gone, or was disconnected now because it does not read.
  bool send(UnixClientId client, OctetView octets);
  /// sent() is called once the queue of this client is empty, from the loop: for whoever has more than should wait in memory.
  void tell_when_sent(UnixClientId client);
  /// Ends the connection, without waiting for what is still queued.
  void close(UnixClientId client);
  /// Ends the connection when what is queued has been sent; nothing more is received.
  void close_after_sending(UnixClientId client);
  [[nodiscard]] std::size_t clients() const;
  [[nodiscard]] const UnixServerCounters& counters() const;

 private:
  struct Implementation;
  explicit UnixServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::io
