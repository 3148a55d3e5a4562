// Messages and windows of an established IKE SA. RFC 7296 §2.1 to §2.4, §2.21.3.
#include "ike/v2/established_sa.h"

#include <algorithm>

#include "ike/v2/child_expectation.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/contracts.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

Refusal malformed(ExchangeType exchange, std::string detail) {
  auto refusal = refusal_in(exchange, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
  refusal.detail = std::move(detail);
  return refusal;
}

bool is_exchange_of_established_sa(ExchangeType exchange) {
  return exchange == ExchangeType::CREATE_CHILD_SA || exchange == ExchangeType::IKE_FOLLOWUP_KE ||
         exchange == ExchangeType::INFORMATIONAL;
}

bool is_whole_and_authentic(Context& context, const Opened& opened) {
  if (std::holds_alternative<NotAuthentic>(opened)) ++context.counters.not_authentic;
  return !std::holds_alternative<NotAuthentic>(opened) && !std::holds_alternative<Partial>(opened);
}

/// An exchange of ours that is to make a Child SA, before and after the peer has agreed.
template <typename Exchange>
concept AsksForAChild = requires(Exchange exchange) {
  exchange.offer;
  exchange.purpose;
};
template <typename Exchange>
concept MakesAChild = requires(Exchange exchange) {
  exchange.agreed.child;
  exchange.purpose;
};

}  // namespace

EstablishedSa::EstablishedSa(Context& context, EstablishedParts parts, PeerAuthenticated peer)
    : parts_(std::move(parts)),
      peer_(std::move(peer)),
      requests_(parts_.next_request_id),
      responses_(parts_.expected_request_id),
      lifetime_(lifetime_of(*parts_.connection, parts_.authenticated, context.now, context.random)),
      last_heard_(parts_.established) {}

EstablishedSa::EstablishedSa(Context& context, NewIkeSa fresh)
    : EstablishedSa(context, std::move(fresh.parts), std::move(fresh.peer)) {
  standing_ = fresh.standing;
  predecessor_ = fresh.predecessor;
  announced_ = false;
  if (standing_ == Standing::superseded) {
    gave_way_ = !fresh.gives_way;
    retire(context, fresh.record, fresh.gives_way);
  }
}

void EstablishedSa::on_message(Context& context, IkeSaRecord& record, const Received& received) {
  if (received.message.header.response) on_response(context, record, received);
  else on_request(context, record, received);
  after_event(context, record);
}

void EstablishedSa::after_event(Context& context, const IkeSaRecord& record) {
  if (ended_) return;
  settle_children(context, record);
  save_message_ids(context, record);
  start_next_exchange(context, record);
}

void EstablishedSa::on_request(Context& context, IkeSaRecord& record, const Received& received) {
  const auto& header = received.message.header;
  const auto verdict = responses_.judge(received.message, received.datagram.octets);
  if (verdict == ResponseWindow::Verdict::retransmission || verdict == ResponseWindow::Verdict::refragmented)
    return answer_again(context, record, parts_.channel, responses_, received);
  if (verdict == ResponseWindow::Verdict::outside || pending_child_ || pending_ike_ || pending_deletion_) {
    ++context.counters.out_of_window;
    return;
  }
  const auto opened = parts_.channel.open(context, record, received);
  if (!is_whole_and_authentic(context, opened)) return;
  if (!is_exchange_of_established_sa(header.exchange)) {
    ++context.counters.out_of_state;
    return;
  }
  heard_from(context, record, received.datagram);
  responses_.accepted(parts_.channel.identity_of(received), {received.datagram.local, received.datagram.remote});
  if (const auto* bad = std::get_if<AuthenticButMalformed>(&opened)) {
    ++context.counters.malformed_authentic;
    answer(context, record, header.exchange, {notify_payload(bad->error.notify())});
    // RFC 7296 §2.21.3: INVALID_SYNTAX is fatal to both; an unknown critical payload only ends the exchange.
    if (bad->error.notify() == NotifyType::INVALID_SYNTAX)
      end(context, record, malformed(header.exchange, bad->error.to_string()));
    return;
  }
  const PayloadSet payloads(std::get<Fine>(opened).inner.payloads);
  if (const auto violation = check_contract(*contract_of(header.exchange, false, payloads), payloads)) {
    ++context.counters.malformed_authentic;
    answer(context, record, header.exchange, {notify_payload(NotifyType::INVALID_SYNTAX)});
    end(context, record, malformed(header.exchange, violation->to_string()));
    return;
  }
  handle_request(context, record, header.exchange, payloads);
}

