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
  switch (protocol) {
    case ProtocolId::IKE:
      append(lists.offer, default_ike_offer());
      append(lists.acceptable, default_ike_acceptable());
      break;
    case ProtocolId::AH:
      append(lists.offer, default_ah_offer());
      append(lists.acceptable, default_ah_offer());
      break;
    default: append(lists.offer, default_esp_offer()); append(lists.acceptable, default_esp_acceptable());
  }
}

void check_size(SectionReader& reader, const Setting& setting, const ProposalLists& lists) {
  const auto longest = std::ranges::max(lists.offer, {}, [](const Proposal& p) { return p.transforms.size(); });
  if (lists.offer.size() > limits::kProposals || longest.transforms.size() > limits::kTransforms)
    reader.wrong(setting, {{},
                           "at most " + std::to_string(limits::kProposals) + " proposals of " +
                               std::to_string(limits::kTransforms) + " transforms each"});
}

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
    lists.offer.push_back(parsed->proposal);
    lists.acceptable.push_back(std::move(parsed->proposal));
  }
  if (lists.offer.empty()) append_defaults(lists, protocol);
  check_size(reader, *setting, lists);
  return lists;
}

}  // namespace

ProposalLists read_ike_proposals(SectionReader& reader) { return read_proposals(reader, "proposals", ProtocolId::IKE); }

ProposalLists read_child_proposals(SectionReader& reader) {
  const auto* ah = reader.given("ah_proposals");
  ProposalLists lists;
  if (ah == nullptr || reader.given("esp_proposals") != nullptr)
    lists = read_proposals(reader, "esp_proposals", ProtocolId::ESP);
  if (ah == nullptr) return lists;
  auto more = read_proposals(reader, "ah_proposals", ProtocolId::AH);
  append(lists.offer, std::move(more.offer));
  append(lists.acceptable, std::move(more.acceptable));
  check_size(reader, *ah, lists);
  return lists;
}

}  // namespace keypact::config
