// The settings `proposals`, `esp_proposals` and `ah_proposals`: lists of proposals, with the default where nothing is named.
#pragma once

#include "config/section_reader.h"
#include "proto/proposal.h"

namespace keypact::config {

struct ProposalLists {
  std::vector<Proposal> offer;
  std::vector<Proposal> acceptable;  ///< as responder
};

[[nodiscard]] ProposalLists read_ike_proposals(SectionReader& reader);
/// Of ESP, then of AH; AH has no part in it unless it is named, and ESP none where AH alone is.
[[nodiscard]] ProposalLists read_child_proposals(SectionReader& reader);

}  // namespace keypact::config
