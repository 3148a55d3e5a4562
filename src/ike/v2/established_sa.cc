// Messages and windows of an established IKE SA. RFC 7296 §2.1 to §2.4, §2.21.3.
#include "ike/v2/established_sa.h"

#include <algorithm>

#include "ike/v2/connection_choice.h"
#include "ike/v2/contracts.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

Refusal malformed(ExchangeType exchange, std::string detail) {
  Refusal refusal;
  refusal.code = RefusalCode::malformed_message;
  refusal.exchange = exchange;
  refusal.notify = NotifyType::INVALID_SYNTAX;
  refusal.detail = std::move(detail);
  return refusal;
}

bool is_exchange_of_established_sa(ExchangeType exchange) {
  return exchange == ExchangeType::CREATE_CHILD_SA || exchange == ExchangeType::INFORMATIONAL;
}

/// Control requests that wait in a local request or exchange.
ControlId waiter_of(const LocalRequest& request) {
  return std::visit(
      [](const auto& r) {
        if constexpr (requires { r.request; }) return r.request;
        else return ControlId{};
      },
      request);
}
ControlId waiter_of(const LocalExchange& exchange) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.waiter; }) return e.waiter;
        else return ControlId{};
      },
      exchange);
}
/// Whoever wants something to go has what he wants when all goes.
bool is_deletion(const LocalRequest& request) {
  return std::holds_alternative<DeleteChildRequest>(request) || std::holds_alternative<DeleteIkeRequest>(request);
}
bool is_deletion(const LocalExchange& exchange) {
  return std::holds_alternative<DeletingChild>(exchange) || std::holds_alternative<DeletingIke>(exchange);
}
std::optional<EspSpi> unused_spi_of(const LocalExchange& exchange) {
  if (const auto* e = std::get_if<CreateChildKeyPair>(&exchange)) return e->offer.inbound_spi;
  if (const auto* e = std::get_if<CreateChildSent>(&exchange)) return e->offer.inbound_spi;
  if (const auto* e = std::get_if<CreateChildSecret>(&exchange)) return e->agreed.inbound_spi;
  return std::nullopt;
}

}  // namespace

EstablishedSa::EstablishedSa(EstablishedParts parts, PeerAuthenticated peer)
    : parts_(std::move(parts)),
      peer_(std::move(peer)),
      requests_(parts_.next_request_id),
      responses_(parts_.expected_request_id),
      last_heard_(parts_.established) {}

void EstablishedSa::on_message(Context& context, IkeSaRecord& record, const Received& received) {
  if (received.message.header.response) on_response(context, record, received);
  else on_request(context, record, received);
  start_next_exchange(context, record);
}

