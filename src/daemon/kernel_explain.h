// What becomes of packets to an address, by the kernel's policies: told to people. RFC 4301 §4.4.1, §5.1.
#pragma once

#include "daemon/kept_pairs.h"
#include "daemon/kernel_sad.h"
#include "daemon/kernel_spd.h"
#include "daemon/tunnel_routes.h"

namespace keypact::daemon {

struct KernelView {
  const KernelSpd& spd;
  const KernelSad& sad;
  const KeptPairs& kept;
  const TunnelRoutes::Policies& policies;
};

/// The policies of ours that they may meet on their way out, in the kernel's order, a sentence each: the first ones of many.
[[nodiscard]] std::vector<std::string> explain_policies(const KernelView& view, const IpAddress& destination,
                                                        Instant now);

}  // namespace keypact::daemon
