#include "ike/v2/ike_negotiation.h"

#include <algorithm>
#include <functional>

namespace keypact::ike::v2 {
namespace {

Refusal rekey_refusal(RefusalCode code, NotifyType notify) {
  return refusal_in(ExchangeType::CREATE_CHILD_SA, code, notify);
}

/// RFC 7296 §2.18 derives the keys of the new IKE SA with the new PRF from a SKEYSEED of the old PRF. strongSwan, up to 6.0 at
/// least, does both with the old one, and so has other keys whenever the PRF changes. Rekeying need not change it.
std::vector<Proposal> keeping_prf(std::vector<Proposal> proposals, PrfId id) {
  const auto has_it = [id](const Proposal& proposal) {
    return std::ranges::find(proposal.transforms, prf(id)) != proposal.transforms.end();
  };
  std::erase_if(proposals, std::not_fn(has_it));
  for (auto& proposal : proposals) {
    std::erase_if(proposal.transforms, [id](const Transform& transform) {
      return transform.type == TransformType::PRF && transform != prf(id);
    });
  }
  return proposals;
}

}  // namespace

std::vector<Proposal> rekey_offer(const config::Connection& connection, PrfId prf) {
  auto kept = keeping_prf(connection.ike_proposals, prf);
  return kept.empty() ? connection.ike_proposals : kept;
}

std::vector<wire::Payload> ike_offer_payloads(const std::vector<Proposal>& offered, IkeSpi spi, const Octets& nonce,
                                              KeyExchangeMethod method, OctetView public_value) {
  return {sa_payload(offered, spi_octets(spi), KeyExchangeUse::negotiate), wire::NoncePayload{nonce},
          wire::KePayload{method, to_octets(public_value)}};
}

Result<AgreedIke, Refusal> accept_ike_answer(const std::vector<Proposal>& offered, IkeSpi spi, const Octets& nonce,
                                             KeyExchangeMethod method, const PayloadSet& payloads) {
  const auto* sa = payloads.find<wire::SaPayload>();
  const auto* peer_nonce = payloads.find<wire::NoncePayload>();
  const auto* ke = payloads.find<wire::KePayload>();
  if (sa == nullptr || peer_nonce == nullptr || ke == nullptr) {
    const auto* error = payloads.error();
    auto refusal = error != nullptr ? rekey_refusal(refusal_code_of(error->type), error->type)
                                    : rekey_refusal(RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    refusal.by_peer = error != nullptr;
    if (refusal.code == RefusalCode::no_proposal_chosen) refusal.ours = describe(offered);
    return failure(std::move(refusal));
  }
  auto choice = accept_choice(*sa, offered, KeyExchangeUse::negotiate);
  const auto peer_spi = choice ? ike_spi_from(choice->spi) : std::nullopt;
  const bool usable = peer_spi &&
                      key_exchange_of(choice->proposal) == method && ke->method == method &&
                      ke->data.size() == crypto::responder_value_octets(method);
  if (!usable) {
    auto refusal = rekey_refusal(RefusalCode::unexpected_choice, NotifyType::NO_PROPOSAL_CHOSEN);
    refusal.ours = describe(offered);
    refusal.theirs = describe(proposals_of(*sa));
    return failure(std::move(refusal));
  }
  return AgreedIke{choice->number, std::move(choice->proposal), spi, *peer_spi, nonce, peer_nonce->nonce};
}

Result<AgreedIke, ChildRefusal> answer_ike_offer(Context& context, const config::Connection& connection, PrfId prf,
                                                 const PayloadSet& payloads) {
  const auto& sa = *payloads.find<wire::SaPayload>();
  const auto& ke = *payloads.find<wire::KePayload>();
  const auto chosen_of = [&](const std::vector<Proposal>& acceptable) {
    return choose_proposal(sa, acceptable, KeyExchangeUse::negotiate, ke.method);
  };
  auto choice = chosen_of(keeping_prf(connection.ike_acceptable, prf));
  if (!choice) choice = chosen_of(connection.ike_acceptable);
  const auto peer_spi = choice ? ike_spi_from(choice->spi) : std::nullopt;
  if (!peer_spi) {
    auto refusal = rekey_refusal(RefusalCode::no_proposal_chosen, NotifyType::NO_PROPOSAL_CHOSEN);
    refusal.ours = describe(connection.ike_acceptable);
    refusal.offered = proposals_of(sa);
    refusal.theirs = describe(refusal.offered);
    return failure(ChildRefusal{std::move(refusal), notify_payload(NotifyType::NO_PROPOSAL_CHOSEN)});
  }
  const auto method = key_exchange_of(choice->proposal);
  if (method != ke.method) {
    auto refusal = rekey_refusal(RefusalCode::key_exchange_method, NotifyType::INVALID_KE_PAYLOAD);
    refusal.ours.push_back(to_string(method));
    refusal.theirs.push_back(to_string(ke.method));
    return failure(ChildRefusal{std::move(refusal), invalid_ke_payload(method)});
  }
  if (ke.data.size() != crypto::initiator_value_octets(method))
    return failure(ChildRefusal{rekey_refusal(RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX),
                                notify_payload(NotifyType::INVALID_SYNTAX)});
  return AgreedIke{choice->number,
                   std::move(choice->proposal),
                   *peer_spi,
                   context.other_ike_sas.fresh_ike_spi(),
                   payloads.find<wire::NoncePayload>()->nonce,
                   context.random.octets(kNonceOctets)};
}

std::vector<wire::Payload> ike_answer_payloads(const AgreedIke& agreed, Octets public_value) {
  wire::SaPayload sa;
  sa.proposals.push_back(
      wire::ProposalSubstructure::of(agreed.proposal_number, agreed.proposal, spi_octets(agreed.responder_spi)));
  return {std::move(sa), wire::NoncePayload{agreed.responder_nonce},
          wire::KePayload{key_exchange_of(agreed.proposal), std::move(public_value)}};
}

}  // namespace keypact::ike::v2
