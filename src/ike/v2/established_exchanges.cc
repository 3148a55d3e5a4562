// The exchanges that we begin on an established IKE SA. RFC 7296 §1.3.1, §1.4, §2.4.
#include <algorithm>

#include "ike/core/redirect.h"
#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/child_expectation.h"
#include "ike/v2/established_sa.h"
#include "ike/v2/rekey_collision.h"

namespace keypact::ike::v2 {
namespace {

/// RFC 7296 §2.25: how often a creation is tried again after a TEMPORARY_FAILURE; with the delays, half a minute.
constexpr unsigned kCreationAttempts = 6;

Refusal create_child_refusal(RefusalCode code, std::string detail) {
  auto refusal = refusal_in(ExchangeType::CREATE_CHILD_SA, code);
  refusal.detail = std::move(detail);
  return refusal;
}

/// RFC 7296 §2.2: a message ID is used once.
Refusal out_of_message_ids() {
  Refusal refusal;
  refusal.code = RefusalCode::limit_reached;
  refusal.detail = "all message IDs of this IKE SA are used, and the peer did not let it be rekeyed";
  return refusal;
}

/// RFC 7296 §1.3.3: the SA that is replaced, by the SPI that its sender receives on.
wire::Payload rekey_notify(const ChildSa& replaced) {
  auto notify = notify_payload(NotifyType::REKEY_SA);
  auto& body = std::get<wire::NotifyPayload>(notify.body);
  body.protocol = replaced.proposal.protocol;
  body.spi = spi_octets(replaced.inbound_spi);
  return notify;
}

/// It was refused by us, in an answer with which the peer has it.
bool is_at_the_peer(const Refusal& refusal) {
  return !refusal.by_peer &&
         (refusal.code == RefusalCode::unexpected_choice || refusal.code == RefusalCode::selectors_unacceptable);
}

/// What the SAs are to be, not how the peer is reached.
bool is_about_sas(const LocalRequest& request) {
  return std::holds_alternative<CreateChildRequest>(request) || std::holds_alternative<RekeyChildRequest>(request) ||
         std::holds_alternative<DeleteChildRequest>(request) || std::holds_alternative<RekeyIkeRequest>(request);
}

/// Whichever of our proposals the peer thinks to have taken.
std::vector<SaName> inbound_names(const ChildOffer& offer) {
  std::vector<SaName> names;
  for (const auto& proposal : offer.proposals) {
    const SaName name{proposal.protocol, offer.inbound_spi};
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

ChildOrigin our_origin(const ChildPurpose& purpose, OctetView nonce, OctetView peer_nonce) {
  return {true, purpose.replaces, to_octets(lower_nonce(nonce, peer_nonce)), false};
}

}  // namespace

void EstablishedSa::start_next_exchange(Context& context, const IkeSaRecord& record) {
  if (pending_deletion_) return finish_deletion(context, record);
  while (!ended_ && requests_.is_free() && std::holds_alternative<std::monostate>(exchange_)) {
    const auto next = std::ranges::find_if(queue_, [&](const auto& queued) { return !must_wait(queued); });
    if (next == queue_.end()) return;
    if (requests_.is_used_up()) return end(context, record, out_of_message_ids());
    const auto queued = std::move(*next);
    queue_.erase(next);
    std::visit([&](const auto& wanted) { begin(context, record, wanted, queued.failures); }, queued.request);
  }
}

bool EstablishedSa::must_wait(const QueuedRequest& queued) const {
  // The peer's rekeying of the IKE SA is answered first: what it is about would be on the move.
  if (queued.not_before || standing_ == Standing::undecided || pending_ike_) return true;
  // A rekeying of it has just come through: what waits goes with the Child SAs, a Delete of the tunnel above all.
  if (children_are_moving()) return true;
  if (std::holds_alternative<DeleteIkeRequest>(queued.request)) return false;
  if (standing_ == Standing::superseded) return true;
  if (awaited_ike() != nullptr && is_about_sas(queued.request)) return true;
  if (std::holds_alternative<RekeyIkeRequest>(queued.request))
    return pending_child_ || !awaited_.empty() || std::ranges::any_of(children_, [](const auto& entry) {
             return entry.second.phase == ChildSa::Phase::installing;
           });
  // What is being installed is neither asked for a second time, nor replaced or deleted before the IPsec stack has answered.
  if (const auto* creation = std::get_if<CreateChildRequest>(&queued.request))
    return is_installing(creation->child) || peer_is_making_child(creation->child);
  const auto is_unfinished = [&](ChildSaId id) {
    const auto child = children_.find(id);
    return (child != children_.end() && child->second.phase == ChildSa::Phase::installing) || is_being_replaced(id) ||
           peer_is_replacing(id);
  };
  if (const auto* rekeying = std::get_if<RekeyChildRequest>(&queued.request)) {
    // One that met another one on its way is not replaced before it is clear which of the two stays: both would stay.
    const auto child = children_.find(rekeying->child);
    return is_unfinished(rekeying->child) || (child != children_.end() && !is_settled(child->second));
  }
  if (const auto* deletion = std::get_if<DeleteChildRequest>(&queued.request)) return is_unfinished(deletion->child);
  return false;
}

bool EstablishedSa::children_are_moving() const {
  return std::ranges::any_of(family_matters_,
                             [](const auto& matter) { return std::holds_alternative<MoveChildren>(matter); });
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const CreateChildRequest& request,
                          unsigned failures) {
  if (const auto* up = current_child(request.child)) {
    if (request.request) context.emit(RequestDone{request.request, record.id, up->id, std::nullopt});
    return;
  }
  auto offer = offer_for(context, record, request.child);
  if (!offer) {
    if (request.request) context.emit(RequestDone{request.request, record.id, {}, std::move(offer.error())});
    return;
  }
  const auto method = likely_method(offer->proposals, key_exchange_of(parts_.proposal));
  begin_create_child(context, record, std::move(*offer), method, {request.request, std::nullopt, failures});
}

Result<ChildOffer, Refusal> EstablishedSa::offer_for(Context& context, const IkeSaRecord& record,
                                                     const std::string& name) const {
  const auto* child = parts_.connection->child(name);
  if (child == nullptr) return failure(create_child_refusal(RefusalCode::unknown_connection, "child " + name));
  if (count_children() >= limits::kChildSasPerIkeSa)
    return failure(create_child_refusal(RefusalCode::limit_reached, "child " + name));
  auto offer = make_child_offer(context, record, {parts_.connection, *child}, KeyExchangeUse::negotiate);
  if (offer) expect(context, *offer, esp_path(record));
  return offer;
}

void EstablishedSa::begin_create_child(Context& context, const IkeSaRecord& record, ChildOffer offer,
                                       KeyExchangeMethod method, const ChildPurpose& purpose) {
  if (method == KeyExchangeMethod::NONE) {
    CreateChildSent exchange{std::move(offer), purpose, method, context.random.octets(kNonceOctets), std::nullopt, {}};
    return send_create_child(context, record, std::move(exchange), {});
  }
  const auto job = context.start(JobClass::established, BeginKeyExchange{method});
  exchange_ = CreateChildKeyPair{std::move(offer), purpose, method, job};
}

void EstablishedSa::send_create_child(Context& context, const IkeSaRecord& record, CreateChildSent exchange,
                                      OctetView public_value) {
  std::vector<wire::Payload> between = {wire::NoncePayload{exchange.nonce}};
  if (exchange.method != KeyExchangeMethod::NONE)
    between.emplace_back(wire::KePayload{exchange.method, to_octets(public_value)});
  auto payloads = offer_payloads(exchange.offer).with(std::move(between));
  if (exchange.purpose.replaces)
    payloads.insert(payloads.begin(), rekey_notify(children_.at(*exchange.purpose.replaces)));
  exchange_ = std::move(exchange);
  send_request(context, record, ExchangeType::CREATE_CHILD_SA, payloads);
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const DeleteChildRequest& request,
                          unsigned /*failures*/) {
  const auto found = children_.find(request.child);
  if (found == children_.end() || found->second.phase == ChildSa::Phase::retired) {
    // It went in the meantime: what was asked for is so.
    if (request.request) context.emit(RequestDone{request.request, record.id, request.child, std::nullopt});
    return;
  }
  // Operators mean the tunnel, not the pair of SAs that carried it when they asked.
  if (const auto successor = found->second.replaced_by; successor && request.request && children_.contains(*successor))
    return queue_.push_front({DeleteChildRequest{*successor, request.request}, 0, std::nullopt});
  found->second.phase = ChildSa::Phase::deleting;
  found->second.leaves_at.reset();
  exchange_ = DeletingChild{request.child, request.request};
  send_request(context, record, ExchangeType::INFORMATIONAL,
               {wire::DeletePayload{found->second.proposal.protocol, {found->second.inbound_spi}}});
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const DeleteIkeRequest& request,
                          unsigned /*failures*/) {
  exchange_ = DeletingIke{request.request};
  send_request(context, record, ExchangeType::INFORMATIONAL, {wire::DeletePayload{ProtocolId::IKE, {}}});
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const LivenessRequest& /*request*/,
                          unsigned /*failures*/) {
  exchange_ = CheckingLiveness{};
  const auto& mobility = parts_.mobility;
  const bool asks_for_mapping = mobility.agreed && mobility.we_decide && record.nat.local_behind_nat;
  send_request(context, record, ExchangeType::INFORMATIONAL,
               asks_for_mapping ? path_payloads(context, record) : std::vector<wire::Payload>());
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const ReportSpiRequest& request,
                          unsigned /*failures*/) {
  exchange_ = Telling{};
  ++context.counters.invalid_spi_sent;
  send_request(context, record, ExchangeType::INFORMATIONAL,
               {notify_payload(NotifyType::INVALID_SPI, spi_octets(request.spi))});
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const ForgoChildRequest& request,
                          unsigned /*failures*/) {
  exchange_ = Telling{};
  send_request(context, record, ExchangeType::INFORMATIONAL, deletions_of(request.inbound));
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const RedirectRequest& request,
                          unsigned /*failures*/) {
  exchange_ = Telling{request.request};
  ++context.counters.redirected;
  send_request(context, record, ExchangeType::INFORMATIONAL,
               {notify_payload(NotifyType::REDIRECT, redirect_data(request.gateway))});
}

void EstablishedSa::handle_response(Context& context, IkeSaRecord& record, const PayloadSet& payloads) {
  auto exchange = std::exchange(exchange_, std::monostate{});
  if (auto* creating = std::get_if<CreateChildSent>(&exchange))
    return on_create_child_response(context, record, std::move(*creating), payloads);
  if (auto* rekeying = std::get_if<RekeyIkeSent>(&exchange))
    return on_rekey_ike_response(context, record, std::move(*rekeying), payloads);
  if (auto* agreed = std::get_if<CreateChildAgreed>(&exchange))
    return on_follow_up_response(context, record, std::move(*agreed), payloads);
  if (auto* agreed = std::get_if<RekeyIkeAgreed>(&exchange))
    return on_follow_up_response(context, record, std::move(*agreed), payloads);
  if (const auto* updating = std::get_if<UpdatingAddresses>(&exchange))
    return on_addresses_updated(context, record, *updating, payloads);
  if (const auto* proving = std::get_if<ProvingAddress>(&exchange))
    return on_address_proven(context, record, *proving, payloads);
  if (std::holds_alternative<CheckingLiveness>(exchange)) return on_liveness_shown(payloads);
  if (const auto* deleting = std::get_if<DeletingChild>(&exchange)) {
    Refusal reason;
    reason.code = RefusalCode::terminated;
    // RFC 7296 §1.4.1: the pair is gone whether or not the answer names the peer's half.
    if (const auto found = children_.find(deleting->child); found != children_.end())
      let_go(context, record, found->second, reason);
    if (deleting->waiter) context.emit(RequestDone{deleting->waiter, record.id, deleting->child, std::nullopt});
  } else if (const auto* telling = std::get_if<Telling>(&exchange)) {
    if (telling->waiter) context.emit(RequestDone{telling->waiter, record.id, {}, std::nullopt});
  } else if (std::holds_alternative<DeletingIke>(exchange)) {
    exchange_ = std::move(exchange);
    Refusal reason;
    reason.code = RefusalCode::terminated;
    end(context, record, std::move(reason));
  }
}

void EstablishedSa::on_create_child_response(Context& context, const IkeSaRecord& record, CreateChildSent exchange,
                                             const PayloadSet& payloads) {
  if (const auto asked = other_method_asked_for(payloads, exchange.offer.proposals, exchange.method))
    return begin_create_child(context, record, std::move(exchange.offer), *asked, exchange.purpose);
  auto agreed = accept_child_answer(record, exchange.offer, payloads, ExchangeType::CREATE_CHILD_SA);
  if (!agreed) return refuse_create_child(context, record, exchange.offer, exchange.purpose, std::move(agreed.error()));
  if (std::ranges::find(exchange.deleted, agreed->outbound()) != exchange.deleted.end())
    return refuse_create_child(context, record, exchange.offer, exchange.purpose,
                               create_child_refusal(RefusalCode::deleted_by_peer, "before its answer came"));
  const auto* nonce = payloads.find<wire::NoncePayload>();
  const auto* ke = payloads.find<wire::KePayload>();
  const auto method = key_exchange_of(agreed->proposal);
  if (method == KeyExchangeMethod::NONE) {
    install(context, record, std::move(*agreed), {exchange.nonce, nonce->nonce}, {},
            {our_origin(exchange.purpose, exchange.nonce, nonce->nonce), exchange.purpose.waiter});
    return;
  }
  const bool usable = ke != nullptr && ke->method == method && method == exchange.method && exchange.key_pair &&
                      ke->data.size() == crypto::responder_value_octets(method);
  KeyExchangesToDo to_do{KeyExchangeSeries(agreed->proposal), link_of(payloads)};
  if (!usable || (to_do.series.has_follow_ups() && to_do.link.empty()))
    return refuse_create_child(
        context, record, exchange.offer, exchange.purpose,
        create_child_refusal(RefusalCode::unexpected_choice,
                             usable ? std::string(kNoLink) : "the KE payload does not fit the proposal chosen"));
  CreateChildAgreed begun{std::move(*agreed), exchange.purpose, std::move(exchange.nonce),
                          nonce->nonce,       std::move(to_do), {}};
  if (stops_for_the_peers(context, begun)) {
    if (const auto waiter = begun.purpose.waiter) context.emit(RequestDone{waiter, record.id, {}, std::nullopt});
    return;
  }
  begun.job = context.start(JobClass::established, FinishKeyExchange{std::move(*exchange.key_pair), ke->data});
  exchange_ = std::move(begun);
}

/// The peer deletes the SA that we are still negotiating: its request overtakes its response, or our computation (RFC 7296 §2.2:
/// the two directions have message IDs of their own). The inbound SPI when that ends the exchange.
std::optional<SaName> EstablishedSa::forgo_creation(Context& context, const IkeSaRecord& record, const SaName& outbound,
                                                    const Refusal& reason) {
  if (auto* sent = std::get_if<CreateChildSent>(&exchange_);
      sent != nullptr && sent->deleted.size() < limits::kDeleteSpis)
    sent->deleted.push_back(outbound);
  std::optional<SaName> awaited_inbound;
  forget_awaited_if(context, [&](const AwaitedFollowUp& awaited) {
    const auto* child = std::get_if<PendingChildAnswer>(&awaited.answer);
    if (child == nullptr || child->awaits_key->outbound() != outbound) return false;
    awaited_inbound = SaName{outbound.protocol, child->awaits_key->inbound_spi};
    return true;
  });
  if (awaited_inbound) return awaited_inbound;
  const auto* computing = std::get_if<CreateChildAgreed>(&exchange_);
  if (computing == nullptr || computing->agreed.outbound() != outbound) return std::nullopt;
  const SaName inbound{outbound.protocol, computing->agreed.inbound_spi};
  forgo(context, inbound.spi);
  const VainCreation vain{computing->agreed.child->name, computing->purpose.waiter, computing->purpose.replaces};
  exchange_ = std::monostate{};
  conclude_creation(context, record, vain, reason);
  return inbound;
}

void EstablishedSa::refuse_create_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                                        const ChildPurpose& purpose, Refusal refusal) {
  forgo(context, offer.inbound_spi);
  if (is_at_the_peer(refusal)) submit(context, record, ForgoChildRequest{inbound_names(offer)});
  conclude_in_vain(context, record, offer.child->name, purpose, refusal);
}

void EstablishedSa::conclude_in_vain(Context& context, const IkeSaRecord& record, const std::string& child,
                                     const ChildPurpose& purpose, const Refusal& refusal) {
  if (purpose.replaces) return on_rekey_child_refused(context, record, purpose, refusal);
  // RFC 7296 §2.25: the peer is busy with something that this would disturb. RFC 9370 §2.2.4: or has lost it.
  const bool again = refusal.by_peer &&
                     (refusal.notify == NotifyType::TEMPORARY_FAILURE || refusal.notify == NotifyType::STATE_NOT_FOUND);
  if (again && purpose.failures < kCreationAttempts)
    return postpone(context, CreateChildRequest{child, purpose.waiter}, purpose.failures);
  context.emit(Refused{record.id, record.remote, parts_.connection->name, refusal});
  conclude_creation(context, record, {child, purpose.waiter, {}}, refusal);
}

void EstablishedSa::take_first_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                                     const PayloadSet& response, const Nonces& nonces, ControlId waiter) {
  auto agreed = accept_child_answer(record, offer, response, ExchangeType::IKE_AUTH);
  if (!agreed) return refuse_create_child(context, record, offer, {waiter, std::nullopt, 0}, std::move(agreed.error()));
  install(context, record, std::move(*agreed), nonces, {}, {{true, std::nullopt, {}, false}, waiter});
}

void EstablishedSa::begin_childless(Context& context, const IkeSaRecord& record, const std::string& child,
                                    ControlId waiter) {
  if (!child.empty()) return submit(context, record, CreateChildRequest{child, waiter});
  if (waiter) context.emit(RequestDone{waiter, record.id, {}, std::nullopt});
}

void EstablishedSa::on_job_done(Context& context, const IkeSaRecord& record, JobDone done) {
  if (ended_) return;
  take_result(context, record, std::move(done));
  after_event(context, record);
}

void EstablishedSa::take_result(Context& context, const IkeSaRecord& record, JobDone done) {
  if (pending_child_ && pending_child_->awaits_key && pending_child_->job == done.id)
    return take_responder_value(context, record, std::move(done));
  if (pending_ike_ && pending_ike_->job == done.id) {
    auto pending = std::move(*std::exchange(pending_ike_, std::nullopt));
    return take_ike_responder_value(context, record, std::move(pending), std::move(done));
  }
  const bool awaited = std::visit(
      [&](const auto& exchange) {
        if constexpr (requires { exchange.job; }) return exchange.job == done.id;
        else return false;
      },
      exchange_);
  if (!awaited) return;
  auto exchange = std::exchange(exchange_, std::monostate{});
  if (auto* pair = std::get_if<CreateChildKeyPair>(&exchange))
    return take_child_key_pair(context, record, std::move(*pair), std::move(done));
  if (auto* agreed = std::get_if<CreateChildAgreed>(&exchange))
    return take_child_result(context, record, std::move(*agreed), std::move(done));
  if (auto* pair = std::get_if<RekeyIkeKeyPair>(&exchange))
    return take_ike_key_pair(context, record, std::move(*pair), std::move(done));
  if (auto* agreed = std::get_if<RekeyIkeAgreed>(&exchange))
    return take_ike_result(context, record, std::move(*agreed), std::move(done));
}

void EstablishedSa::take_child_key_pair(Context& context, const IkeSaRecord& record, CreateChildKeyPair waiting,
                                        JobDone done) {
  auto* begun = std::get_if<crypto::Begun>(&done.result);
  if (begun == nullptr)
    return refuse_create_child(context, record, waiting.offer, waiting.purpose,
                               create_child_refusal(RefusalCode::key_exchange_failed, "no key pair"));
  // What the peer did in the meantime may make it needless: it is looked at again from the start.
  if (!is_still_wanted(waiting)) {
    forgo(context, waiting.offer.inbound_spi);
    LocalRequest again = CreateChildRequest{waiting.offer.child->name, waiting.purpose.waiter};
    if (waiting.purpose.replaces) again = RekeyChildRequest{*waiting.purpose.replaces, waiting.purpose.waiter};
    queue_.push_front({std::move(again), waiting.purpose.failures, std::nullopt});
    return;
  }
  CreateChildSent sent{std::move(waiting.offer), waiting.purpose,
                       waiting.method,           context.random.octets(kNonceOctets),
                       std::move(begun->state),  {}};
  send_create_child(context, record, std::move(sent), begun->public_value);
}

/// Nothing was sent yet, and the peer may have begun the same, replaced or deleted what it was about.
bool EstablishedSa::is_still_wanted(const CreateChildKeyPair& waiting) const {
  const auto& name = waiting.offer.child->name;
  if (!waiting.purpose.replaces) {
    return current_child(name) == nullptr && !is_installing(name) && !peer_is_making_child(name);
  }
  const auto found = children_.find(*waiting.purpose.replaces);
  return found != children_.end() && found->second.is_current() && !peer_is_replacing(*waiting.purpose.replaces);
}

void EstablishedSa::take_child_result(Context& context, const IkeSaRecord& record, CreateChildAgreed waiting,
                                      JobDone done) {
  const auto progress = advance(context, record, waiting.key_exchanges, waiting.job, std::move(done));
  if (progress == Progress::going_on) {
    exchange_ = std::move(waiting);
    return;
  }
  if (progress == Progress::failed) {
    // The peer holds the SA that we cannot have: it is deleted there.
    const auto refusal = create_child_refusal(RefusalCode::key_exchange_failed, "the peer's KE payload");
    forgo(context, waiting.agreed.inbound_spi);
    if (const auto waiter = waiting.purpose.waiter) context.emit(RequestDone{waiter, record.id, {}, refusal});
    return submit(context, record, DeleteIkeRequest{});
  }
  auto origin = our_origin(waiting.purpose, waiting.nonce, waiting.peer_nonce);
  install(context, record, std::move(waiting.agreed), {waiting.nonce, waiting.peer_nonce},
          waiting.key_exchanges.series.secrets(), {std::move(origin), waiting.purpose.waiter});
}

}  // namespace keypact::ike::v2
