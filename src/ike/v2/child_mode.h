// The mode of a Child SA: how it is asked for, which Child SAs can have it, and what the selectors of one are behind NATs.
// RFC 7296 §1.3.1, §2.23.1; BEET as strongSwan negotiates it, with a notify of private use.
#pragma once

#include "ike/core/context.h"
#include "ike/core/payload_set.h"
#include "ike/v2/ike_sa_record.h"
#include "ike/v2/narrowing.h"

namespace keypact::ike::v2 {

struct SelectorPair {
  Selectors local;
  Selectors remote;
};

/// Transport mode: each side is one address, that of this IKE SA. BEET: each side is one address.
[[nodiscard]] bool fits_mode(const IkeSaRecord& record, Mode mode, const SelectorPair& selectors);

/// What the SPD is to hold for a child between these selectors.
[[nodiscard]] PolicyBook::Selectors policy_of(const config::ChildConfig& child, const Options& options,
                                              SelectorPair selectors);

/// What the peer sent, as it is meant in this mode. Transport: with the addresses as they are seen here: behind a NAT an end is not where
/// it believes to be. Selectors of more than one address stay as they are.
[[nodiscard]] SelectorPair seen_from_here(const IkeSaRecord& record, Mode mode, SelectorPair sent);

/// What asks for the mode, or grants it; tunnel mode needs no words.
[[nodiscard]] std::vector<wire::Payload> mode_notifies(Mode mode);
[[nodiscard]] Mode mode_named_in(const IkeSaRecord& record, const PayloadSet& payloads);

/// RFC 7296 §3.12: says that we know what strongSwan's numbers of private use mean. Sent only where a child of the connection may want
/// one of them.
[[nodiscard]] bool needs_private_numbers(const config::Connection& connection);
[[nodiscard]] wire::Payload private_numbers_known();
[[nodiscard]] bool knows_private_numbers(const PayloadSet& payloads);

}  // namespace keypact::ike::v2
