// LeaseStore: where leases are written down, so that a client finds its address again after a restart.
#pragma once

#include <functional>

#include "leases/lease.h"

namespace keypact::leases {

class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  /// The client has the address from now on, and nobody else.
  virtual void keep(const Lease& lease, const Identification& client) = 0;
  /// Each that was kept, the one that was kept first before others.
  virtual void for_each(const std::function<void(const Lease&, const Identification& client)>& take) = 0;
};

}  // namespace keypact::leases
