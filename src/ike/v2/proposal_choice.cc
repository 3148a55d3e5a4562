#include "ike/v2/proposal_choice.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::ike::v2 {
namespace {

bool is_key_exchange(TransformType type) { return type == TransformType::KE || is_additional_key_exchange(type); }

bool is_none(const Transform& transform) { return transform.id == static_cast<std::uint16_t>(KeyExchangeMethod::NONE); }

Proposal without_key_exchange(Proposal proposal) {
  std::erase_if(proposal.transforms, [](const auto& transform) { return is_key_exchange(transform.type); });
  return proposal;
}

std::vector<TransformType> types_of(const Proposal& a, const Proposal& b) {
  std::vector<TransformType> types;
  for (const auto* proposal : {&a, &b})
    for (const auto& transform : proposal->transforms)
      if (std::ranges::find(types, transform.type) == types.end()) types.push_back(transform.type);
  std::ranges::sort(types);
  return types;
}

/// RFC 7296 §3.3.6 and §3.3.3: a type that one side leaves out stands for NONE where NONE is possible, and for 32-bit sequence
/// numbers; elsewhere the proposals do not fit.
std::vector<Transform> alternatives(const Proposal& proposal, TransformType type) {
  auto found = proposal.of_type(type);
  const bool none_possible = type == TransformType::INTEG || type == TransformType::SN || is_key_exchange(type);
  if (found.empty() && none_possible) found.push_back({type, 0, std::nullopt});
  return found;
}

/// A transform type, and which of ours are also theirs, the preferred one first.
struct Common {
  TransformType type{};
  std::vector<Transform> transforms;
};

Common common_transforms(TransformType type, const Proposal& ours, const Proposal& theirs,
                         std::optional<KeyExchangeMethod> key_exchange_sent) {
  Common common{type, alternatives(ours, type)};
  const auto offered = alternatives(theirs, type);
  std::erase_if(common.transforms, [&](const auto& each) { return std::ranges::find(offered, each) == offered.end(); });
  if (type == TransformType::KE && key_exchange_sent)
    std::ranges::stable_partition(
        common.transforms, [&](const auto& each) { return each.id == static_cast<std::uint16_t>(*key_exchange_sent); });
  return common;
}

/// Which type has which method so far, none of them twice.
using Methods = std::map<std::uint16_t, const Common*>;

/// RFC 9370 §2.2.2: what one type takes must leave the others something. Finds this one a method, where need be by giving another
/// one that has it a method that is free. `asked` are the methods that were looked at.
bool assign(const Common& common, Methods& methods, std::set<std::uint16_t>& asked) {
  for (const auto& transform : common.transforms) {
    if (is_none(transform)) return true;
    if (!asked.insert(transform.id).second) continue;
    const auto taken = methods.find(transform.id);
    if (taken != methods.end() && !assign(*taken->second, methods, asked)) continue;
    methods[transform.id] = &common;
    return true;
  }
  return false;
}

bool can_all_have_another(std::span<const Common> key_exchanges) {
  Methods methods;
  return std::ranges::all_of(key_exchanges, [&](const auto& each) {
    std::set<std::uint16_t> asked;
    return assign(each, methods, asked);
  });
}

/// RFC 9370 §2.2.1: no method runs twice. Each type is left the first that makes no other one impossible; false where there is none.
bool settle_key_exchanges(std::vector<Common>& key_exchanges) {
  for (auto& each : key_exchanges) {
    const auto choices = each.transforms;
    const auto fits = [&](const Transform& choice) {
      each.transforms = {choice};
      return can_all_have_another(key_exchanges);
    };
    if (std::ranges::none_of(choices, fits)) return false;
  }
  return true;
}

std::optional<Proposal> match(const Proposal& ours, const Proposal& theirs,
                              std::optional<KeyExchangeMethod> key_exchange_sent) {
  if (theirs.transforms.empty()) return std::nullopt;
  std::vector<Common> others;
  std::vector<Common> key_exchanges;
  for (const auto type : types_of(ours, theirs)) {
    auto common = common_transforms(type, ours, theirs, key_exchange_sent);
    if (common.transforms.empty()) return std::nullopt;
    (is_key_exchange(type) ? key_exchanges : others).push_back(std::move(common));
  }
  if (!settle_key_exchanges(key_exchanges)) return std::nullopt;
  std::ranges::move(key_exchanges, std::back_inserter(others));
  Proposal chosen{ours.protocol, {}};
  for (const auto& [type, transforms] : others) {
    const auto& choice = transforms.front();
    // A NONE that the peer did not spell out is not part of the answer.
    if (choice.id != 0 || type == TransformType::SN || theirs.has_type(type)) chosen.transforms.push_back(choice);
  }
  return chosen;
}

}  // namespace

std::optional<ChosenProposal> choose_proposal(const wire::SaPayload& offer, const std::vector<Proposal>& acceptable,
                                              KeyExchangeUse key_exchange_use,
                                              std::optional<KeyExchangeMethod> key_exchange_sent) {
  const bool ignore = key_exchange_use == KeyExchangeUse::ignore;
  for (const auto& ours : acceptable) {
    for (const auto& candidate : offer.proposals) {
      if (candidate.protocol != ours.protocol) continue;
      const auto theirs = candidate.offer();
      auto chosen = ignore ? match(without_key_exchange(ours), without_key_exchange(theirs), std::nullopt)
                           : match(ours, theirs, key_exchange_sent);
      if (chosen) return ChosenProposal{candidate.number, candidate.spi, std::move(*chosen)};
    }
  }
  return std::nullopt;
}

