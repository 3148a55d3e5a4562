#include "ike/v2/child_negotiation.h"

#include "ike/v2/transport_mode.h"

namespace keypact::ike::v2 {
namespace {

std::string selectors_text(const Selectors& local, const Selectors& remote) {
  return to_string(local) + " === " + to_string(remote);
}

/// The child whose policy meets the proposed selectors, and its narrowed selectors.
struct ChildMatch {
  const config::ChildConfig* child = nullptr;
  NarrowedSelectors selectors;
  Mode mode{};
};
/// One that gets all that it is for comes before one that gets a part of it; else the first that the configuration names.
std::optional<ChildMatch> match_child(const IkeSaRecord& record, const config::Connection& connection,
                                      const SelectorPair& proposed, std::string_view only_child, Mode mode) {
  std::optional<ChildMatch> first;
  for (const auto& child : connection.children) {
    if (child.action != PolicyAction::protect || (!only_child.empty() && child.name != only_child)) continue;
    if (mode == Mode::transport && child.mode != mode) continue;
    const auto local = resolve(child.local_ts, record.local.address);
    const auto remote = resolve(child.remote_ts, record.remote.address);
    auto narrowed = narrow(local, remote, proposed.local, proposed.remote);
    if (!narrowed) continue;
    if (mode == Mode::transport && !fits_transport_mode(record, {narrowed->local(), narrowed->remote()})) continue;
    const bool whole = narrowed->local() == local && narrowed->remote() == remote;
    if (whole || !first) first = ChildMatch{&child, std::move(*narrowed), mode};
    if (whole) break;
  }
  return first;
}

/// RFC 7296 §2.23.1: transport mode between the addresses that are seen here; else tunnel mode with what was sent. Without
/// USE_TRANSPORT_MODE in our answer the Child SA is in tunnel mode, whatever was asked (RFC 7296 §1.3.1).
std::optional<ChildMatch> match_child(const Context& context, const IkeSaRecord& record,
                                      const config::Connection& connection, const SelectorPair& proposed,
                                      std::string_view only_child, bool transport_wanted) {
  if (transport_wanted && !context.options.tunnel_mode_only)
    if (auto match = match_child(record, connection, seen_from_here(record, proposed), only_child, Mode::transport))
      return match;
  return match_child(record, connection, proposed, only_child, Mode::tunnel);
}

Refusal selectors_refusal(const IkeSaRecord& record, const config::Connection& connection, const Selectors& local,
                          const Selectors& remote, ExchangeType exchange) {
  auto refusal = refusal_in(exchange, RefusalCode::selectors_unacceptable, NotifyType::TS_UNACCEPTABLE);
  for (const auto& child : connection.children)
    refusal.ours.push_back(
        child.name + ": " +
        selectors_text(resolve(child.local_ts, record.local.address), resolve(child.remote_ts, record.remote.address)));
  refusal.theirs.push_back(selectors_text(local, remote));
  return refusal;
}

std::vector<wire::Payload> mode_notifies(Mode mode) {
  if (mode == Mode::transport) return {notify_payload(NotifyType::USE_TRANSPORT_MODE)};
  return {};
}

Refusal refused_by_peer(const ChildOffer& offer, const wire::NotifyPayload& error, ExchangeType exchange) {
  auto refusal = refusal_in(exchange, refusal_code_of(error.type), error.type);
  refusal.by_peer = true;
  if (refusal.code == RefusalCode::selectors_unacceptable)
    refusal.ours.push_back(selectors_text(offer.local, offer.remote));
  else refusal.ours = describe(offer.proposals);
  return refusal;
}

bool takes_padding(const PayloadSet& payloads) {
  return payloads.notify(NotifyType::ESP_TFC_PADDING_NOT_SUPPORTED) == nullptr;
}

}  // namespace

std::optional<ChildOffer> make_child_offer(Context& context, const IkeSaRecord& record, ConfiguredChild child,
                                           KeyExchangeUse key_exchange_use) {
  const auto spi = context.esp_spis.allocate();
  if (!spi) return std::nullopt;
  auto local = resolve(child->local_ts, record.local.address);
  auto remote = resolve(child->remote_ts, record.remote.address);
  auto proposals = child->esp_proposals;
  const bool transport = child->mode == Mode::transport && !context.options.tunnel_mode_only &&
                         fits_transport_mode(record, {local, remote});
  return ChildOffer{std::move(child),
                    *spi,
                    std::move(proposals),
                    std::move(local),
                    std::move(remote),
                    key_exchange_use,
                    transport ? Mode::transport : Mode::tunnel};
}

std::vector<wire::Payload> ChildPayloads::with(std::vector<wire::Payload> between) && {
  auto payloads = std::move(notifies);
  payloads.push_back(std::move(sa));
  std::ranges::move(between, std::back_inserter(payloads));
  std::ranges::move(selectors, std::back_inserter(payloads));
  return payloads;
}

ChildPayloads offer_payloads(const ChildOffer& offer) {
  return {mode_notifies(offer.mode),
          sa_payload(offer.proposals, spi_octets(offer.inbound_spi), offer.key_exchange_use),
          {wire::TsPayload::of(PayloadType::TSi, offer.local), wire::TsPayload::of(PayloadType::TSr, offer.remote)}};
}

Result<AgreedChild, Refusal> accept_child_answer(const IkeSaRecord& record, const ChildOffer& offer,
                                                 const PayloadSet& payloads, ExchangeType exchange) {
  const auto* sa = payloads.find<wire::SaPayload>();
  const auto* tsi = payloads.selectors(PayloadType::TSi);
  const auto* tsr = payloads.selectors(PayloadType::TSr);
  if (sa == nullptr || tsi == nullptr || tsr == nullptr) {
    if (const auto* error = payloads.error()) return failure(refused_by_peer(offer, *error, exchange));
    auto refusal = refusal_in(exchange, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    refusal.detail = "the response carries neither a Child SA nor an error";
    return failure(std::move(refusal));
  }
  const auto choice = accept_choice(*sa, offer.proposals, offer.key_exchange_use);
  const auto outbound = choice ? esp_spi_from(choice->spi) : std::nullopt;
  if (!outbound) {
    auto refusal = refusal_in(exchange, RefusalCode::unexpected_choice, NotifyType::NO_PROPOSAL_CHOSEN);
    refusal.ours = describe(offer.proposals);
    refusal.theirs = describe(*sa);
    return failure(std::move(refusal));
  }
  const auto mode = payloads.notify(NotifyType::USE_TRANSPORT_MODE) != nullptr ? Mode::transport : Mode::tunnel;
  if (mode == Mode::transport && offer.mode != mode) {
    auto refusal = refusal_in(exchange, RefusalCode::unexpected_choice, NotifyType::USE_TRANSPORT_MODE);
    refusal.ours.emplace_back("tunnel mode");
    refusal.theirs.emplace_back("transport mode");
    return failure(std::move(refusal));
  }
  SelectorPair answered{tsi->selectors(), tsr->selectors()};
  if (mode == Mode::transport) answered = seen_from_here(record, std::move(answered));
  auto selectors = accept_narrowed(offer.local, offer.remote, answered.local, answered.remote);
  if (!selectors) {
    auto refusal = refusal_in(exchange, RefusalCode::selectors_unacceptable, NotifyType::TS_UNACCEPTABLE);
    refusal.ours.push_back(selectors_text(offer.local, offer.remote));
    refusal.theirs.push_back(selectors_text(answered.local, answered.remote));
    refusal.detail = "the responder's selectors are not a subset of what was proposed";
    return failure(std::move(refusal));
  }
  return AgreedChild{offer.child,      offer.inbound_spi,     *outbound, choice->number,
                     choice->proposal, std::move(*selectors), mode,      takes_padding(payloads)};
}

Result<AgreedChild, ChildRefusal> answer_child_offer(Context& context, const IkeSaRecord& record,
                                                     const ConnectionPtr& connection, const PayloadSet& payloads,
                                                     ExchangeType exchange, std::string_view only_child) {
  const auto* sa = payloads.find<wire::SaPayload>();
  const SelectorPair proposed{payloads.selectors(PayloadType::TSr)->selectors(),
                              payloads.selectors(PayloadType::TSi)->selectors()};
  const bool transport_wanted = payloads.notify(NotifyType::USE_TRANSPORT_MODE) != nullptr;
  auto match = match_child(context, record, *connection, proposed, only_child, transport_wanted);
  if (!match)
    return failure(ChildRefusal{selectors_refusal(record, *connection, proposed.local, proposed.remote, exchange),
                                notify_payload(NotifyType::TS_UNACCEPTABLE)});

  const auto* ke = payloads.find<wire::KePayload>();
  const auto use = exchange == ExchangeType::IKE_AUTH ? KeyExchangeUse::ignore : KeyExchangeUse::negotiate;
  const auto sent = ke != nullptr ? std::optional(ke->method) : std::nullopt;
  const auto choice = choose_proposal(*sa, ProtocolId::ESP, match->child->esp_acceptable, use, sent);
  const auto outbound = choice ? esp_spi_from(choice->spi) : std::nullopt;
  if (!outbound) {
    auto refusal = refusal_in(exchange, RefusalCode::no_proposal_chosen, NotifyType::NO_PROPOSAL_CHOSEN);
    refusal.ours = describe(match->child->esp_acceptable);
    refusal.theirs = describe(*sa);
    return failure(ChildRefusal{std::move(refusal), notify_payload(NotifyType::NO_PROPOSAL_CHOSEN)});
  }
  const auto method = key_exchange_of(choice->proposal);
  if (method != KeyExchangeMethod::NONE && (ke == nullptr || ke->method != method)) {
    auto refusal = refusal_in(exchange, RefusalCode::key_exchange_method, NotifyType::INVALID_KE_PAYLOAD);
    refusal.ours.push_back(to_string(method));
    refusal.theirs.push_back(ke != nullptr ? to_string(ke->method) : "no KE payload");
    return failure(ChildRefusal{std::move(refusal), invalid_ke_payload(method)});
  }
  const auto inbound = context.esp_spis.allocate();
  if (!inbound)
    return failure(ChildRefusal{refusal_in(exchange, RefusalCode::no_additional_sas, NotifyType::NO_ADDITIONAL_SAS),
                                notify_payload(NotifyType::NO_ADDITIONAL_SAS)});
  return AgreedChild{{connection, *match->child},
                     *inbound,
                     *outbound,
                     choice->number,
                     choice->proposal,
                     std::move(match->selectors),
                     match->mode,
                     takes_padding(payloads)};
}

ChildPayloads answer_payloads(const AgreedChild& agreed) {
  wire::SaPayload sa;
  sa.proposals.push_back(
      wire::ProposalSubstructure::of(agreed.proposal_number, agreed.proposal, spi_octets(agreed.inbound_spi)));
  return {mode_notifies(agreed.mode),
          std::move(sa),
          {wire::TsPayload::of(PayloadType::TSi, agreed.selectors.remote()),
           wire::TsPayload::of(PayloadType::TSr, agreed.selectors.local())}};
}

ipsec::ChildSa child_sa_for(const IkeSaRecord& record, const AgreedChild& agreed, ChildSaId id, PolicyId policy,
                            PacketKeys local_keys, PacketKeys peer_keys) {
  ipsec::ChildSa sa;
  sa.id = id;
  sa.policy = policy;
  sa.mode = agreed.mode;
  sa.local = record.local;
  sa.remote = record.remote;
  sa.udp_encapsulation = record.udp_encapsulation;
  sa.inbound_spi = agreed.inbound_spi;
  sa.outbound_spi = agreed.outbound_spi;
  sa.inbound = std::move(peer_keys);
  sa.outbound = std::move(local_keys);
  for (const auto& transform : agreed.proposal.transforms)
    if (transform.type == TransformType::SN)
      sa.esn = transform.id == static_cast<std::uint16_t>(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT);
  sa.replay_window = agreed.child->replay_window;
  sa.local_selectors = agreed.selectors.local();
  sa.remote_selectors = agreed.selectors.remote();
  sa.headers = agreed.child->headers;
  if (agreed.peer_takes_padding && agreed.mode == Mode::tunnel) sa.tfc_padding = agreed.child->tfc_padding;
  return sa;
}

}  // namespace keypact::ike::v2
