// IkeSaRecord: what an IKE SA knows in every state, from its first message to its last.
#pragma once

#include "base/id.h"
#include "base/instant.h"
#include "ike/core/datagram.h"
#include "ike/core/inner_addresses.h"
#include "ike/core/nat_detection.h"

namespace keypact::ike::v2 {

struct IkeSaRecord {
  IkeSaId id;
  bool initiator = false;  ///< we are the original initiator (RFC 7296 §2.2)
  IkeSpi initiator_spi;
  IkeSpi responder_spi;  ///< zero until the responder chose it
  Endpoint local;
  Endpoint remote;
  NatSituation nat;
  bool udp_encapsulation = false;  ///< ESP goes into UDP (RFC 3948)
  bool reached_by_peer =
      false;              ///< the peer's first message came unasked: a NAT in front of us forwards what comes for us
  std::uint8_t dscp = 0;  ///< of our packets, once the connection is known
  bool private_numbers = false;  ///< the peer knows strongSwan's numbers of private use
  bool ppk = false;              ///< a post-quantum preshared key is in its keys (RFC 8784)
  InnerAddresses inner;
  Instant created;

  /// What "dynamic" stands for in the selectors of our side, and of the peer's: the addresses in the tunnel, or its ends.
  [[nodiscard]] std::vector<IpAddress> dynamic_local() const {
    return inner.local.empty() ? std::vector{local.address} : inner.local;
  }
  [[nodiscard]] std::vector<IpAddress> dynamic_remote() const {
    return inner.remote.empty() ? std::vector{remote.address} : inner.remote;
  }
  [[nodiscard]] IkeSpi local_spi() const { return initiator ? initiator_spi : responder_spi; }
  [[nodiscard]] Path path() const { return {local, remote}; }
  /// The peer's endpoint is what a NAT makes of it, and its next authentic packet gets through to us wherever ours went.
  /// RFC 7296 §2.23: who is behind a NAT itself, and only reached because it spoke first, stays where it is.
  [[nodiscard]] bool follows_peer() const { return nat.peer_behind_nat && (!nat.local_behind_nat || reached_by_peer); }
  [[nodiscard]] wire::Header header(ExchangeType exchange, std::uint32_t message_id, bool response) const {
    wire::Header header;
    header.initiator_spi = initiator_spi;
    header.responder_spi = responder_spi;
    header.exchange = exchange;
    header.message_id = message_id;
    header.initiator = initiator;
    header.response = response;
    return header;
  }
};

}  // namespace keypact::ike::v2