void EstablishedSa::on_request(Context& context, IkeSaRecord& record, const Received& received) {
  const auto& header = received.message.header;
  const auto verdict = responses_.judge(received.message, received.datagram.octets);
  if (verdict == ResponseWindow::Verdict::retransmission || verdict == ResponseWindow::Verdict::refragmented)
    return answer_again(context, record, parts_.channel, responses_, received);
  if (verdict == ResponseWindow::Verdict::outside || pending_answer_) {
    ++context.counters.out_of_window;
    return;
  }
  const auto opened = parts_.channel.open(context, record, received);
  if (std::holds_alternative<Partial>(opened)) return;
  if (std::holds_alternative<NotAuthentic>(opened)) {
    ++context.counters.not_authentic;
    return;
  }
  if (!is_exchange_of_established_sa(header.exchange)) {
    ++context.counters.out_of_state;
    return;
  }
  last_heard_ = context.now;
  responses_.accepted(parts_.channel.identity_of(received));
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
  if (!requests_.awaits(header.message_id)) {
    ++context.counters.out_of_window;
    return;
  }
  const auto opened = parts_.channel.open(context, record, received);
  if (std::holds_alternative<Partial>(opened)) return;
  if (std::holds_alternative<NotAuthentic>(opened)) {
    ++context.counters.not_authentic;
    return;
  }
  last_heard_ = context.now;
  requests_.answered();
  const auto* fine = std::get_if<Fine>(&opened);
  const auto problem = [&]() -> std::optional<std::string> {
    if (fine == nullptr) return std::get<AuthenticButMalformed>(opened).error.to_string();
    if (!is_exchange_of_established_sa(header.exchange)) return "a response of another exchange";
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
  send(context, record, request);
  requests_.sent(std::move(request), context.now);
}

void EstablishedSa::answer(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                           const std::vector<wire::Payload>& payloads) {
  const auto header = record.header(exchange, responses_.expected_id() - 1, true);
  auto response = parts_.channel.seal(context, record, header, payloads);
  send(context, record, response);
  responses_.answered(std::move(response));
}

void EstablishedSa::on_deadline(Context& context, const IkeSaRecord& record) {
  if (ended_) return;
  parts_.channel.on_deadline(context);
  if (const auto deadline = requests_.deadline(); deadline && context.now >= *deadline) {
    if (!retransmit(context, record, parts_.channel, requests_)) on_give_up(context, record);
    return;
  }
  const auto delay = parts_.connection->dpd_delay;
  // RFC 7296 §2.4: liveness is asked for only when nothing else would show it.
  if (delay > Duration{} && context.now >= last_heard_ + delay && requests_.is_free() && queue_.empty())
    submit(context, record, LivenessRequest{});
}

void EstablishedSa::on_give_up(Context& context, const IkeSaRecord& record) {
  Refusal refusal;
  refusal.code = RefusalCode::no_answer;
  refusal.exchange = ExchangeType::INFORMATIONAL;
  if (std::holds_alternative<CreateChildSent>(exchange_)) refusal.exchange = ExchangeType::CREATE_CHILD_SA;
  refusal.theirs.push_back(record.remote.to_string());
  end(context, record, std::move(refusal));
}

std::optional<Instant> EstablishedSa::deadline() const {
  if (ended_) return std::nullopt;
  auto next = requests_.deadline();
  const auto delay = parts_.connection->dpd_delay;
  if (!next && delay > Duration{} && std::holds_alternative<std::monostate>(exchange_) && queue_.empty())
    next = last_heard_ + delay;
  const auto fragments = parts_.channel.deadline();
  return fragments && (!next || *fragments < *next) ? fragments : next;
}

void EstablishedSa::submit(Context& context, const IkeSaRecord& record, LocalRequest request) {
  if (queue_.size() >= limits::kQueuedLocalRequests) {
    Refusal refusal;
    refusal.code = RefusalCode::limit_reached;
    refusal.detail = "too many requests wait for this IKE SA";
    if (const auto waiter = waiter_of(request)) context.emit(RequestDone{waiter, record.id, {}, std::move(refusal)});
    return;
  }
  // Whoever wants the IKE SA gone wants nothing else of it first.
  if (std::holds_alternative<DeleteIkeRequest>(request)) queue_.push_front(std::move(request));
  else queue_.push_back(std::move(request));
  start_next_exchange(context, record);
}

void EstablishedSa::follow(const config::Snapshot& configuration, const IkeSaRecord& record) {
  const auto connection = configuration.connection(parts_.connection->name);
  if (!connection || ended_) return;
  const auto& remote = connection->remote.front();
  const bool same_peers = remote.kind == parts_.connection->remote.front().kind && remote.id.matches(peer_.identity()) &&
                          local_identity(*connection, record.local.address) == parts_.local_id;
  if (same_peers) parts_.connection = connection;
}

void EstablishedSa::end(Context& context, const IkeSaRecord& record, Refusal reason) {
  if (ended_) return;
  const auto tell = [&](ControlId waiter, bool wanted) {
    if (waiter) context.emit(RequestDone{waiter, record.id, {}, wanted ? std::nullopt : std::optional(reason)});
  };
  for (const auto& request : queue_) tell(waiter_of(request), is_deletion(request));
  tell(waiter_of(exchange_), is_deletion(exchange_));

  if (const auto spi = unused_spi_of(exchange_)) context.esp_spis.release(*spi);
  if (pending_answer_ && pending_answer_->awaits_key)
    context.esp_spis.release(pending_answer_->awaits_key->inbound_spi);
  while (!children_.empty()) remove(context, record, children_.begin()->first, reason);
  queue_.clear();
  pending_answer_.reset();
  exchange_ = std::monostate{};
  context.emit(IkeSaClosed{record.id, parts_.connection->name, true, reason});
  ended_ = std::move(reason);
}

}  // namespace keypact::ike::v2
