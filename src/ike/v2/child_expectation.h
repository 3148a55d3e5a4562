// The first Child SA of an IKE SA that we begin, before the responder has answered: it may send at once, and its keys follow from what is
// known by then, but for its choice of algorithms. RFC 7296 §1.2, §2.17.
#pragma once

#include "ike/v2/child_negotiation.h"

namespace keypact::ike::v2 {

/// With the IKE_AUTH request: the stack accepts on the inbound SPI of the offer what was protected by any choice of the peer. Where the
/// SPD has no entry of its own for the child, or packets are to be compressed, nothing is expected.
void expect(Context& context, const IkeSaRecord& record, const IkeKeys& keys, const Nonces& nonces, ChildOffer& offer,
            bool initial_contact);

/// Nothing comes of the offer: its SPI is free again, and nothing is expected any more.
void forgo(Context& context, const ChildOffer& offer);

}  // namespace keypact::ike::v2
