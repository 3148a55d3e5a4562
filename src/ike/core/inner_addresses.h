// InnerAddresses: what one end of an IKE SA gave the other to use inside the tunnel. RFC 7296 §2.19.
#pragma once

#include <vector>

#include "base/ip_address.h"

namespace keypact::ike {

struct InnerAddresses {
  std::vector<IpAddress> local;   ///< ours, given by the peer
  std::vector<IpAddress> remote;  ///< the peer's, given by us
  bool operator==(const InnerAddresses&) const = default;
};

}  // namespace keypact::ike
