// Datagram: one IKE message on its way, with the endpoints of its UDP datagram. The non-ESP marker of RFC 3948 §2.2 is put on
// and taken off outside, wherever the local port is the NAT traversal port. And Keepalive, which is sent without one.
#pragma once

#include "base/ip_address.h"
#include "base/octets.h"

namespace keypact::ike {

/// One that came in and that somebody else holds.
struct DatagramView {
  Endpoint local;
  Endpoint remote;
  OctetView octets;
};

struct Datagram {
  Endpoint local;
  Endpoint remote;
  Octets octets;
  std::uint8_t traffic_class = 0;  ///< of its IP header
  operator DatagramView() const { return {local, remote, octets}; }  // as a string becomes a string_view
};

/// From where to where the datagrams of an IKE SA go.
struct Path {
  Endpoint local;
  Endpoint remote;
  auto operator<=>(const Path&) const = default;
};

/// The one octet 0xff, without a marker: a NAT in front of us is to remember the way. RFC 3948 §2.3.
struct Keepalive {
  Path path;
};

}  // namespace keypact::ike
