// The IKE SA is replaced by a new one, which inherits its Child SAs. RFC 7296 §1.3.2, §2.8, §2.8.2, §2.18, §2.25.2.
#include <algorithm>

#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/established_sa.h"
#include "ike/v2/rekey_collision.h"

namespace keypact::ike::v2 {
namespace {

/// Of this exchange, said to the peer by the notify that its code has.
Refusal rekey_refusal(RefusalCode code, NotifyType notify) {
  return refusal_in(ExchangeType::CREATE_CHILD_SA, code, notify);
}

}  // namespace

void EstablishedSa::begin(Context& context, const IkeSaRecord& /*record*/, const RekeyIkeRequest& request,
                          unsigned failures) {
  const auto method =
      likely_method(rekey_offer(*parts_.connection, parts_.channel.keys().prf), key_exchange_of(parts_.proposal));
  const auto job = context.start(JobClass::established, BeginKeyExchange{method});
  exchange_ = RekeyIkeKeyPair{{request.request, failures}, method, job};
}

void EstablishedSa::take_ike_key_pair(Context& context, const IkeSaRecord& record, RekeyIkeKeyPair waiting,
                                      JobDone done) {
  auto* begun = std::get_if<crypto::Begun>(&done.result);
  if (begun == nullptr)
    return on_rekey_ike_refused(context, record, waiting.purpose,
                                rekey_refusal(RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX));
  // Nothing was sent yet, and the peer does the same: its rekeying is ours.
  if (pending_ike_ || awaited_ike() != nullptr || standing_ == Standing::superseded) {
    forget_crossing();
    if (const auto waiter = waiting.purpose.waiter) context.emit(RequestDone{waiter, record.id, {}, std::nullopt});
    return;
  }
  RekeyIkeSent sent{waiting.purpose, context.other_ike_sas.fresh_ike_spi(), waiting.method,
                    context.random.octets(kNonceOctets), std::move(begun->state)};
  const auto payloads = ike_offer_payloads(rekey_offer(*parts_.connection, parts_.channel.keys().prf), sent.spi,
                                           sent.nonce, sent.method, begun->public_value);
  exchange_ = std::move(sent);
  send_request(context, record, ExchangeType::CREATE_CHILD_SA, payloads);
}

void EstablishedSa::on_rekey_ike_response(Context& context, const IkeSaRecord& record, RekeyIkeSent exchange,
                                          const PayloadSet& payloads) {
  const auto offered = rekey_offer(*parts_.connection, parts_.channel.keys().prf);
  if (const auto method = other_method_asked_for(payloads, offered, exchange.method)) {
    const auto job = context.start(JobClass::established, BeginKeyExchange{*method});
    exchange_ = RekeyIkeKeyPair{exchange.purpose, *method, job};
    return;
  }
  auto agreed = accept_ike_answer(offered, exchange.spi, exchange.nonce, exchange.method, payloads);
  if (!agreed) return on_rekey_ike_refused(context, record, exchange.purpose, std::move(agreed.error()));
  KeyExchangesToDo to_do{KeyExchangeSeries(agreed->proposal), link_of(payloads)};
  if (to_do.series.has_follow_ups() && to_do.link.empty()) {
    auto refusal = rekey_refusal(RefusalCode::unexpected_choice, NotifyType::INVALID_SYNTAX);
    refusal.detail = kNoLink;
    return on_rekey_ike_refused(context, record, exchange.purpose, std::move(refusal));
  }
  RekeyIkeAgreed begun{exchange.purpose, std::move(*agreed), std::move(to_do), {}};
  if (stops_for_the_peers(begun)) {
    forget_crossing();
    if (const auto waiter = begun.purpose.waiter) context.emit(RequestDone{waiter, record.id, {}, std::nullopt});
    return;
  }
  begun.job = context.start(JobClass::established,
                            FinishKeyExchange{std::move(exchange.key_pair), payloads.find<wire::KePayload>()->data});
  exchange_ = std::move(begun);
}

void EstablishedSa::on_rekey_ike_refused(Context& context, const IkeSaRecord& record, const IkeRekeyPurpose& purpose,
                                         Refusal refusal) {
  const bool peers_went_through = crossing_.has_value();
  forget_crossing();
  const auto outcome = peers_went_through ? std::nullopt : std::optional(refusal);
  if (purpose.waiter) context.emit(RequestDone{purpose.waiter, record.id, {}, outcome});
  if (peers_went_through || standing_ == Standing::superseded) return;
  // RFC 9370 §2.2.4: a peer that loses what was agreed on again and again is of no use.
  const bool loses_each = refusal.notify == NotifyType::STATE_NOT_FOUND && purpose.failures >= kFollowUpAttempts;
  if (refusal.code != RefusalCode::busy)
    context.emit(Refused{record.id, record.remote, parts_.connection->name, std::move(refusal)});
  if (loses_each) return submit(context, record, DeleteIkeRequest{});
  postpone(context, RekeyIkeRequest{}, purpose.failures);
}

/// Nothing of ours competes with what the peer's rekeying made.
void EstablishedSa::forget_crossing() {
  if (crossing_) family_matters_.emplace_back(LetBegin{crossing_->heir});
  crossing_.reset();
}

void EstablishedSa::take_ike_result(Context& context, const IkeSaRecord& record, RekeyIkeAgreed waiting, JobDone done) {
  switch (advance(context, record, waiting.key_exchanges, waiting.job, std::move(done))) {
    case Progress::going_on: exchange_ = std::move(waiting); return;
    case Progress::complete: return set_up_successor(context, record, waiting);
    case Progress::failed:
      return lose_rekeyed_ike(context, record, waiting.purpose,
                              rekey_refusal(RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX));
  }
}

/// The peer goes on with an IKE SA that we cannot have: there is no way back to this one.
void EstablishedSa::lose_rekeyed_ike(Context& context, const IkeSaRecord& record, const IkeRekeyPurpose& purpose,
                                     const Refusal& refusal) {
  if (purpose.waiter) context.emit(RequestDone{purpose.waiter, record.id, {}, refusal});
  context.emit(Refused{record.id, record.remote, parts_.connection->name, refusal});
  forget_crossing();
  submit(context, record, DeleteIkeRequest{});
}

/// Of the peer's rekeying of this IKE SA that met ours; empty: there is none.
OctetView EstablishedSa::lower_nonce_of_peers_rekeying() const {
  if (crossing_) return crossing_->lower_nonce;
  const auto* pending = pending_ike_ ? &*pending_ike_ : awaited_ike();
  return pending != nullptr ? pending->agreed.lower_nonce() : OctetView();
}

void EstablishedSa::set_up_successor(Context& context, const IkeSaRecord& record, const RekeyIkeAgreed& waiting) {
  auto fresh = successor(context, record, waiting.agreed, waiting.key_exchanges.series.secrets(), true);
  const auto ours = waiting.agreed.lower_nonce();
  const auto theirs = lower_nonce_of_peers_rekeying();
  const auto id = fresh.record.id;
  const bool reauthenticated = standing_ == Standing::superseded && !crossing_;
  if (reauthenticated || (!theirs.empty() && gives_way(ours, theirs))) {
    // RFC 7296 §2.8.2: what came of our rekeying is deleted by us, the old IKE SA by the peer.
    fresh.standing = Standing::superseded;
    fresh.gives_way = true;
    family_matters_.emplace_back(std::move(fresh));
    forget_crossing();
  } else {
    family_matters_.emplace_back(std::move(fresh));
    if (crossing_) family_matters_.emplace_back(MoveChildren{crossing_->heir, id, MoveChildren::Then::peer_deletes});
    family_matters_.emplace_back(MoveChildren{record.id, id, MoveChildren::Then::we_delete});
    standing_ = Standing::superseded;
  }
  crossing_.reset();
  if (const auto waiter = waiting.purpose.waiter) context.emit(RequestDone{waiter, id, {}, std::nullopt});
}

void EstablishedSa::answer_rekey_ike(Context& context, const IkeSaRecord& record, const PayloadSet& payloads) {
  const auto exchange = ExchangeType::CREATE_CHILD_SA;
  // It begins anew: what came of its earlier attempt is not gone on with.
  forget_awaited_if(context, [](const auto& awaited) { return std::get_if<PendingIkeAnswer>(&awaited.answer); });
  if (!may_be_rekeyed_by_peer() || !awaited_.empty())
    return answer_child_refused(context, record, exchange,
                                {rekey_refusal(RefusalCode::busy, NotifyType::TEMPORARY_FAILURE),
                                 notify_payload(NotifyType::TEMPORARY_FAILURE)},
                                {});
  auto agreed = answer_ike_offer(context, *parts_.connection, parts_.channel.keys().prf, payloads);
  if (!agreed) return answer_child_refused(context, record, exchange, std::move(agreed.error()), {});
  KeyExchangeSeries series(agreed->proposal);
  if (auto refusal = defers(context, series))
    return answer_child_refused(context, record, exchange, std::move(*refusal), {});
  const auto method = key_exchange_of(agreed->proposal);
  const auto job =
      context.start(JobClass::established, RespondKeyExchange{method, payloads.find<wire::KePayload>()->data});
  pending_ike_ = PendingIkeAnswer{exchange, std::move(*agreed), job, std::move(series)};
}

/// RFC 7296 §2.25.2: not while we close it, nor while a Child SA is being created, replaced or closed by us. RFC 9370 §2.2.4: nor
/// when our own rekeying of it is agreed on, and its key exchanges are being done.
bool EstablishedSa::may_be_rekeyed_by_peer() const {
  const bool free = std::holds_alternative<std::monostate>(exchange_) || is_rekeying_ike(exchange_) ||
                    std::holds_alternative<CheckingLiveness>(exchange_) || std::holds_alternative<Telling>(exchange_);
  const bool installing = std::ranges::any_of(
      children_, [](const auto& entry) { return entry.second.phase == ChildSa::Phase::installing; });
  return free && !has_follow_ups(exchange_) && !installing && standing_ == Standing::current && !crossing_;
}

void EstablishedSa::take_ike_responder_value(Context& context, const IkeSaRecord& record, PendingIkeAnswer pending,
                                             JobDone done) {
  auto* responded = std::get_if<crypto::Responded>(&done.result);
  if (responded == nullptr)
    return answer_child_refused(
        context, record, pending.exchange,
        {refusal_in(pending.exchange, RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX),
         notify_payload(NotifyType::INVALID_SYNTAX)},
        {});
  // A reauthentication of ours has taken its place meanwhile: what came of this rekeying would be a second tunnel that nobody ends.
  if (standing_ == Standing::superseded && leaves_at_)
    return answer_child_refused(context, record, pending.exchange,
                                {refusal_in(pending.exchange, RefusalCode::busy, NotifyType::TEMPORARY_FAILURE),
                                 notify_payload(NotifyType::TEMPORARY_FAILURE)},
                                {});
  auto payloads =
      pending.exchange == ExchangeType::CREATE_CHILD_SA
          ? ike_answer_payloads(pending.agreed, std::move(responded->public_value))
          : std::vector<wire::Payload>{wire::KePayload{pending.series.current(), std::move(responded->public_value)}};
  pending.series.add(responded->shared_secret.reveal());
  if (!pending.series.is_complete()) return await_follow_up(context, record, std::move(pending), std::move(payloads));
  answer(context, record, pending.exchange, payloads);
  auto fresh = successor(context, record, pending.agreed, pending.series.secrets(), false);
  const auto id = fresh.record.id;
  if (standing_ == Standing::superseded) {
    // Ours won in the meantime: the peer deletes what came of its own.
    fresh.standing = Standing::superseded;
    return family_matters_.emplace_back(std::move(fresh)), void();
  }
  const bool ours_on_its_way =
      std::holds_alternative<RekeyIkeSent>(exchange_) || std::holds_alternative<RekeyIkeAgreed>(exchange_);
  if (ours_on_its_way) {
    fresh.standing = Standing::undecided;
    crossing_ = IkeCrossing{id, to_octets(pending.agreed.lower_nonce())};
  }
  family_matters_.emplace_back(std::move(fresh));
  family_matters_.emplace_back(MoveChildren{record.id, id, MoveChildren::Then::peer_deletes});
  standing_ = Standing::superseded;
}

NewIkeSa EstablishedSa::successor(Context& context, const IkeSaRecord& record, const AgreedIke& agreed,
                                  const SharedSecrets& secrets, bool we_began) const {
  auto keys =
      derive_rekeyed_ike_keys(context.library, parts_.channel.keys().prf, parts_.channel.keys().d, agreed.proposal,
                              agreed.nonces(), secrets, agreed.initiator_spi, agreed.responder_spi);
  NewIkeSa fresh{record,
                 {parts_.connection,
                  parts_.local_id,
                  agreed.proposal,
                  SecureChannel(IkeKeys(), we_began),
                  0,
                  0,
                  context.now,
                  parts_.authenticated,
                  {},
                  parts_.mobility,
                  {},
                  parts_.redirectable,
                  parts_.redirections},
                 peer_,
                 Standing::current,
                 record.id,
                 false};
  fresh.parts.create_child = parts_.create_child;
  fresh.record.id = context.ids.next<IkeSaId>();
  // RFC 7296 §2.8: the initiator of the rekeying is the original initiator of the new IKE SA.
  fresh.record.initiator = we_began;
  fresh.record.initiator_spi = agreed.initiator_spi;
  fresh.record.responder_spi = agreed.responder_spi;
  fresh.record.created = context.now;
  export_ike_keys(context, fresh.record, keys);
  fresh.parts.channel = SecureChannel(std::move(keys), we_began, parts_.channel.fragmentation());
  return fresh;
}

void EstablishedSa::inherit(Context& context, IkeSaRecord& record, EstablishedSa& other,
                            const IkeSaRecord& other_record) {
  children_.merge(other.children_);
  std::ranges::move(other.queue_, std::back_inserter(queue_));
  other.queue_.clear();
  if (std::exchange(other.announced_, false)) {
    announced_ = true;
    context.emit(IkeSaRekeyed{other_record.id, record.id});
  }
  // Back from the one that the peer made and took away: our own rekeying goes on.
  if (standing_ == Standing::superseded) {
    standing_ = Standing::current;
    leaves_at_.reset();
    crossing_.reset();
  }
  // Whoever heard of the peer last knows where it is.
  if (record.path() != other_record.path()) {
    if (other.last_heard_ > last_heard_) set_path(context, record, other_record.path());
    move_children(context, record);
  }
  inherit_move(other);
  last_heard_ = std::max(last_heard_, other.last_heard_);
}

void EstablishedSa::retire(Context& context, const IkeSaRecord& record, bool delete_it) {
  if (standing_ == Standing::undecided) gave_way_ = true;
  standing_ = Standing::superseded;
  if (delete_it) return submit(context, record, DeleteIkeRequest{});
  leaves_at_ = context.now + kPeerDeletes;
}

bool EstablishedSa::serve_again(Context& context, const IkeSaRecord& record) {
  if (ended_ || standing_ != Standing::superseded || !leaves_at_ || children_.empty()) return false;
  standing_ = Standing::current;
  leaves_at_.reset();
  after_event(context, record);
  return true;
}

void EstablishedSa::withdraw(Context& context, const IkeSaRecord& record, bool delete_it) {
  announced_ = false;
  retire(context, record, delete_it);
}

void EstablishedSa::let_begin(Context& context, const IkeSaRecord& record) {
  if (standing_ != Standing::undecided) return;
  standing_ = Standing::current;
  after_event(context, record);
}

}  // namespace keypact::ike::v2
