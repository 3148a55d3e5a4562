// Datagrams as they come from and go to sockets, in batches: shared by UdpSocket and RawEspSocket.
#pragma once

#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/octets.h"

namespace keypact::io {

/// Datagrams of one receive or send call.
inline constexpr std::size_t kDatagramBatch = 64;

struct ReceivedDatagram {
  Endpoint local;                  ///< the address it was sent to; port 0 for raw sockets
  Endpoint remote;                 ///< port 0 for raw sockets
  std::uint32_t interface = 0;     ///< index of the interface it came in by
  std::uint8_t traffic_class = 0;  ///< DSCP (upper 6 bits) and ECN (lower 2 bits) of the IP header
  MutableOctets octets;            ///< without IP and UDP header; belongs to the socket until its next receive()
};

struct OutgoingDatagram {
  IpAddress local;  ///< source address; unspecified: the kernel chooses
  Endpoint remote;
  std::uint32_t interface = 0;  ///< needed for link-local destinations only
  std::uint8_t traffic_class = 0;
  bool dont_fragment = false;  ///< IPv4: the DF bit. Both families: too_big instead of fragments at the source
  OctetView octets;
};

enum class SendProblem : std::uint8_t {
  would_block,    ///< the send buffer is full; this datagram and the rest of the batch were dropped
  too_big,        ///< dont_fragment and larger than the path MTU
  unreachable,    ///< no route to the destination
  local_address,  ///< the source address is not ours (any more)
  forbidden,      ///< a firewall or the kernel's policy forbids it
  other,
};

struct SendFailure {
  std::size_t index = 0;  ///< into the batch
  SendProblem problem = SendProblem::other;
  int system_error = 0;  ///< errno
};

struct SendReport {
  std::size_t sent = 0;
  std::vector<SendFailure> failures;  ///< in order of index; sent + failures.size() is the size of the batch
};

/// "no route to 192.0.2.1:500: network is unreachable", for logs.
[[nodiscard]] std::string describe(const SendFailure& failure, const OutgoingDatagram& datagram);

}  // namespace keypact::io