void EstablishedSa::on_response(Context& context, IkeSaRecord& record, const Received& received) {
  const auto& header = received.message.header;
  // RFC 7296 §2.21.4: whoever knows no such IKE SA says so in clear, and so may anybody else.
  if (!received.message.encrypted && PayloadSet(received.message.clear.payloads).error() != nullptr) {
    const PayloadSet clear(received.message.clear.payloads);
    if (clear.notify(NotifyType::INVALID_IKE_SPI) != nullptr && requests_.awaits(header.message_id))
      requests_.denied(context.now);
    return take_hint(context, record);
  }
  if (!requests_.awaits(header.message_id)) {
    ++context.counters.out_of_window;
    return;
  }
  const auto opened = parts_.channel.open(context, record, received);
  if (!is_whole_and_authentic(context, opened)) return;
  requests_.answered();
  heard_from(context, record, received.datagram);
  on_answer_over(context, record, {received.datagram.local, received.datagram.remote});
  const auto* fine = std::get_if<Fine>(&opened);
  const auto problem = [&]() -> std::optional<std::string> {
    if (fine == nullptr) return std::get<AuthenticButMalformed>(opened).error.to_string();
    if (!is_exchange_of_established_sa(header.exchange) ||
        header.exchange != exchange_type_of(exchange_).value_or(header.exchange))
      return "a response of another exchange";
    const PayloadSet payloads(fine->inner.payloads);
    const auto violation = check_contract(*contract_of(header.exchange, true, payloads), payloads);
    return violation ? std::optional(violation->to_string()) : std::nullopt;
  }();
  if (problem) {
    ++context.counters.malformed_authentic;
    end(context, record, malformed(header.exchange, *problem));
    return;
  }
  handle_response(context, record, PayloadSet(fine->inner.payloads));
}

void EstablishedSa::send_request(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                                 const std::vector<wire::Payload>& payloads) {
  const auto header = record.header(exchange, requests_.next_id(), false);
  auto request = parts_.channel.seal(context, record, header, payloads);
  for (const auto& path : paths(context, record)) send(context, path, request);
  requests_.sent(std::move(request), context.now, context.options.give_up_after);
}

void EstablishedSa::answer(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                           const std::vector<wire::Payload>& payloads) {
  const auto header = record.header(exchange, responses_.accepted_id(), true);
  auto response = parts_.channel.seal(context, record, header, payloads);
  // RFC 7296 §2.11: to where the request came from.
  send(context, responses_.origin(), response);
  responses_.answered(std::move(response));
}

void EstablishedSa::on_give_up(Context& context, const IkeSaRecord& record) {
  Refusal refusal;
  refusal.code = RefusalCode::no_answer;
  refusal.exchange = exchange_type_of(exchange_).value_or(ExchangeType::INFORMATIONAL);
  refusal.theirs.push_back(record.remote.to_string());
  end(context, record, std::move(refusal));
}

void EstablishedSa::follow(const config::Snapshot& configuration, const Credentials& credentials, IkeSaRecord& record) {
  const auto connection = configuration.connection(parts_.connection->name);
  if (!connection || ended_) return;
  const bool same_methods = std::ranges::equal(connection->remote, parts_.connection->remote, {},
                                               &config::AuthRound::kind, &config::AuthRound::kind);
  const bool same_peers = same_methods && connection->remote.front().id.matches(peer_.claimed()) &&
                          local_identity(credentials, *connection, record.local.address) == parts_.local_id;
  if (!same_peers) return;
  parts_.connection = connection;
  record.dscp = connection->dscp;
}

