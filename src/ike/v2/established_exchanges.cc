// The exchanges that we begin on an established IKE SA. RFC 7296 §1.3.1, §1.4, §2.4.
#include <algorithm>

#include "ike/v2/established_sa.h"

namespace keypact::ike::v2 {
namespace {

constexpr std::size_t kOurNonceOctets = 32;

KeyExchangeMethod preferred_method(const std::vector<Proposal>& proposals) {
  return proposals.empty() ? KeyExchangeMethod::NONE : key_exchange_of(proposals.front());
}

bool offers(const std::vector<Proposal>& proposals, KeyExchangeMethod method) {
  return std::ranges::any_of(proposals, [&](const auto& proposal) {
    const auto transforms = proposal.of_type(TransformType::KE);
    return std::ranges::find(transforms, key_exchange(method)) != transforms.end();
  });
}

/// The method that an INVALID_KE_PAYLOAD notify asks for; NONE when it names none of ours.
KeyExchangeMethod asked_method(const PayloadSet& payloads, const ChildOffer& offer) {
  const auto* notify = payloads.notify(NotifyType::INVALID_KE_PAYLOAD);
  if (notify == nullptr) return KeyExchangeMethod::NONE;
  Reader reader(notify->data);
  const auto method = static_cast<KeyExchangeMethod>(reader.u16().value_or(0));
  return offers(offer.proposals, method) ? method : KeyExchangeMethod::NONE;
}

Refusal create_child_refusal(RefusalCode code, std::string detail) {
  Refusal refusal;
  refusal.code = code;
  refusal.exchange = ExchangeType::CREATE_CHILD_SA;
  refusal.detail = std::move(detail);
  return refusal;
}

}  // namespace

void EstablishedSa::start_next_exchange(Context& context, const IkeSaRecord& record) {
  while (!ended_ && !queue_.empty() && requests_.is_free() && std::holds_alternative<std::monostate>(exchange_) &&
         !must_wait(queue_.front())) {
    const auto request = std::move(queue_.front());
    queue_.pop_front();
    std::visit([&](const auto& wanted) { begin(context, record, wanted); }, request);
  }
}

/// What is being installed is neither asked for a second time nor deleted before the IPsec stack has answered.
bool EstablishedSa::must_wait(const LocalRequest& request) const {
  if (const auto* creation = std::get_if<CreateChildRequest>(&request)) return is_installing(creation->child);
  const auto* deletion = std::get_if<DeleteChildRequest>(&request);
  const auto child = deletion != nullptr ? children_.find(deletion->child) : children_.end();
  return child != children_.end() && child->second.phase == ChildSa::Phase::installing;
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const CreateChildRequest& request) {
  const auto up = std::ranges::find_if(children_, [&](const auto& entry) {
    return entry.second.name == request.child && entry.second.phase == ChildSa::Phase::installed;
  });
  if (up != children_.end()) {
    if (request.request) context.emit(RequestDone{request.request, record.id, up->first, std::nullopt});
    return;
  }
  const auto* child = parts_.connection->child(request.child);
  const bool full = children_.size() >= limits::kChildSasPerIkeSa;
  auto offer =
      child != nullptr && !full ? make_child_offer(context, record, {parts_.connection, *child}, KeyExchangeUse::negotiate) : std::nullopt;
  if (!offer) {
    auto refusal = create_child_refusal(child == nullptr ? RefusalCode::unknown_connection : RefusalCode::limit_reached,
                                        "child " + request.child);
    if (request.request) context.emit(RequestDone{request.request, record.id, {}, std::move(refusal)});
    return;
  }
  const auto method = preferred_method(offer->proposals);
  begin_create_child(context, record, std::move(*offer), method, request.request);
}

void EstablishedSa::begin_create_child(Context& context, const IkeSaRecord& record, ChildOffer offer,
                                       KeyExchangeMethod method, ControlId waiter) {
  if (method == KeyExchangeMethod::NONE) {
    CreateChildSent exchange{std::move(offer), waiter, method, context.random.octets(kOurNonceOctets),
                             std::nullopt,     {}};
    return send_create_child(context, record, std::move(exchange), {});
  }
  const auto job = context.start(JobClass::established, BeginKeyExchange{method});
  exchange_ = CreateChildKeyPair{std::move(offer), waiter, method, job};
}

void EstablishedSa::send_create_child(Context& context, const IkeSaRecord& record, CreateChildSent exchange,
                                      OctetView public_value) {
  auto payloads = offer_payloads(exchange.offer);
  std::vector<wire::Payload> between = {wire::NoncePayload{exchange.nonce}};
  if (exchange.method != KeyExchangeMethod::NONE)
    between.emplace_back(wire::KePayload{exchange.method, to_octets(public_value)});
  payloads.insert(payloads.begin() + 1, std::make_move_iterator(between.begin()),
                  std::make_move_iterator(between.end()));
  exchange_ = std::move(exchange);
  send_request(context, record, ExchangeType::CREATE_CHILD_SA, payloads);
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const DeleteChildRequest& request) {
  const auto found = children_.find(request.child);
  if (found == children_.end()) {
    // It went in the meantime: what was asked for is so.
    if (request.request) context.emit(RequestDone{request.request, record.id, request.child, std::nullopt});
    return;
  }
  found->second.phase = ChildSa::Phase::deleting;
  exchange_ = DeletingChild{request.child, request.request};
  send_request(context, record, ExchangeType::INFORMATIONAL,
               {wire::DeletePayload{ProtocolId::ESP, {found->second.inbound_spi}}});
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const DeleteIkeRequest& request) {
  exchange_ = DeletingIke{request.request};
  send_request(context, record, ExchangeType::INFORMATIONAL, {wire::DeletePayload{ProtocolId::IKE, {}}});
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const LivenessRequest& /*request*/) {
  exchange_ = CheckingLiveness{};
  send_request(context, record, ExchangeType::INFORMATIONAL, {});
}

void EstablishedSa::handle_response(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  auto exchange = std::exchange(exchange_, std::monostate{});
  if (auto* creating = std::get_if<CreateChildSent>(&exchange))
    return on_create_child_response(context, record, std::move(*creating), payloads);
  if (const auto* deleting = std::get_if<DeletingChild>(&exchange)) {
    Refusal reason;
    reason.code = RefusalCode::terminated;
    // RFC 7296 §1.4.1: the pair is gone whether or not the answer names the peer's half.
    remove(context, record, deleting->child, reason);
    if (deleting->waiter) context.emit(RequestDone{deleting->waiter, record.id, deleting->child, std::nullopt});
  } else if (std::holds_alternative<DeletingIke>(exchange)) {
    exchange_ = std::move(exchange);
    Refusal reason;
    reason.code = RefusalCode::terminated;
    end(context, record, std::move(reason));
  }
}

void EstablishedSa::on_create_child_response(Context& context, const IkeSaRecord& record, CreateChildSent exchange,
                                             const PayloadSet& payloads) {
  const auto asked = asked_method(payloads, exchange.offer);
  if (asked != KeyExchangeMethod::NONE && asked != exchange.method)
    return begin_create_child(context, record, std::move(exchange.offer), asked, exchange.waiter);
  auto agreed = accept_child_answer(exchange.offer, payloads, ExchangeType::CREATE_CHILD_SA);
  if (!agreed) return refuse_create_child(context, record, exchange.offer, exchange.waiter, std::move(agreed.error()));
  if (std::ranges::find(exchange.deleted, agreed->outbound_spi) != exchange.deleted.end())
    return refuse_create_child(context, record, exchange.offer, exchange.waiter,
                               create_child_refusal(RefusalCode::deleted_by_peer, "before its answer came"));
  const auto* nonce = payloads.find<wire::NoncePayload>();
  const auto* ke = payloads.find<wire::KePayload>();
  const auto method = key_exchange_of(agreed->proposal);
  if (method == KeyExchangeMethod::NONE) {
    install(context, record, std::move(*agreed), {exchange.nonce, nonce->nonce}, {}, true, exchange.waiter);
    return;
  }
  const bool usable = ke != nullptr && ke->method == method && method == exchange.method && exchange.key_pair &&
                      ke->data.size() == crypto::responder_value_octets(method);
  if (!usable)
    return refuse_create_child(
        context, record, exchange.offer, exchange.waiter,
        create_child_refusal(RefusalCode::unexpected_choice, "the KE payload does not fit the proposal chosen"));
  const auto job = context.start(JobClass::established, FinishKeyExchange{std::move(*exchange.key_pair), ke->data});
  exchange_ = CreateChildSecret{std::move(*agreed), exchange.waiter, std::move(exchange.nonce), nonce->nonce, job};
}

/// The peer deletes the SA that we are still negotiating: its request overtakes its response, or our computation (RFC 7296 §2.2:
/// the two directions have message IDs of their own). The inbound SPI when that ends the exchange.
std::optional<EspSpi> EstablishedSa::forgo_creation(Context& context, const IkeSaRecord& record, EspSpi outbound,
                                                    const Refusal& reason) {
  if (auto* sent = std::get_if<CreateChildSent>(&exchange_);
      sent != nullptr && sent->deleted.size() < limits::kDeleteSpis)
    sent->deleted.push_back(outbound);
  const auto* computing = std::get_if<CreateChildSecret>(&exchange_);
  if (computing == nullptr || computing->agreed.outbound_spi != outbound) return std::nullopt;
  const auto inbound = computing->agreed.inbound_spi;
  context.esp_spis.release(inbound);
  if (computing->waiter) context.emit(RequestDone{computing->waiter, record.id, {}, reason});
  exchange_ = std::monostate{};
  return inbound;
}

void EstablishedSa::refuse_create_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                                        ControlId waiter, Refusal refusal) {
  context.esp_spis.release(offer.inbound_spi);
  context.emit(Refused{record.id, record.remote, parts_.connection->name, refusal});
  if (waiter) context.emit(RequestDone{waiter, record.id, {}, std::move(refusal)});
}

