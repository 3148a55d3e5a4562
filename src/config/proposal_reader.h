// The settings `proposals` and `esp_proposals`: lists of proposals, with the default where nothing is named.
#pragma once

#include "config/section_reader.h"
#include "proto/proposal.h"

namespace keypact::config {

struct ProposalLists {
  std::vector<Proposal> offer;
  std::vector<Proposal> acceptable;  ///< as responder
};

[[nodiscard]] ProposalLists read_proposals(SectionReader& reader, std::string_view name, ProtocolId protocol);

}  // namespace keypact::config
