// RawIpSocket: sends whole IP packets of one address family as they are, source address included. Needs CAP_NET_RAW. It receives
// nothing.
#pragma once

#include "base/ip_address.h"
#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

class RawIpSocket {
 public:
  /// `mark`: SO_MARK on everything sent; 0: none.
  [[nodiscard]] static Result<RawIpSocket> open(IpFamily family, std::uint32_t mark);

  /// False when the kernel does not take the packet: no route, larger than the path, no valid header.
  bool send(OctetView packet);

 private:
  RawIpSocket(FileDescriptor descriptor, IpFamily family) : descriptor_(std::move(descriptor)), family_(family) {}
  FileDescriptor descriptor_;
  IpFamily family_;
};

}  // namespace keypact::io
