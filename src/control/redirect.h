// The command redirect: sends the peers of IKE SAs to another gateway. RFC 5685 §5.
#pragma once

#include "control/host.h"
#include "vici/message.h"

namespace keypact::control {

/// By any of ike, ike-id, peer-ip (an address, a block or a range) and peer-id (with wildcards), to `gateway` (an address or a
/// name). It is answered when it is on its way.
[[nodiscard]] vici::Message redirect(EngineAccess& access, const vici::Message& request);

}  // namespace keypact::control
