// A Child SA that we propose, from the offer to the answer: the peer may send on it at once, and the IPsec stack is told. RFC 7296 §1.2,
// §1.3.1, §2.4.
#pragma once

#include "ike/v2/child_negotiation.h"
#include "ike/v2/initiator.h"
#include "ike/v2/mobility.h"

namespace keypact::ike::v2 {

/// Before the offer goes out. forgo(), or the installation of what comes of it, ends it.
void expect(Context& context, const ChildOffer& offer, const EspPath& path);

/// Nothing comes of the offer with this SPI: it is free again.
void forgo(Context& context, EspSpi offered);

/// With the IKE_AUTH request that has our AUTH. INITIAL_CONTACT lets the peer drop what an earlier run of ours has left.
void expect_first_child(Context& context, const IkeSaRecord& record, const Intent& intent,
                        const std::optional<ChildOffer>& offer);
/// Nothing comes of that request, or it was never sent.
void forgo_first_child(Context& context, const AwaitAuth& state);

}  // namespace keypact::ike::v2
