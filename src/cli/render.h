// Records as text for people. Nothing here ends in a newline except texts of several lines.
#pragma once

#include "cli/records.h"
#include "cli/style.h"

namespace keypact::cli {

/// "  31.2 ms  <-  IKE_SA_INIT  0   392 B  HDR, SAr1, KEr, Nr"
[[nodiscard]] std::string ladder_text(const LadderLine& line, const Style& style);

/// What happened, and below it the phase, our values beside the peer's, the rule, the side and what to change.
[[nodiscard]] std::string verdict_text(const Verdict& verdict, const Style& style);

/// "AES-256-GCM, X25519, 10.1.0.0/24 <-> 10.2.0.0/24 (site/net)"
[[nodiscard]] std::string summary(const IkeSa& sa, const ChildSa* child, const Style& style);

}  // namespace keypact::cli