void EstablishedSa::take_first_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                                     const PayloadSet& response, const Nonces& nonces, ControlId waiter) {
  auto agreed = accept_child_answer(offer, response, ExchangeType::IKE_AUTH);
  if (!agreed) return refuse_create_child(context, record, offer, waiter, std::move(agreed.error()));
  install(context, record, std::move(*agreed), nonces, {}, true, waiter);
}

void EstablishedSa::on_job_done(Context& context, const IkeSaRecord& record, JobDone done) {
  if (ended_) return;
  take_result(context, record, std::move(done));
  start_next_exchange(context, record);
}

void EstablishedSa::take_result(Context& context, const IkeSaRecord& record, JobDone done) {
  if (pending_answer_ && pending_answer_->awaits_key && pending_answer_->job == done.id) {
    auto agreed = std::move(*std::exchange(pending_answer_->awaits_key, std::nullopt));
    auto* responded = std::get_if<crypto::Responded>(&done.result);
    if (responded == nullptr) {
      context.esp_spis.release(agreed.inbound_spi);
      pending_answer_.reset();
      return answer_child_refused(context, record, ExchangeType::CREATE_CHILD_SA,
                                  {create_child_refusal(RefusalCode::key_exchange_failed, "the peer's KE payload"),
                                   notify_payload(NotifyType::INVALID_SYNTAX)},
                                  {});
    }
    pending_answer_->payloads.emplace_back(
        wire::KePayload{key_exchange_of(agreed.proposal), std::move(responded->public_value)});
    const auto nonce = pending_answer_->nonce;
    const auto peer_nonce = pending_answer_->peer_nonce;
    return install_answered_child(context, record, std::move(agreed), {peer_nonce, nonce},
                                  responded->shared_secret.reveal());
  }
  if (auto* pair = std::get_if<CreateChildKeyPair>(&exchange_); pair != nullptr && pair->job == done.id) {
    auto waiting = std::move(*pair);
    exchange_ = std::monostate{};
    auto* begun = std::get_if<crypto::Begun>(&done.result);
    if (begun == nullptr)
      return refuse_create_child(context, record, waiting.offer, waiting.waiter,
                                 create_child_refusal(RefusalCode::key_exchange_failed, "no key pair"));
    CreateChildSent sent{std::move(waiting.offer), waiting.waiter,
                         waiting.method,           context.random.octets(kOurNonceOctets),
                         std::move(begun->state),  {}};
    return send_create_child(context, record, std::move(sent), begun->public_value);
  }
  if (auto* awaiting = std::get_if<CreateChildSecret>(&exchange_); awaiting != nullptr && awaiting->job == done.id) {
    auto waiting = std::move(*awaiting);
    exchange_ = std::monostate{};
    const auto* secret = std::get_if<Secret>(&done.result);
    if (secret == nullptr) {
      // The peer holds the SA that we cannot have: it is deleted there.
      const auto refusal = create_child_refusal(RefusalCode::key_exchange_failed, "the peer's KE payload");
      context.esp_spis.release(waiting.agreed.inbound_spi);
      if (waiting.waiter) context.emit(RequestDone{waiting.waiter, record.id, {}, refusal});
      return submit(context, record, DeleteIkeRequest{});
    }
    install(context, record, std::move(waiting.agreed), {waiting.nonce, waiting.peer_nonce}, secret->reveal(), true,
            waiting.waiter);
  }
}

}  // namespace keypact::ike::v2
