// The grammar of proposals: keywords joined by "-", into a Proposal for IKE, ESP or AH. RFC 7296 §3.3; what must come together:
// RFC 8247, RFC 8221.
#pragma once

#include "base/result.h"
#include "config/value_grammar.h"
#include "proto/proposal.h"

namespace keypact::config {

struct ParsedProposal {
  Proposal proposal;
  std::vector<GrammarError> remarks;  ///< what is odd about it, but works
};

/// One proposal; `protocol` is IKE, ESP or AH. "default" is not understood here: it stands for several.
[[nodiscard]] Result<ParsedProposal, GrammarError> parse_proposal(ProtocolId protocol, std::string_view text);

}  // namespace keypact::config
