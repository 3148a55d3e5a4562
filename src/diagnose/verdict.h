// Verdict: one record for one failure, fit to be read: what happened, in which phase, our values beside the peer's, the rule,
// whose side it is on, and what to change. Made of a Refusal and nothing else.
#pragma once

#include "ike/core/refusal.h"

namespace keypact::diagnose {

struct Verdict {
  std::string code;    ///< stable, for scripts: "no-proposal-chosen"
  std::string what;    ///< one sentence
  std::string phase;   ///< "IKE_SA_INIT", or "before the first message"
  std::string rule;    ///< "RFC 7296 §2.7"
  std::string side;    ///< "either configuration"
  std::string remedy;  ///< one sentence: what to change, and where
  std::string detail;  ///< what exactly, may be empty
  std::vector<std::string> ours;
  std::vector<std::string> theirs;  ///< empty: the peer did not tell
};

/// `connection` may be empty where none is known yet.
[[nodiscard]] Verdict verdict_of(const ike::Refusal& refusal, const std::string& connection);

}  // namespace keypact::diagnose
