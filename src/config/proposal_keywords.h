// The keywords of proposals: "aes256gcm16", "prfsha384", "ecp256" ... and the transforms they stand for. The words are
// swanctl.conf's; the numbers IANA's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/proposal.h"

namespace keypact::config {

struct ProposalKeyword {
  std::string_view word;
  Transform transform;
  bool weak = false;  ///< RFC 8247 §2.1 to §2.4 or RFC 8221 §5, §6 advise against it or forbid it
};

/// The transform of a keyword; key exchange methods with a prefix ke1_ to ke7_ are additional ones (RFC 9370).
[[nodiscard]] std::optional<ProposalKeyword> find_proposal_keyword(std::string_view word);

/// Words that strongSwan knows and that stand for numbers of private use: they mean something among strongSwan peers only.
[[nodiscard]] bool is_private_keyword(std::string_view word);

/// The keywords of a proposal, joined by "-"; what has none and sequence numbers of 32 bits are left out.
[[nodiscard]] std::string proposal_text(const Proposal& proposal);

/// All keywords that have a transform, for suggestions.
[[nodiscard]] std::vector<std::string_view> proposal_keywords();

}  // namespace keypact::config
