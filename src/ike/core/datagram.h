// Datagram: one IKE message on its way, with the endpoints of its UDP datagram. The non-ESP marker of RFC 3948 §2.2 is put on
// and taken off outside, wherever the local port is the NAT traversal port.
#pragma once

#include "base/ip_address.h"
#include "base/octets.h"

namespace keypact::ike {

struct Datagram {
  Endpoint local;
  Endpoint remote;
  Octets octets;
};

}  // namespace keypact::ike
