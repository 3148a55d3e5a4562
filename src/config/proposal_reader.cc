#include "config/proposal_reader.h"

#include <algorithm>

#include "base/limits.h"
#include "config/default_proposals.h"
#include "config/proposal_grammar.h"

namespace keypact::config {
namespace {

void append(std::vector<Proposal>& list, std::vector<Proposal> more) {
  std::ranges::move(more, std::back_inserter(list));
}

void append_defaults(ProposalLists& lists, ProtocolId protocol) {
  const bool ike = protocol == ProtocolId::IKE;
  append(lists.offer, ike ? default_ike_offer() : default_esp_offer());
  append(lists.acceptable, ike ? default_ike_acceptable() : default_esp_acceptable());
}

bool has_additional_key_exchange(const Proposal& proposal) {
  return std::ranges::any_of(proposal.transforms, [](const Transform& transform) {
    return transform.type >= TransformType::ADDKE1 && transform.type <= TransformType::ADDKE7;
  });
}

}  // namespace

ProposalLists read_proposals(SectionReader& reader, std::string_view name, ProtocolId protocol) {
  ProposalLists lists;
  const auto* setting = reader.given(name);
  if (setting == nullptr) {
    append_defaults(lists, protocol);
    return lists;
  }
  for (const auto item : reader.items(*setting)) {
    if (same_word(item, "default")) {
      append_defaults(lists, protocol);
      continue;
    }
    auto parsed = parse_proposal(protocol, item);
    if (!parsed) {
      reader.wrong(*setting, parsed.error());
      continue;
    }
    for (const auto& remark : parsed->remarks) reader.remark(*setting, remark);
    if (has_additional_key_exchange(parsed->proposal))
      reader.wrong(*setting,
                   {std::string(item), "additional key exchanges (RFC 9370) are not available yet in this version"});
    lists.offer.push_back(parsed->proposal);
    lists.acceptable.push_back(std::move(parsed->proposal));
  }
  if (lists.offer.empty()) append_defaults(lists, protocol);
  const auto longest = std::ranges::max(lists.offer, {}, [](const Proposal& p) { return p.transforms.size(); });
  if (lists.offer.size() > limits::kProposals || longest.transforms.size() > limits::kTransforms)
    reader.wrong(*setting, {{},
                            "at most " + std::to_string(limits::kProposals) + " proposals of " +
                                std::to_string(limits::kTransforms) + " transforms each"});
  return lists;
}

}  // namespace keypact::config
