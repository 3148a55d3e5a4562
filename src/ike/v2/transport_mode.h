// Transport mode: which Child SAs can have it, and what the selectors of one are behind NATs. RFC 7296 §1.3.1, §2.23.1.
#pragma once

#include "ike/core/context.h"
#include "ike/v2/ike_sa_record.h"
#include "ike/v2/narrowing.h"

namespace keypact::ike::v2 {

struct SelectorPair {
  Selectors local;
  Selectors remote;
};

/// Each side is one address: that of this IKE SA.
[[nodiscard]] bool fits_transport_mode(const IkeSaRecord& record, const SelectorPair& selectors);

/// What the SPD is to hold for a child between these selectors.
[[nodiscard]] PolicyBook::Selectors policy_of(const config::ChildConfig& child, const Options& options,
                                              SelectorPair selectors);

/// What the peer sent, with the addresses as they are seen here: behind a NAT an end is not where it believes to be. Selectors of more
/// than one address stay as they are.
[[nodiscard]] SelectorPair seen_from_here(const IkeSaRecord& record, SelectorPair sent);

}  // namespace keypact::ike::v2
