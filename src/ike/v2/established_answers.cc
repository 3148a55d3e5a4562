// The peer's requests to an established IKE SA: INFORMATIONAL and CREATE_CHILD_SA as responder. RFC 7296 §1.3.1, §1.4.
#include <algorithm>

#include "ike/v2/established_sa.h"
#include "ike/v2/public_key_auth.h"
#include "ike/v2/rekey_collision.h"

namespace keypact::ike::v2 {
namespace {

Refusal deleted_by_peer() {
  Refusal reason;
  reason.code = RefusalCode::deleted_by_peer;
  reason.exchange = ExchangeType::INFORMATIONAL;
  reason.by_peer = true;
  return reason;
}

/// RFC 7296 §1.3.3: REKEY_SA names the sender's inbound SPI of an ESP or AH SA.
bool is_sound_rekey_notify(const wire::NotifyPayload& notify) {
  return (notify.protocol == ProtocolId::ESP || notify.protocol == ProtocolId::AH) && notify.spi.size() == 4;
}

/// RFC 7296 §2.21.2: right behind IKE_AUTH these alone end the IKE SA: the initiator does not accept our answer.
bool ends_without_delete(const PayloadSet& payloads) {
  return payloads.notify(NotifyType::AUTHENTICATION_FAILED) != nullptr ||
         payloads.notify(NotifyType::INVALID_SYNTAX) != nullptr ||
         payloads.notify(NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD) != nullptr;
}

}  // namespace

void EstablishedSa::handle_request(Context& context, IkeSaRecord& record, ExchangeType exchange,
                                   const PayloadSet& payloads) {
  if (exchange == ExchangeType::INFORMATIONAL) answer_informational(context, record, payloads);
  else if (exchange == ExchangeType::IKE_FOLLOWUP_KE) answer_follow_up(context, record, payloads);
  else answer_create_child(context, record, payloads);
}

void EstablishedSa::answer_informational(Context& context, IkeSaRecord& record, const PayloadSet& payloads) {
  const auto deletes = payloads.all_of<wire::DeletePayload>();
  if (std::ranges::any_of(deletes, [](const auto* d) { return d->protocol == ProtocolId::IKE; }))
    return answer_ike_deletion(context, record, payloads);
  if (follows_ike_auth(record) && ends_without_delete(payloads)) return answer_ike_deletion(context, record, payloads);
  std::vector<SaName> ours;
  for (const auto* payload : deletes)
    std::ranges::move(delete_for_peer(context, record, *payload), std::back_inserter(ours));
  auto reply = answer_mobility(context, record, payloads);
  std::ranges::move(deletions_of(ours), std::back_inserter(reply));
  answer(context, record, ExchangeType::INFORMATIONAL, reply);
  for (const auto* notify : payloads.notifies(NotifyType::INVALID_SPI)) on_invalid_spi(context, record, *notify);
  if (const auto* redirect = payloads.notify(NotifyType::REDIRECT)) on_redirect(context, record, *redirect);
}

/// The request that is being answered is the first one after IKE_AUTH.
bool EstablishedSa::follows_ike_auth(const IkeSaRecord& record) const {
  const bool from_ike_auth = !record.initiator && parts_.authenticated == parts_.established;
  return from_ike_auth && responses_.accepted_id() == parts_.expected_request_id + 1;
}

void EstablishedSa::answer_ike_deletion(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  // RFC 7296 §2.8.2: the peer knows that our rekeying won, whose response is on its way; the Child SAs wait for it.
  if (standing_ == Standing::undecided) {
    answer(context, record, ExchangeType::INFORMATIONAL, {});
    family_matters_.emplace_back(MoveChildren{record.id, predecessor_, MoveChildren::Then::is_over});
    standing_ = Standing::superseded;
    return;
  }
  auto reason = deleted_by_peer();
  if (const auto* error = payloads.error()) {
    reason.code = refusal_code_of(error->type);
    if (reason.code == RefusalCode::authentication_failed && signs(*parts_.connection))
      reason.code = RefusalCode::certificate_refused;
    reason.notify = error->type;
  }
  pending_deletion_ = std::move(reason);
  finish_deletion(context, record);
}

/// RFC 7296 §1.4.1: the answer to the deletion of the IKE SA is empty; its Child SAs go with it. What has come of our own rekeying
/// is an IKE SA at the peer: it is set up first, to serve or to be deleted (RFC 7296 §2.8.2).
void EstablishedSa::finish_deletion(Context& context, const IkeSaRecord& record) {
  const auto* rekeying = std::get_if<RekeyIkeAgreed>(&exchange_);
  if ((rekeying != nullptr && rekeying->key_exchanges.link.empty()) || children_are_moving()) return;
  answer(context, record, ExchangeType::INFORMATIONAL, {});
  end(context, record, *std::exchange(pending_deletion_, std::nullopt));
}

/// The inbound SAs that the answer names.
std::vector<SaName> EstablishedSa::delete_for_peer(Context& context, const IkeSaRecord& record,
                                                   const wire::DeletePayload& payload) {
  std::vector<SaName> ours;
  const auto reason = deleted_by_peer();
  for (const auto spi : payload.spis) {
    const SaName name{payload.protocol, spi};
    auto* child = child_the_peer_calls(name);
    if (child == nullptr) {
      if (const auto inbound = forgo_creation(context, record, name, reason)) ours.push_back(*inbound);
      continue;
    }
    // RFC 7296 §1.4.1: SAs that we are deleting at this moment are not answered with a Delete of our own.
    if (child->phase != ChildSa::Phase::deleting) ours.push_back(child->inbound());
    if (child->is_current()) report_lost(record, {child->name}, false);
    let_go(context, record, *child, reason);
  }
  return ours;
}

/// RFC 7296 §2.25: what we do at this moment and what the peer asks may not fit together.
std::optional<ChildRefusal> EstablishedSa::refuses_child(const wire::NotifyPayload* rekey, const ChildSa* replaced) {
  const auto refused = [](RefusalCode code, NotifyType notify) {
    return ChildRefusal{refusal_in(ExchangeType::CREATE_CHILD_SA, code, notify), notify_payload(notify)};
  };
  if (rekey != nullptr && !is_sound_rekey_notify(*rekey))
    return refused(RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
  // RFC 7296 §2.25.2: the IKE SA is being closed or replaced.
  if (std::holds_alternative<DeletingIke>(exchange_) || is_rekeying_ike(exchange_) || awaited_ike() != nullptr ||
      standing_ == Standing::superseded)
    return refused(RefusalCode::busy, NotifyType::TEMPORARY_FAILURE);
  if (rekey == nullptr) {
    if (count_children() < limits::kChildSasPerIkeSa) return std::nullopt;
    return refused(RefusalCode::no_additional_sas, NotifyType::NO_ADDITIONAL_SAS);
  }
  // The peer may mean the one that we are creating, whose answer with its SPI is still on its way.
  const bool creating =
      std::holds_alternative<CreateChildSent>(exchange_) || std::holds_alternative<CreateChildAgreed>(exchange_);
  if (replaced == nullptr && creating) return refused(RefusalCode::busy, NotifyType::TEMPORARY_FAILURE);
  if (replaced == nullptr) {
    auto refusal = refused(RefusalCode::peer_error, NotifyType::CHILD_SA_NOT_FOUND);
    // RFC 7296 §2.25: the notify names the SA that was not found.
    auto& body = std::get<wire::NotifyPayload>(refusal.notify.body);
    body.protocol = rekey->protocol;
    body.spi = rekey->spi;
    return refusal;
  }
  // RFC 9370 §2.2.4: our own replacing of it is agreed on, and its key exchanges are being done.
  const auto* ours = child_purpose(exchange_);
  if (ours != nullptr && ours->replaces == replaced->id && has_follow_ups(exchange_))
    return refused(RefusalCode::busy, NotifyType::TEMPORARY_FAILURE);
  // RFC 7296 §2.25.1: it is being closed, or replaced already.
  const bool by_peer = std::ranges::any_of(children_, [&](const auto& entry) {
    return entry.second.origin.replaces == replaced->id && !entry.second.origin.ours;
  });
  // One that met another one on its way is not replaced before it is clear which of the two stays.
  if (!replaced->is_current() || by_peer || !is_settled(*replaced))
    return refused(RefusalCode::busy, NotifyType::TEMPORARY_FAILURE);
  return std::nullopt;
}

void EstablishedSa::answer_create_child(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  const auto exchange = ExchangeType::CREATE_CHILD_SA;
  // RFC 7296 §2.25: the peer asks again later.
  if (!parts_.create_child.take(context.now, context.options.budgets.create_child)) {
    ++context.counters.create_child_deferred;
    auto refusal = refusal_in(exchange, RefusalCode::busy, NotifyType::TEMPORARY_FAILURE);
    refusal.detail =
        "the peer asks for more than " + std::to_string(context.options.budgets.create_child.per_second) + " a second";
    return answer_child_refused(context, record, exchange,
                                {std::move(refusal), notify_payload(NotifyType::TEMPORARY_FAILURE)}, {});
  }
  if (payloads.selectors(PayloadType::TSi) == nullptr) return answer_rekey_ike(context, record, payloads);
  const auto* rekey = payloads.notify(NotifyType::REKEY_SA);
  const auto* replaced = rekey != nullptr ? child_named_by(*rekey) : nullptr;
  if (auto refusal = refuses_child(rekey, replaced)) {
    context.counters.child_sas_refused += refusal->refusal.code == RefusalCode::no_additional_sas ? 1 : 0;
    return answer_child_refused(context, record, exchange, std::move(*refusal), {});
  }

  auto agreed = answer_child_offer(context, record, parts_.connection, payloads, exchange,
                                   replaced != nullptr ? std::string_view(replaced->name) : std::string_view());
  if (!agreed) return answer_child_refused(context, record, exchange, std::move(agreed.error()), {});
  KeyExchangeSeries series(agreed->proposal);
  // It begins anew: what came of its earlier attempt is not gone on with.
  if (replaced != nullptr)
    forget_awaited_if(context, [&](const auto& awaited) {
      const auto* child = std::get_if<PendingChildAnswer>(&awaited.answer);
      return child != nullptr && child->origin.replaces == replaced->id;
    });
  if (auto refusal = defers(context, series)) {
    context.esp_spis.release(agreed->inbound_spi);
    return answer_child_refused(context, record, exchange, std::move(*refusal), {});
  }
  auto nonce = context.random.octets(kNonceOctets);
  const auto& peer_nonce = payloads.find<wire::NoncePayload>()->nonce;
  ChildOrigin origin{false, std::nullopt, to_octets(lower_nonce(peer_nonce, nonce)), false};
  if (replaced != nullptr) origin.replaces = replaced->id;
  else origin.crossed = creates_on_the_wire(agreed->child->name);
  pending_child_ = PendingChildAnswer{exchange, {}, std::nullopt, std::move(origin), {}, peer_nonce,
                                      nonce,    {}, {},           std::move(series)};
  pending_child_->payloads.emplace_back(wire::NoncePayload{nonce});
  const auto method = key_exchange_of(agreed->proposal);
  if (method == KeyExchangeMethod::NONE)
    return install_answered_child(context, record, std::move(*agreed), {peer_nonce, nonce}, {});
  pending_child_->job =
      context.start(JobClass::established, RespondKeyExchange{method, payloads.find<wire::KePayload>()->data});
  pending_child_->awaits_key = std::move(*agreed);
}

/// We asked for the same, and the peer may not have known when it asked.
bool EstablishedSa::creates_on_the_wire(const std::string& child) const {
  const auto* sent = std::get_if<CreateChildSent>(&exchange_);
  const auto* secret = std::get_if<CreateChildAgreed>(&exchange_);
  if (sent != nullptr) return !sent->purpose.replaces && sent->offer.child->name == child;
  if (secret != nullptr) return !secret->purpose.replaces && secret->agreed.child->name == child;
  return std::ranges::any_of(children_, [&](const auto& entry) {
    const auto& other = entry.second;
    return other.phase == ChildSa::Phase::installing && other.name == child && other.origin.ours &&
           !other.origin.replaces;
  });
}

ChildSa* EstablishedSa::child_named_by(const wire::NotifyPayload& rekey) {
  Reader spi(rekey.spi);
  const auto value = spi.u32();
  return value ? child_the_peer_calls({rekey.protocol, {*value}}) : nullptr;
}

void EstablishedSa::take_responder_value(Context& context, const IkeSaRecord& record, JobDone done) {
  auto* responded = std::get_if<crypto::Responded>(&done.result);
  if (responded == nullptr) {
    const auto exchange = pending_child_->exchange;
    context.esp_spis.release(pending_child_->awaits_key->inbound_spi);
    pending_child_.reset();
    return answer_child_refused(context, record, exchange,
                                {refusal_in(exchange, RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX),
                                 notify_payload(NotifyType::INVALID_SYNTAX)},
                                {});
  }
  auto& series = pending_child_->series;
  pending_child_->payloads.emplace_back(wire::KePayload{series.current(), std::move(responded->public_value)});
  series.add(responded->shared_secret.reveal());
  if (!series.is_complete()) return await_follow_up(context, record, *std::exchange(pending_child_, std::nullopt));
  auto agreed = std::move(*std::exchange(pending_child_->awaits_key, std::nullopt));
  const auto nonce = pending_child_->nonce;
  const auto peer_nonce = pending_child_->peer_nonce;
  const auto done_series = std::exchange(series, {});
  install_answered_child(context, record, std::move(agreed), {peer_nonce, nonce}, done_series.secrets());
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
  responses_.accepted(std::move(request), record.path());
  const auto exchange = ExchangeType::IKE_AUTH;
  auto agreed = answer_child_offer(context, record, parts_.connection, payloads, exchange);
  // RFC 7296 §1.2: a Child SA that fails leaves the IKE SA standing.
  if (!agreed)
    return answer_child_refused(context, record, exchange, std::move(agreed.error()), std::move(answer_so_far));
  pending_child_ = PendingChildAnswer{exchange, std::move(answer_so_far), std::nullopt, {}, {}, {}, {}, {}, {}, {}};
  install_answered_child(context, record, std::move(*agreed), nonces, {});
}

void EstablishedSa::deny_first_child(Context& context, const IkeSaRecord& record, Octets request, ChildRefusal refusal,
                                     std::vector<wire::Payload> answer_so_far) {
  responses_.accepted(std::move(request), record.path());
  answer_child_refused(context, record, ExchangeType::IKE_AUTH, std::move(refusal), std::move(answer_so_far));
}

void EstablishedSa::answer_childless(Context& context, const IkeSaRecord& record, Octets request,
                                     std::vector<wire::Payload> answer_so_far) {
  responses_.accepted(std::move(request), record.path());
  answer(context, record, ExchangeType::IKE_AUTH, answer_so_far);
}

void EstablishedSa::install_answered_child(Context& context, const IkeSaRecord& record, AgreedChild agreed,
                                           const Nonces& nonces, const SharedSecrets& secrets) {
  // RFC 9370 §2.2.4: behind an IKE_FOLLOWUP_KE exchange all of it was said before.
  if (pending_child_->exchange != ExchangeType::IKE_FOLLOWUP_KE)
    pending_child_->child_payloads = answer_payloads(agreed);
  // The answer waits until the inbound SA is there: the peer may send as soon as it reads the answer.
  pending_child_->installing =
      install(context, record, std::move(agreed), nonces, secrets, {pending_child_->origin, {}});
}

void EstablishedSa::finish_pending_answer(Context& context, const IkeSaRecord& record, bool installed) {
  auto pending = std::move(*pending_child_);
  pending_child_.reset();
  auto payloads = std::move(pending.payloads);
  if (installed) {
    // RFC 7296 §1.2 and §1.3.1: SA stands before the nonce, but behind AUTH; RFC 4555 §3.4: notifies behind all.
    const auto is_notify = [](const auto& payload) { return wire::type_of(payload) == PayloadType::N; };
    const auto notifies = std::ranges::find_if(payloads, is_notify);
    std::vector<wire::Payload> last(std::make_move_iterator(notifies), std::make_move_iterator(payloads.end()));
    payloads.erase(notifies, payloads.end());
    if (pending.exchange == ExchangeType::CREATE_CHILD_SA)
      payloads = std::move(pending.child_payloads).with(std::move(payloads));
    else if (pending.exchange == ExchangeType::IKE_AUTH)
      std::ranges::move(std::move(pending.child_payloads).with({}), std::back_inserter(payloads));
    std::ranges::move(last, std::back_inserter(payloads));
  } else {
    if (pending.exchange != ExchangeType::IKE_AUTH) payloads.clear();
    payloads.push_back(notify_payload(NotifyType::TEMPORARY_FAILURE));
  }
  answer(context, record, pending.exchange, payloads);
}

}  // namespace keypact::ike::v2
