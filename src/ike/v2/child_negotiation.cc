#include "ike/v2/child_negotiation.h"

#include "ike/v2/child_mode.h"
#include "ike/v2/compression.h"

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
    if (mode != Mode::tunnel && child.mode != mode) continue;
    const auto local = resolve(child.local_ts, record.dynamic_local());
    const auto remote = resolve(child.remote_ts, record.dynamic_remote());
    auto narrowed = narrow(local, remote, proposed.local, proposed.remote);
    if (!narrowed) continue;
    if (!fits_mode(record, mode, {narrowed->local(), narrowed->remote()})) continue;
    const bool whole = narrowed->local() == local && narrowed->remote() == remote;
    if (whole || !first) first = ChildMatch{&child, std::move(*narrowed), mode};
    if (whole) break;
  }
  return first;
}

/// In the mode that was asked for, RFC 7296 §2.23.1: transport mode between the addresses that are seen here; else tunnel mode with
/// what was sent. Without a word on it in our answer the Child SA is in tunnel mode, whatever was asked (RFC 7296 §1.3.1).
std::optional<ChildMatch> match_child(const Context& context, const IkeSaRecord& record,
                                      const config::Connection& connection, const SelectorPair& proposed,
                                      std::string_view only_child, Mode asked) {
  if (asked != Mode::tunnel && !context.options.esp_tunnels_only)
    if (auto match = match_child(record, connection, seen_from_here(record, asked, proposed), only_child, asked))
      return match;
  return match_child(record, connection, proposed, only_child, Mode::tunnel);
}

Refusal selectors_refusal(const IkeSaRecord& record, const config::Connection& connection, const Selectors& local,
                          const Selectors& remote, ExchangeType exchange) {
  auto refusal = refusal_in(exchange, RefusalCode::selectors_unacceptable, NotifyType::TS_UNACCEPTABLE);
  for (const auto& child : connection.children)
    refusal.ours.push_back(child.name + ": " +
                           selectors_text(resolve(child.local_ts, record.dynamic_local()),
                                          resolve(child.remote_ts, record.dynamic_remote())));
  refusal.theirs.push_back(selectors_text(local, remote));
  return refusal;
}

std::vector<wire::Payload> notifies_of(Mode mode, const std::optional<Cpi>& cpi) {
  auto notifies = mode_notifies(mode);
  if (cpi) notifies.push_back(compression_notify(*cpi));
  return notifies;
}

/// RFC 3715 §2.1: a NAT changes what AH protects. And not every IPsec stack has AH.
bool has_ah(const Options& options, const IkeSaRecord& record) {
  return !options.esp_tunnels_only && !record.udp_encapsulation && !record.nat.any();
}

std::vector<Proposal> possible(std::vector<Proposal> proposals, const Options& options, const IkeSaRecord& record) {
  if (!has_ah(options, record))
    std::erase_if(proposals, [](const auto& proposal) { return proposal.protocol == ProtocolId::AH; });
  return proposals;
}

