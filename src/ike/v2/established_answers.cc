// The peer's requests to an established IKE SA: INFORMATIONAL and CREATE_CHILD_SA as responder. RFC 7296 §1.3.1, §1.4.
#include <algorithm>

#include "ike/v2/established_sa.h"

namespace keypact::ike::v2 {
namespace {

constexpr std::size_t kOurNonceOctets = 32;

Refusal answered_refusal(RefusalCode code, NotifyType notify) {
  Refusal refusal;
  refusal.code = code;
  refusal.exchange = ExchangeType::CREATE_CHILD_SA;
  refusal.notify = notify;
  return refusal;
}

/// RFC 7296 §1.3.3: REKEY_SA names the sender's inbound SPI of an ESP or AH SA.
bool is_sound_rekey_notify(const wire::NotifyPayload& notify) {
  return (notify.protocol == ProtocolId::ESP || notify.protocol == ProtocolId::AH) && notify.spi.size() == 4;
}

}  // namespace

void EstablishedSa::handle_request(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                                   const PayloadSet& payloads) {
  if (exchange == ExchangeType::INFORMATIONAL) answer_informational(context, record, payloads);
  else answer_create_child(context, record, payloads);
}

void EstablishedSa::answer_informational(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  const auto deletes = payloads.all_of<wire::DeletePayload>();
  const bool deletes_ike = std::ranges::any_of(deletes, [](const auto* d) { return d->protocol == ProtocolId::IKE; });
  if (deletes_ike) {
    // RFC 7296 §1.4.1: the answer to the deletion of the IKE SA is empty; its Child SAs go with it.
    answer(context, record, ExchangeType::INFORMATIONAL, {});
    Refusal reason;
    reason.code = RefusalCode::deleted_by_peer;
    reason.exchange = ExchangeType::INFORMATIONAL;
    reason.by_peer = true;
    if (const auto* error = payloads.error()) {
      reason.code = refusal_code_of(error->type);
      reason.notify = error->type;
    }
    return end(context, record, std::move(reason));
  }
  std::vector<EspSpi> ours;
  Refusal reason;
  reason.code = RefusalCode::deleted_by_peer;
  reason.exchange = ExchangeType::INFORMATIONAL;
  reason.by_peer = true;
  for (const auto* payload : deletes) {
    for (const auto spi : payload->spis) {
      if (payload->protocol != ProtocolId::ESP) continue;
      const auto* child = child_by_outbound_spi(spi);
      if (child == nullptr) {
        if (const auto inbound = forgo_creation(context, record, spi, reason)) ours.push_back(*inbound);
        continue;
      }
      // RFC 7296 §1.4.1: SAs that we are deleting at this moment are not answered with a Delete of our own.
      if (child->phase != ChildSa::Phase::deleting) ours.push_back(child->inbound_spi);
      remove(context, record, child->id, reason);
    }
  }
  std::vector<wire::Payload> reply;
  if (!ours.empty()) reply.emplace_back(wire::DeletePayload{ProtocolId::ESP, std::move(ours)});
  answer(context, record, ExchangeType::INFORMATIONAL, reply);
}

void EstablishedSa::answer_create_child(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  const auto exchange = ExchangeType::CREATE_CHILD_SA;
  const auto refuse = [&](RefusalCode code, NotifyType notify) {
    answer_child_refused(context, record, exchange, {answered_refusal(code, notify), notify_payload(notify)}, {});
  };
  // RFC 7296 §1.3: who takes no further SAs in this way says so, and the peer sets up a new IKE SA instead.
  if (payloads.selectors(PayloadType::TSi) == nullptr)
    return refuse(RefusalCode::no_additional_sas, NotifyType::NO_ADDITIONAL_SAS);
  if (const auto* rekey = payloads.notify(NotifyType::REKEY_SA)) {
    if (!is_sound_rekey_notify(*rekey)) return refuse(RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    Reader spi(rekey->spi);
    if (child_by_outbound_spi(EspSpi{*spi.u32()}) == nullptr) {
      auto notify = notify_payload(NotifyType::CHILD_SA_NOT_FOUND);
      // RFC 7296 §2.25: the notify names the SA that was not found.
      std::get<wire::NotifyPayload>(notify.body).protocol = rekey->protocol;
      std::get<wire::NotifyPayload>(notify.body).spi = rekey->spi;
      return answer_child_refused(
          context, record, exchange,
          {answered_refusal(RefusalCode::peer_error, NotifyType::CHILD_SA_NOT_FOUND), std::move(notify)}, {});
    }
    return refuse(RefusalCode::no_additional_sas, NotifyType::NO_ADDITIONAL_SAS);
  }
  if (children_.size() >= limits::kChildSasPerIkeSa)
    return refuse(RefusalCode::no_additional_sas, NotifyType::NO_ADDITIONAL_SAS);
  // RFC 7296 §2.25.2: while we delete the IKE SA, nothing new is begun.
  if (std::holds_alternative<DeletingIke>(exchange_))
    return refuse(RefusalCode::terminated, NotifyType::TEMPORARY_FAILURE);

  auto agreed = answer_child_offer(context, record, parts_.connection, payloads, exchange);
  if (!agreed) return answer_child_refused(context, record, exchange, std::move(agreed.error()), {});
  auto nonce = context.random.octets(kOurNonceOctets);
  const auto& peer_nonce = payloads.find<wire::NoncePayload>()->nonce;
  pending_answer_ = PendingAnswer{exchange, {}, std::nullopt, {}, peer_nonce, nonce, {}, {}};
  pending_answer_->payloads.emplace_back(wire::NoncePayload{nonce});
  const auto method = key_exchange_of(agreed->proposal);
  if (method == KeyExchangeMethod::NONE)
    return install_answered_child(context, record, std::move(*agreed), {peer_nonce, nonce}, {});
  pending_answer_->job =
      context.start(JobClass::established, RespondKeyExchange{method, payloads.find<wire::KePayload>()->data});
  pending_answer_->awaits_key = std::move(*agreed);
}

void EstablishedSa::answer_child_refused(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                                         ChildRefusal refused, std::vector<wire::Payload> answer_so_far) {
  context.emit(Refused{record.id, record.remote, parts_.connection->name, std::move(refused.refusal)});
  answer_so_far.push_back(std::move(refused.notify));
  answer(context, record, exchange, answer_so_far);
}

void EstablishedSa::answer_first_child(Context& context, const IkeSaRecord& record, Octets request,
                                       const PayloadSet& payloads, const Nonces& nonces,
                                       std::vector<wire::Payload> answer_so_far) {
  responses_.accepted(std::move(request));
  const auto exchange = ExchangeType::IKE_AUTH;
  auto agreed = answer_child_offer(context, record, parts_.connection, payloads, exchange);
  // RFC 7296 §1.2: a Child SA that fails leaves the IKE SA standing.
  if (!agreed)
    return answer_child_refused(context, record, exchange, std::move(agreed.error()), std::move(answer_so_far));
  pending_answer_ = PendingAnswer{exchange, std::move(answer_so_far), std::nullopt, {}, {}, {}, {}, {}};
  install_answered_child(context, record, std::move(*agreed), nonces, {});
}

void EstablishedSa::install_answered_child(Context& context, const IkeSaRecord& record, AgreedChild agreed,
                                           const Nonces& nonces, OctetView shared_secret) {
  pending_answer_->child_payloads = answer_payloads(agreed);
  // The answer waits until the inbound SA is there: the peer may send as soon as it reads the answer.
  pending_answer_->installing = install(context, record, std::move(agreed), nonces, shared_secret, false, {});
}

void EstablishedSa::finish_pending_answer(Context& context, const IkeSaRecord& record, bool installed) {
  auto pending = std::move(*pending_answer_);
  pending_answer_.reset();
  auto payloads = std::move(pending.payloads);
  if (installed) {
    auto& child = pending.child_payloads;
    // RFC 7296 §1.2 and §1.3.1: SA stands before the nonce, but behind AUTH.
    const auto sa_place = pending.exchange == ExchangeType::CREATE_CHILD_SA ? payloads.begin() : payloads.end();
    payloads.insert(sa_place, std::move(child.front()));
    payloads.insert(payloads.end(), std::make_move_iterator(child.begin() + 1), std::make_move_iterator(child.end()));
  } else {
    if (pending.exchange == ExchangeType::CREATE_CHILD_SA) payloads.clear();
    payloads.push_back(notify_payload(NotifyType::TEMPORARY_FAILURE));
  }
  answer(context, record, pending.exchange, payloads);
}

}  // namespace keypact::ike::v2