std::optional<ChosenProposal> accept_choice(const wire::SaPayload& answer, const std::vector<Proposal>& offered,
                                            KeyExchangeUse key_exchange_use) {
  if (answer.proposals.size() != 1) return std::nullopt;
  const auto& choice = answer.proposals.front();
  if (choice.number == 0 || choice.number > offered.size()) return std::nullopt;
  auto ours = offered[choice.number - 1u];
  if (key_exchange_use == KeyExchangeUse::ignore) ours = without_key_exchange(std::move(ours));
  auto theirs = choice.offer();
  if (choice.protocol != ours.protocol || theirs.transforms.size() != choice.transforms.size()) return std::nullopt;
  for (const auto type : types_of(theirs, theirs))
    if (theirs.of_type(type).size() != 1) return std::nullopt;
  // RFC 7296 §2.7: the answer is a subset of the offer, nothing may be added or changed.
  auto chosen = match(ours, theirs, std::nullopt);
  if (!chosen) return std::nullopt;
  return ChosenProposal{choice.number, choice.spi, std::move(*chosen)};
}

std::vector<KeyExchangeMethod> additional_key_exchanges(const Proposal& chosen) {
  auto transforms = chosen.transforms;
  std::erase_if(transforms, [](const auto& each) { return !is_additional_key_exchange(each.type) || is_none(each); });
  // RFC 9370 §2.2.2: in the order of the transform types.
  std::ranges::sort(transforms, {}, &Transform::type);
  std::vector<KeyExchangeMethod> methods;
  for (const auto& transform : transforms) methods.push_back(static_cast<KeyExchangeMethod>(transform.id));
  return methods;
}

bool offers_additional_key_exchange(const std::vector<Proposal>& proposals) {
  return std::ranges::any_of(proposals,
                             [](const auto& proposal) { return !additional_key_exchanges(proposal).empty(); });
}

std::vector<Proposal> without_additional_key_exchange(std::vector<Proposal> proposals) {
  const auto needs_one = [](const Proposal& proposal) {
    return std::ranges::any_of(kAdditionalKeyExchanges, [&](TransformType type) {
      const auto alternatives = proposal.of_type(type);
      return !alternatives.empty() && std::ranges::none_of(alternatives, is_none);
    });
  };
  std::erase_if(proposals, needs_one);
  for (auto& proposal : proposals)
    std::erase_if(proposal.transforms,
                  [](const auto& each) { return is_additional_key_exchange(each.type) && !is_none(each); });
  return proposals;
}

KeyExchangeMethod key_exchange_of(const Proposal& chosen) {
  for (const auto& transform : chosen.transforms)
    if (transform.type == TransformType::KE) return static_cast<KeyExchangeMethod>(transform.id);
  return KeyExchangeMethod::NONE;
}

bool offers(const std::vector<Proposal>& proposals, KeyExchangeMethod method) {
  return std::ranges::any_of(proposals, [&](const auto& proposal) {
    const auto transforms = proposal.of_type(TransformType::KE);
    return std::ranges::find(transforms, key_exchange(method)) != transforms.end();
  });
}

KeyExchangeMethod first_method(const std::vector<Proposal>& proposals) {
  for (const auto& proposal : proposals)
    if (const auto method = key_exchange_of(proposal); method != KeyExchangeMethod::NONE) return method;
  return KeyExchangeMethod::NONE;
}

KeyExchangeMethod likely_method(const std::vector<Proposal>& offered, KeyExchangeMethod agreed_before) {
  return offers(offered, agreed_before) ? agreed_before : first_method(offered);
}

wire::Payload invalid_ke_payload(KeyExchangeMethod wanted) {
  Writer data;
  data.u16(static_cast<std::uint16_t>(wanted));
  return notify_payload(NotifyType::INVALID_KE_PAYLOAD, std::move(data).take());
}

std::optional<KeyExchangeMethod> method_named_by(const wire::NotifyPayload& invalid_ke) {
  Reader reader(invalid_ke.data);
  const auto method = reader.u16();
  if (!method) return std::nullopt;
  return static_cast<KeyExchangeMethod>(*method);
}

std::optional<KeyExchangeMethod> other_method_asked_for(const PayloadSet& answer, const std::vector<Proposal>& offered,
                                                        KeyExchangeMethod sent) {
  const auto* notify = answer.notify(NotifyType::INVALID_KE_PAYLOAD);
  const auto method = notify != nullptr ? method_named_by(*notify) : std::nullopt;
  return method && *method != sent && offers(offered, *method) ? method : std::nullopt;
}

wire::SaPayload sa_payload(const std::vector<Proposal>& proposals, OctetView spi, KeyExchangeUse key_exchange_use) {
  wire::SaPayload payload;
  std::uint8_t number = 0;
  for (const auto& proposal : proposals) {
    const bool ignore = key_exchange_use == KeyExchangeUse::ignore;
    payload.proposals.push_back(
        wire::ProposalSubstructure::of(++number, ignore ? without_key_exchange(proposal) : proposal, spi));
  }
  return payload;
}

std::vector<std::string> describe(const std::vector<Proposal>& proposals) {
  std::vector<std::string> text;
  for (const auto& proposal : proposals) text.push_back(to_string(proposal));
  return text;
}

std::vector<Proposal> proposals_of(const wire::SaPayload& offer) {
  std::vector<Proposal> proposals;
  for (const auto& proposal : offer.proposals) proposals.push_back(proposal.offer());
  return proposals;
}

}  // namespace keypact::ike::v2
