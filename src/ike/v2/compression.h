// IPComp for a Child SA: each end names the CPI that it receives with. RFC 7296 §2.22, RFC 3173.
#pragma once

#include "ike/core/context.h"
#include "ike/core/payload_set.h"
#include "ike/v2/ike_sa_record.h"

namespace keypact::ike::v2 {

/// The child may be compressed here. Not where ESP goes into UDP: kernels do not have both; nor in BEET mode.
[[nodiscard]] bool may_compress(const Options& options, const IkeSaRecord& record, const config::ChildConfig& child,
                                Mode mode);

/// IPCOMP_SUPPORTED with DEFLATE, the one algorithm that is in use.
[[nodiscard]] wire::Payload compression_notify(Cpi inbound);
/// The sender's CPI for DEFLATE; nothing when it names none that two ends can agree on.
[[nodiscard]] std::optional<Cpi> compression_named_in(const PayloadSet& payloads);

}  // namespace keypact::ike::v2
