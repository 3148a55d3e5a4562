// NAT detection: both ends hash the addresses that they see and compare. RFC 7296 §2.23.
#pragma once

#include "base/ip_address.h"
#include "crypto/prf.h"
#include "ike/core/nat_situation.h"
#include "ike/core/payload_set.h"
#include "proto/spi.h"

namespace keypact::ike {

/// The two notifies for a message from `local` to `remote`. With `pretend_nat` the source hash is made not to match, which
/// forces UDP encapsulation.
[[nodiscard]] std::vector<wire::Payload> nat_detection_payloads(crypto::Library& library, IkeSpi initiator_spi,
                                                                IkeSpi responder_spi, const Endpoint& local,
                                                                const Endpoint& remote, bool pretend_nat);

/// What the notifies of a message that came from `remote` to `local` say. The SPIs are those of the message.
[[nodiscard]] NatSituation detect_nat(crypto::Library& library, IkeSpi initiator_spi, IkeSpi responder_spi,
                                      const Endpoint& local, const Endpoint& remote, const PayloadSet& payloads);

}  // namespace keypact::ike
