#include "daemon/local_addresses.h"

namespace keypact::daemon {

Result<LocalAddresses> LocalAddresses::open(std::string tunnel) {
  TRY(auto netlink, io::Netlink::open());
  TRY(auto watch, io::NetworkWatch::open());
  return LocalAddresses(std::move(netlink), std::move(watch), std::move(tunnel));
}

Result<void> LocalAddresses::start(io::EventLoop& loop, Listener listener) {
  listener_ = std::move(listener);
  TRY_VOID(watch_.start(loop, [this] { tell(); }));
  tell();
  return {};
}

void LocalAddresses::tell() {
  const auto addresses = netlink_.local_addresses();
  const auto running = netlink_.running_links();
  // What cannot be read now is read after the next change.
  if (!addresses || !running) return;
  const auto tunnel = tunnel_.empty() ? io::InterfaceIndex{0} : netlink_.interface_index(tunnel_).value_or(0);
  std::vector<IpAddress> usable;
  for (const auto& address : *addresses)
    if (!address.loopback && !address.link_local && address.usable && (tunnel == 0 || address.at.interface != tunnel) &&
        running->contains(address.at.interface))
      usable.push_back(address.at.address);
  listener_(std::move(usable));
}

}  // namespace keypact::daemon
