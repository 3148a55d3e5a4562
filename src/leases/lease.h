// Lease: an address of a pool that a client has, and what is asked for to get one. RFC 7296 §2.19.
#pragma once

#include <memory>

#include "config/pool.h"
#include "proto/identification.h"

namespace keypact::leases {

struct Lease {
  std::string pool;
  IpAddress address;
  bool operator==(const Lease&) const = default;
};

struct LeaseWish {
  std::vector<std::shared_ptr<const config::Pool>> pools;  ///< to look in, in this order
  Identification client;                                   ///< who is authenticated
  std::vector<IpAddress> addresses;  ///< that it would like, one each; unspecified: any of the family
  IpAddress from;                    ///< where it calls from
  /// What it still has elsewhere ends with this: an address that is in use by the same client may go over.
  bool takes_over = false;
};

}  // namespace keypact::leases