void EstablishedSa::end(Context& context, const IkeSaRecord& record, Refusal reason) {
  if (ended_) return;
  if (reason.code == RefusalCode::deleted_by_peer) {
    family_matters_.emplace_back(GiveBack{parts_.connection->name, parts_.local_id, peer_.identity()});
    hand_over(reason);
  }
  if (reason.code == RefusalCode::deleted_by_peer || reason.code == RefusalCode::no_answer) {
    std::vector<std::string> lost;
    for (const auto& [id, child] : children_)
      if (child.is_current()) lost.push_back(child.name);
    report_lost(record, std::move(lost), reason.code == RefusalCode::no_answer);
  }
  const auto tell = [&](ControlId waiter, bool wanted) {
    if (waiter) context.emit(RequestDone{waiter, record.id, {}, wanted ? std::nullopt : std::optional(reason)});
  };
  for (const auto& queued : queue_) tell(waiter_of(queued.request), is_deletion(queued.request));
  // RFC 7296 §2.25.2: our rekeying is forgotten; where the peer's went through, there is nothing left to wish for.
  tell(waiter_of(exchange_), is_deletion(exchange_) || (crossing_ && is_rekeying_ike(exchange_)));
  forget_crossing();

  if (const auto spi = unused_spi_of(exchange_)) forgo(context, *spi);
  if (pending_child_ && pending_child_->awaits_key) context.esp_spis.release(pending_child_->awaits_key->inbound_spi);
  forget_awaited_if(context, [](const auto&) { return true; });
  while (!children_.empty()) remove(context, record, children_.begin()->first, reason);
  queue_.clear();
  pending_child_.reset();
  pending_ike_.reset();
  pending_deletion_.reset();
  exchange_ = std::monostate{};
  if (announced_) context.emit(IkeSaClosed{record.id, parts_.connection->name, true, reason});
  ended_ = std::move(reason);
}

bool EstablishedSa::serves() const {
  const auto deletes = [](const auto& queued) { return std::holds_alternative<DeleteIkeRequest>(queued.request); };
  return standing_ != Standing::superseded && !std::holds_alternative<DeletingIke>(exchange_) &&
         std::ranges::none_of(queue_, deletes);
}

std::vector<ChildWish> EstablishedSa::take_wishes() {
  std::vector<ChildWish> wishes;
  for (auto& [id, child] : children_)
    if (child.phase != ChildSa::Phase::deleting && !child.replaced_by)
      wishes.push_back({child.name, std::exchange(child.waiter, {})});
  // The peer's, which have no keys yet.
  if (pending_child_ && pending_child_->awaits_key) wishes.push_back({pending_child_->awaits_key->child->name, {}});
  for (const auto& awaited : awaited_)
    if (const auto* child = std::get_if<PendingChildAnswer>(&awaited.answer))
      wishes.push_back({child->awaits_key->child->name, {}});
  for (auto& queued : queue_)
    if (auto* creation = std::get_if<CreateChildRequest>(&queued.request))
      wishes.push_back({creation->child, std::exchange(creation->request, {})});
  std::visit(
      [&](auto& exchange) {
        if constexpr (AsksForAChild<decltype(exchange)>)
          wishes.push_back({exchange.offer.child->name, std::exchange(exchange.purpose.waiter, {})});
        else if constexpr (MakesAChild<decltype(exchange)>)
          wishes.push_back({exchange.agreed.child->name, std::exchange(exchange.purpose.waiter, {})});
      },
      exchange_);
  return wishes;
}

void EstablishedSa::report_lost(const IkeSaRecord& record, std::vector<std::string> children, bool peer_is_gone) {
  if (!children.empty())
    family_matters_.emplace_back(
        ChildrenLost{parts_.connection->name, std::move(children), record.local, record.remote, peer_is_gone});
}

void EstablishedSa::hand_over(const Refusal& reason) {
  auto wishes = take_wishes();
  std::erase_if(wishes, [](const auto& wish) { return !wish.waiter; });
  if (!wishes.empty())
    family_matters_.emplace_back(
        HandOver{parts_.connection->name, parts_.local_id, peer_.identity(), std::move(wishes), reason});
}

EstablishedSa::AwaitedForAnswer EstablishedSa::answer_awaits() const {
  if (pending_ike_) return {pending_ike_->job, {}};
  if (const auto* ours = std::get_if<RekeyIkeAgreed>(&exchange_); pending_deletion_ && ours != nullptr)
    return {ours->job, {}};
  if (!pending_child_) return {};
  if (pending_child_->awaits_key) return {pending_child_->job, {}};
  return {{}, pending_child_->installing};
}

}  // namespace keypact::ike::v2
