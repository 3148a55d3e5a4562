// LocalAddresses: keeps the engine informed of the addresses that this machine can send from.
#pragma once

#include <functional>

#include "io/netlink.h"
#include "io/network_watch.h"

namespace keypact::daemon {

class LocalAddresses {
 public:
  using Listener = std::function<void(std::vector<IpAddress>)>;

  [[nodiscard]] static Result<LocalAddresses> open();
  /// Tells the addresses now, and again after each change. This object stays where it is from then on.
  [[nodiscard]] Result<void> start(io::EventLoop& loop, Listener listener);

 private:
  LocalAddresses(io::Netlink netlink, io::NetworkWatch watch)
      : netlink_(std::move(netlink)), watch_(std::move(watch)) {}
  void tell();

  io::Netlink netlink_;
  io::NetworkWatch watch_;
  Listener listener_;
};

}  // namespace keypact::daemon
