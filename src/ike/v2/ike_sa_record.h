// IkeSaRecord: what an IKE SA knows in every state, from its first message to its last.
#pragma once

#include "base/id.h"
#include "base/instant.h"
#include "ike/core/nat_detection.h"

namespace keypact::ike::v2 {

struct IkeSaRecord {
  IkeSaId id;
  bool initiator = false;  ///< we are the original initiator (RFC 7296 §2.2)
  IkeSpi initiator_spi;
  IkeSpi responder_spi;    ///< zero until the responder chose it
  Endpoint local;
  Endpoint remote;
  NatSituation nat;
  bool udp_encapsulation = false;  ///< ESP goes into UDP (RFC 3948)
  Instant created;

  [[nodiscard]] IkeSpi local_spi() const { return initiator ? initiator_spi : responder_spi; }
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
