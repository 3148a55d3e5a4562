// ClearPath: what bypass policies let pass in clear although a route of ours led it to our device, because no rule of routing can
// tell it from what is protected. It goes on as our own traffic does, past our routes. RFC 4301 §4.4.1.
#pragma once

#include <map>
#include <set>

#include "esp/packet_selectors.h"
#include "io/raw_ip_socket.h"
#include "ipsec/stack.h"

namespace keypact::daemon {

class ClearPath {
 public:
  [[nodiscard]] static Result<ClearPath> open(std::uint32_t mark);

  /// Of these the bypass policies count; the named ones are new, other or gone.
  void update(const std::map<PolicyId, ipsec::Policy>& policies, const std::set<PolicyId>& changed);
  /// Sends on what one of them covers; the rest is dropped.
  void pass(OctetView packet);

 private:
  std::map<IpFamily, io::RawIpSocket> sockets_;
  std::map<PolicyId, esp::SelectorPair> bypass_;
};

}  // namespace keypact::daemon
