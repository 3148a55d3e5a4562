// Additional key exchanges of what a CREATE_CHILD_SA exchange agreed on: one IKE_FOLLOWUP_KE exchange each, linked by what the
// responder says in ADDITIONAL_KEY_EXCHANGE. RFC 9370 §2.2.4.
#include "base/writer.h"
#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/child_expectation.h"
#include "ike/v2/established_sa.h"
#include "ike/v2/rekey_collision.h"

namespace keypact::ike::v2 {
namespace {

constexpr auto kExchange = ExchangeType::IKE_FOLLOWUP_KE;

/// What is wrong with the response to an IKE_FOLLOWUP_KE request.
std::optional<Refusal> judge(const PayloadSet& payloads, const KeyExchangeSeries& series) {
  const auto* ke = payloads.find<wire::KePayload>();
  if (ke == nullptr) {
    const auto* error = payloads.error();
    auto refusal =
        refusal_in(kExchange, error != nullptr ? refusal_code_of(error->type) : RefusalCode::malformed_message);
    refusal.detail = "additional key exchange with " + to_string(series.current());
    if (error != nullptr) refusal.notify = error->type;
    refusal.by_peer = error != nullptr;
    return refusal;
  }
  if (auto refusal = refuses_value(kExchange, *ke, series.current(), ValueOf::responder)) return refusal;
  if (series.is_last() || !link_of(payloads).empty()) return std::nullopt;
  auto refusal = refusal_in(kExchange, RefusalCode::unexpected_choice);
  refusal.detail = kNoLink;
  return refusal;
}

/// What the response brings, for the job that finishes the current key exchange.
FinishKeyExchange take(KeyExchangesToDo& to_do, const PayloadSet& payloads) {
  to_do.link = to_do.series.is_last() ? Octets() : link_of(payloads);
  return {*std::exchange(to_do.key_pair, std::nullopt), payloads.find<wire::KePayload>()->data};
}

ChildRefusal state_not_found() {
  auto refusal = refusal_in(kExchange, RefusalCode::key_exchange_failed, NotifyType::STATE_NOT_FOUND);
  refusal.detail = "the CREATE_CHILD_SA exchange that it goes on with is not known any more";
  return {std::move(refusal), notify_payload(NotifyType::STATE_NOT_FOUND)};
}

ChildRefusal busy() {
  return {refusal_in(kExchange, RefusalCode::busy, NotifyType::TEMPORARY_FAILURE),
          notify_payload(NotifyType::TEMPORARY_FAILURE)};
}

}  // namespace

EstablishedSa::Progress EstablishedSa::advance(Context& context, const IkeSaRecord& record, KeyExchangesToDo& to_do,
                                               JobId& job, JobDone done) {
  if (auto* begun = std::get_if<crypto::Begun>(&done.result)) {
    to_do.key_pair = std::move(begun->state);
    job = {};
    send_request(context, record, kExchange,
                 {wire::KePayload{to_do.series.current(), std::move(begun->public_value)},
                  notify_payload(NotifyType::ADDITIONAL_KEY_EXCHANGE, to_do.link)});
    return Progress::going_on;
  }
  const auto* secret = std::get_if<Secret>(&done.result);
  if (secret == nullptr) return Progress::failed;
  to_do.series.add(secret->reveal());
  if (to_do.series.is_complete()) return Progress::complete;
  job = context.start(JobClass::established, BeginKeyExchange{to_do.series.current()});
  return Progress::going_on;
}

void EstablishedSa::on_follow_up_response(Context& context, const IkeSaRecord& record, CreateChildAgreed exchange,
                                          const PayloadSet& payloads) {
  if (auto refusal = judge(payloads, exchange.key_exchanges.series)) {
    const SaName inbound{exchange.agreed.proposal.protocol, exchange.agreed.inbound_spi};
    forgo(context, inbound.spi);
    // The peer may have the Child SA by now.
    if (!refusal->by_peer) submit(context, record, ForgoChildRequest{{inbound}});
    return conclude_in_vain(context, record, exchange.agreed.child->name, exchange.purpose, *refusal);
  }
  exchange.job = context.start(JobClass::established, take(exchange.key_exchanges, payloads));
  exchange_ = std::move(exchange);
}

void EstablishedSa::on_follow_up_response(Context& context, const IkeSaRecord& record, RekeyIkeAgreed exchange,
                                          const PayloadSet& payloads) {
  if (auto refusal = judge(payloads, exchange.key_exchanges.series)) {
    if (refusal->by_peer) return on_rekey_ike_refused(context, record, exchange.purpose, std::move(*refusal));
    return lose_rekeyed_ike(context, record, exchange.purpose, *refusal);
  }
  exchange.job = context.start(JobClass::established, take(exchange.key_exchanges, payloads));
  exchange_ = std::move(exchange);
}

/// RFC 9370 §2.2.4: of two rekeyings that met, the one with the lowest nonce is not gone on with, where that can still be. Otherwise
/// the peer's is not, and the peer knows it.
bool EstablishedSa::stops_for_the_peers(Context& context, const CreateChildAgreed& exchange) {
  const auto replaces = exchange.purpose.replaces;
  if (!replaces) return false;
  const auto ours = lower_nonce(exchange.nonce, exchange.peer_nonce);
  const auto we_give_way = [&](const ChildOrigin& theirs) {
    return theirs.replaces == replaces && !theirs.ours && !theirs.lower_nonce.empty() &&
           gives_way(ours, theirs.lower_nonce);
  };
  const bool to_one_on_its_way = peer_is_making([&](const auto& pending) { return we_give_way(pending.origin); });
  const bool to_one_that_is_there =
      std::ranges::any_of(children_, [&](const auto& entry) { return we_give_way(entry.second.origin); });
  if (to_one_on_its_way || to_one_that_is_there) {
    if (!exchange.key_exchanges.series.has_follow_ups()) return false;
    forgo(context, exchange.agreed.inbound_spi);
    return true;
  }
  forget_awaited_if(context, [&](const AwaitedFollowUp& awaited) {
    const auto* child = std::get_if<PendingChildAnswer>(&awaited.answer);
    return child != nullptr && child->origin.replaces == replaces;
  });
  return false;
}

bool EstablishedSa::stops_for_the_peers(const RekeyIkeAgreed& exchange) {
  const auto theirs = lower_nonce_of_peers_rekeying();
  if (theirs.empty()) return false;
  if (gives_way(exchange.agreed.lower_nonce(), theirs)) return exchange.key_exchanges.series.has_follow_ups();
  std::erase_if(awaited_, [](const auto& awaited) { return std::holds_alternative<PendingIkeAnswer>(awaited.answer); });
  return false;
}

void EstablishedSa::answer_follow_up(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  const auto link = link_of(payloads);
  const auto found = std::ranges::find(awaited_, link, &AwaitedFollowUp::link);
  if (found == awaited_.end()) return answer_child_refused(context, record, kExchange, state_not_found(), {});
  auto awaited = std::move(*found);
  awaited_.erase(found);
  const auto& value = *payloads.find<wire::KePayload>();
  const auto& series = std::visit([](const auto& pending) -> const auto& { return pending.series; }, awaited.answer);
  if (auto refusal = refuses_value(kExchange, value, series.current(), ValueOf::initiator)) {
    forget_awaited(context, awaited);
    return answer_child_refused(context, record, kExchange,
                                {std::move(*refusal), notify_payload(NotifyType::INVALID_SYNTAX)}, {});
  }
  const bool rekeys_ike = std::holds_alternative<PendingIkeAnswer>(awaited.answer);
  if (rekeys_ike ? !may_be_rekeyed_by_peer() : standing_ == Standing::superseded) {
    forget_awaited(context, awaited);
    return answer_child_refused(context, record, kExchange, busy(), {});
  }
  const auto job = context.start(JobClass::established, RespondKeyExchange{series.current(), value.data});
  std::visit([&](auto& pending) { pending.exchange = kExchange, pending.job = job; }, awaited.answer);
  if (rekeys_ike) pending_ike_ = std::get<PendingIkeAnswer>(std::move(awaited.answer));
  else pending_child_ = std::get<PendingChildAnswer>(std::move(awaited.answer));
}

void EstablishedSa::await_follow_up(Context& context, const IkeSaRecord& record, PendingChildAnswer pending) {
  auto payloads = std::exchange(pending.payloads, {});
  if (pending.exchange == ExchangeType::CREATE_CHILD_SA)
    payloads = answer_payloads(*pending.awaits_key).with(std::move(payloads));
  const bool goes_on = !has_given_way(pending.origin);
  const auto exchange = pending.exchange;
  await_follow_up(context, record, exchange, std::move(payloads), std::move(pending));
  // Ours was agreed on meanwhile: the peer knows it, and stops.
  if (goes_on) return;
  forget_awaited(context, awaited_.back());
  awaited_.pop_back();
}

/// RFC 9370 §2.2.4: what the peer replaces, we replace too, by an exchange that stays.
bool EstablishedSa::has_given_way(const ChildOrigin& theirs) const {
  if (!theirs.replaces) return false;
  if (const auto* ours = std::get_if<CreateChildAgreed>(&exchange_); ours != nullptr)
    return ours->purpose.replaces == theirs.replaces &&
           gives_way(theirs.lower_nonce, lower_nonce(ours->nonce, ours->peer_nonce));
  return std::ranges::any_of(children_, [&](const auto& entry) {
    const auto& ours = entry.second.origin;
    return ours.ours && ours.replaces == theirs.replaces && !ours.lower_nonce.empty() &&
           gives_way(theirs.lower_nonce, ours.lower_nonce);
  });
}

void EstablishedSa::await_follow_up(Context& context, const IkeSaRecord& record, PendingIkeAnswer pending,
                                    std::vector<wire::Payload> payloads) {
  const auto* ours = std::get_if<RekeyIkeAgreed>(&exchange_);
  const bool gave_way = ours != nullptr && gives_way(pending.agreed.lower_nonce(), ours->agreed.lower_nonce());
  const auto exchange = pending.exchange;
  await_follow_up(context, record, exchange, std::move(payloads), std::move(pending));
  if (gave_way || standing_ == Standing::superseded) awaited_.pop_back();
}

void EstablishedSa::await_follow_up(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                                    std::vector<wire::Payload> payloads, AwaitingAnswer awaiting) {
  Writer link;
  link.u32(responses_.accepted_id());
  payloads.push_back(notify_payload(NotifyType::ADDITIONAL_KEY_EXCHANGE, to_octets(link.view())));
  answer(context, record, exchange, payloads);
  awaited_.push_back({std::move(awaiting), std::move(link).take(), context.now + kFollowUpIsDue});
}

std::optional<ChildRefusal> EstablishedSa::defers(Context& context, const KeyExchangeSeries& series) {
  if (!series.has_follow_ups()) return std::nullopt;
  const auto more = static_cast<unsigned>(series.follow_ups());
  if (awaited_.size() < kAwaitedFollowUps &&
      parts_.create_child.take(context.now, context.options.budgets.create_child, more))
    return std::nullopt;
  ++context.counters.create_child_deferred;
  return busy();
}

void EstablishedSa::forget_awaited(Context& context, const AwaitedFollowUp& awaited) const {
  if (const auto* child = std::get_if<PendingChildAnswer>(&awaited.answer))
    context.esp_spis.release(child->awaits_key->inbound_spi);
}

const EstablishedSa::PendingIkeAnswer* EstablishedSa::awaited_ike() const {
  for (const auto& awaited : awaited_)
    if (const auto* ike = std::get_if<PendingIkeAnswer>(&awaited.answer)) return ike;
  return nullptr;
}

bool EstablishedSa::peer_is_making_child(const std::string& name) const {
  return peer_is_making([&](const auto& pending) { return pending.awaits_key->child->name == name; });
}

bool EstablishedSa::peer_is_replacing(ChildSaId id) const {
  return (pending_child_ && pending_child_->origin.replaces == id) ||
         peer_is_making([&](const auto& pending) { return pending.origin.replaces == id; });
}

}  // namespace keypact::ike::v2
