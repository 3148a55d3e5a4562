// NetworkWatch: tells when a network interface goes up or down, or an address comes or goes (rtnetlink's multicast groups).
#pragma once

#include <libmnl/libmnl.h>

#include <memory>

#include "base/result.h"
#include "io/event_loop.h"

namespace keypact::io {

class NetworkWatch {
 public:
  [[nodiscard]] static Result<NetworkWatch> open();
  /// Calls `changed` on the loop's thread some time after each change, once for those that come together. This object stays where it
  /// is from then on.
  [[nodiscard]] Result<void> start(EventLoop& loop, Callback changed);

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  explicit NetworkWatch(mnl_socket* socket) : socket_(socket) {}
  void drain();

  std::unique_ptr<mnl_socket, Closer> socket_;
  std::unique_ptr<Timer> soon_;
  Watch watch_;
};

}  // namespace keypact::io