Refusal nothing_but_ah(const Options& options) {
  Refusal refusal;
  refusal.code = RefusalCode::ah_impossible;
  refusal.detail = options.esp_tunnels_only ? "IPsec in userspace has ESP only"
                                            : "AH protects the addresses that a NAT between the two ends changes";
  return refusal;
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

Result<ChildOffer, Refusal> make_child_offer(Context& context, const IkeSaRecord& record, ConfiguredChild child,
                                             KeyExchangeUse key_exchange_use) {
  auto proposals = possible(child->esp_proposals, context.options, record);
  if (proposals.empty() && !child->esp_proposals.empty()) return failure(nothing_but_ah(context.options));
  const auto spi = context.esp_spis.allocate();
  if (!spi) {
    Refusal refusal;
    refusal.code = RefusalCode::limit_reached;
    refusal.detail = "child " + child->name + ": every SPI is in use";
    return failure(std::move(refusal));
  }
  auto local = resolve(child->local_ts, record.dynamic_local());
  auto remote = resolve(child->remote_ts, record.dynamic_remote());
  const bool fits = !context.options.esp_tunnels_only && fits_mode(record, child->mode, {local, remote});
  const auto mode = fits ? child->mode : Mode::tunnel;
  const auto cpi =
      may_compress(context.options, record, *child, mode) ? context.esp_spis.allocate_cpi(*spi) : std::nullopt;
  return ChildOffer{std::move(child),
                    *spi,
                    std::move(proposals),
                    std::move(local),
                    std::move(remote),
                    key_exchange_use,
                    mode,
                    cpi,
                    {}};
}

void ChildOffer::cut_local_to(const IkeSaRecord& record) { own = resolve(child->local_ts, record.dynamic_local()); }

std::vector<wire::Payload> ChildPayloads::with(std::vector<wire::Payload> between) && {
  auto payloads = std::move(notifies);
  payloads.push_back(std::move(sa));
  std::ranges::move(between, std::back_inserter(payloads));
  std::ranges::move(selectors, std::back_inserter(payloads));
  return payloads;
}

ChildPayloads offer_payloads(const ChildOffer& offer) {
  return {notifies_of(offer.mode, offer.cpi),
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
    refusal.theirs = describe(proposals_of(*sa));
    return failure(std::move(refusal));
  }
  const auto mode = mode_named_in(record, payloads);
  const auto cpi = compression_named_in(payloads);
  if ((mode != Mode::tunnel && offer.mode != mode) || (cpi && !offer.cpi)) {
    auto refusal = refusal_in(exchange, RefusalCode::unexpected_choice);
    refusal.ours.push_back(std::string(name_of(offer.mode)) + " mode" + (offer.cpi ? " with" : " without") + " IPComp");
    refusal.theirs.push_back(std::string(name_of(mode)) + " mode" + (cpi ? " with" : " without") + " IPComp");
    return failure(std::move(refusal));
  }
  const auto answered = seen_from_here(record, mode, {tsi->selectors(), tsr->selectors()});
  auto selectors = accept_narrowed(offer.local, offer.remote, answered.local, answered.remote);
  // Not every gateway narrows what was asked for before there was an address.
  if (selectors && !offer.own.empty())
    selectors = narrow(offer.own, offer.remote, selectors->local(), selectors->remote());
  if (!selectors) {
    auto refusal = refusal_in(exchange, RefusalCode::selectors_unacceptable, NotifyType::TS_UNACCEPTABLE);
    refusal.ours.push_back(selectors_text(offer.local, offer.remote));
    refusal.theirs.push_back(selectors_text(answered.local, answered.remote));
    refusal.detail = "the responder's selectors are not a subset of what was proposed";
    return failure(std::move(refusal));
  }
  return AgreedChild{
      offer.child,    offer.inbound_spi,       *outbound,
      choice->number, choice->proposal,        std::move(*selectors),
      mode,           takes_padding(payloads), cpi ? std::optional(CpiPair{*offer.cpi, *cpi}) : std::nullopt};
}

Result<AgreedChild, ChildRefusal> answer_child_offer(Context& context, const IkeSaRecord& record,
                                                     const ConnectionPtr& connection, const PayloadSet& payloads,
                                                     ExchangeType exchange, std::string_view only_child) {
  const auto* sa = payloads.find<wire::SaPayload>();
  const SelectorPair proposed{payloads.selectors(PayloadType::TSr)->selectors(),
                              payloads.selectors(PayloadType::TSi)->selectors()};
  auto match = match_child(context, record, *connection, proposed, only_child, mode_named_in(record, payloads));
  if (!match)
    return failure(ChildRefusal{selectors_refusal(record, *connection, proposed.local, proposed.remote, exchange),
                                notify_payload(NotifyType::TS_UNACCEPTABLE)});

  const auto* ke = payloads.find<wire::KePayload>();
  const auto use = exchange == ExchangeType::IKE_AUTH ? KeyExchangeUse::ignore : KeyExchangeUse::negotiate;
  const auto sent = ke != nullptr ? std::optional(ke->method) : std::nullopt;
  const auto acceptable = possible(match->child->esp_acceptable, context.options, record);
  const auto choice = choose_proposal(*sa, acceptable, use, sent);
  const auto outbound = choice ? esp_spi_from(choice->spi) : std::nullopt;
  if (!outbound) {
    auto refusal = refusal_in(exchange, RefusalCode::no_proposal_chosen, NotifyType::NO_PROPOSAL_CHOSEN);
    if (acceptable.empty()) refusal.detail = nothing_but_ah(context.options).detail;
    refusal.ours = describe(match->child->esp_acceptable);
    refusal.offered = proposals_of(*sa);
    refusal.theirs = describe(refusal.offered);
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
  const auto cpi =
      may_compress(context.options, record, *match->child, match->mode) ? compression_named_in(payloads) : std::nullopt;
  const auto own_cpi = cpi ? context.esp_spis.allocate_cpi(*inbound) : std::nullopt;
  return AgreedChild{{connection, *match->child},
                     *inbound,
                     *outbound,
                     choice->number,
                     choice->proposal,
                     std::move(match->selectors),
                     match->mode,
                     takes_padding(payloads),
                     own_cpi ? std::optional(CpiPair{*own_cpi, *cpi}) : std::nullopt};
}

ChildPayloads answer_payloads(const AgreedChild& agreed) {
  wire::SaPayload sa;
  sa.proposals.push_back(
      wire::ProposalSubstructure::of(agreed.proposal_number, agreed.proposal, spi_octets(agreed.inbound_spi)));
  return {notifies_of(agreed.mode, agreed.compression ? std::optional(agreed.compression->inbound) : std::nullopt),
          std::move(sa),
          {wire::TsPayload::of(PayloadType::TSi, agreed.selectors.remote()),
           wire::TsPayload::of(PayloadType::TSr, agreed.selectors.local())}};
}

std::vector<wire::Payload> deletions_of(const std::vector<SaName>& names) {
  std::vector<wire::Payload> payloads;
  for (const auto protocol : {ProtocolId::ESP, ProtocolId::AH}) {
    wire::DeletePayload deletion{protocol, {}};
    for (const auto& name : names)
      if (name.protocol == protocol) deletion.spis.push_back(name.spi);
    if (!deletion.spis.empty()) payloads.emplace_back(std::move(deletion));
  }
  return payloads;
}

ipsec::ChildSa child_sa_for(const IkeSaRecord& record, const AgreedChild& agreed, ChildSaId id, PolicyId policy,
                            PacketKeys local_keys, PacketKeys peer_keys) {
  ipsec::ChildSa sa;
  sa.id = id;
  sa.policy = policy;
  sa.protocol = agreed.proposal.protocol;
  sa.mode = agreed.mode;
  sa.compression = agreed.compression;
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
  if (agreed.peer_takes_padding && agreed.mode == Mode::tunnel && !agreed.compression)
    sa.tfc_padding = agreed.child->tfc_padding;
  sa.offload = agreed.child->offload;
  return sa;
}

}  // namespace keypact::ike::v2
