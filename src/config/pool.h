// Pool: addresses for clients, and what they are told beside them. swanctl's section pools; RFC 7296 §2.19, §3.15.1.
#pragma once

#include <string>
#include <vector>

#include "base/ip_address.h"
#include "proto/payload_registries.h"

namespace keypact::config {

/// An attribute of the configuration payload as it goes to a client.
struct PoolAttribute {
  CpAttributeType type{};
  Octets value;  ///< of the form that the type has on the wire
  bool operator==(const PoolAttribute&) const = default;
};

struct Pool {
  std::string name;
  IpAddress base;   ///< as written: the network's own address, or the first one
  IpAddress first;  ///< that a client may get
  IpAddress last;   ///< of the same family, not below `first`
  std::vector<PoolAttribute> attributes;

  [[nodiscard]] bool holds(const IpAddress& address) const {
    return address.family() == first.family() && first <= address && address <= last;
  }
  bool operator==(const Pool&) const = default;
};

}  // namespace keypact::config
