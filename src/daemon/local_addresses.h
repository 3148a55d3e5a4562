// LocalAddresses: keeps the engine informed of the addresses that this machine can send from.
#pragma once

#include <functional>

#include "io/netlink.h"
#include "io/network_watch.h"

namespace keypact::daemon {

class LocalAddresses {
 public:
  using Listener = std::function<void(std::vector<IpAddress>)>;

  /// Those of the interface `tunnel` are not among them: they are inside of our own tunnels.
  [[nodiscard]] static Result<LocalAddresses> open(std::string tunnel);
  /// Tells the addresses now, and again after each change. This object stays where it is from then on.
  [[nodiscard]] Result<void> start(io::EventLoop& loop, Listener listener);

 private:
  LocalAddresses(io::Netlink netlink, io::NetworkWatch watch, std::string tunnel)
      : netlink_(std::move(netlink)), watch_(std::move(watch)), tunnel_(std::move(tunnel)) {}
  void tell();

  io::Netlink netlink_;
  io::NetworkWatch watch_;
  std::string tunnel_;
  Listener listener_;
};

}  // namespace keypact::daemon
