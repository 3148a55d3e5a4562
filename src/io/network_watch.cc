#include "io/network_watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "io/clock.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// An interface that goes down takes its addresses with it, one message each.
constexpr Duration kTogether = milliseconds(20);

constexpr unsigned group(unsigned number) { return 1U << (number - 1); }

}  // namespace

Result<NetworkWatch> NetworkWatch::open() {
  auto* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket == nullptr) return failure(system_error("cannot open a netlink socket", errno));
  NetworkWatch watch(socket);
  if (mnl_socket_bind(socket, group(RTNLGRP_LINK) | group(RTNLGRP_IPV4_IFADDR) | group(RTNLGRP_IPV6_IFADDR),
                      MNL_SOCKET_AUTOPID) != 0)
    return failure(system_error("cannot watch the addresses of this machine", errno));
  return watch;
}

Result<void> NetworkWatch::start(EventLoop& loop, Callback changed) {
  soon_ = std::make_unique<Timer>(loop, std::move(changed));
  TRY(watch_, loop.watch(mnl_socket_get_fd(socket_.get()), [this] { drain(); }));
  return {};
}

void NetworkWatch::drain() {
  std::array<std::uint8_t, 8192> buffer;
  // What was lost because nobody read it (ENOBUFS) was a change too.
  while (mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size()) > 0 || errno == ENOBUFS || errno == EINTR) {
  }
  if (!soon_->is_set()) soon_->set(monotonic_now() + kTogether);
}

}  // namespace keypact::io
