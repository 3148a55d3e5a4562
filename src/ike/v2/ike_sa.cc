#include "ike/v2/ike_sa.h"

#include <algorithm>
#include <concepts>

#include "ike/v2/child_expectation.h"

namespace keypact::ike::v2 {
namespace {

constexpr Duration kLinger = seconds(30);

template <class... Handlers>
struct Overload : Handlers... {
  using Handlers::operator()...;
};

/// A retransmission of the request that was answered last still gets its answer; all else is too late.
void answer_late(const Closed& closed, Context& context, const Received& received) {
  const auto& header = received.message.header;
  if (closed.last_response && !header.response &&
      closed.last_response->judge(received.message, received.datagram.octets) ==
          ResponseWindow::Verdict::retransmission) {
    ++context.counters.retransmissions_answered;
    for (const auto& octets : closed.last_response->response().datagrams)
      context.send({received.datagram.local, received.datagram.remote, octets});
    return;
  }
  ++context.counters.out_of_state;
}

Closed closed_from(const EstablishedSa& sa, Instant now) {
  return {*sa.ended(), true, sa.parts().connection->name, sa.last_response(), now + kLinger};
}

/// Sent so often, a request whose answer nobody waits for stands in the way of nothing any more.
constexpr unsigned kTransmissionsInVain = 4;

/// States whose job comes back as their next event.
template <class S>
concept AwaitsJob = requires(S state) { state.job; };
/// States as initiator whose IKE_AUTH request is on its way, or answered: the peer may have set the IKE SA up.
template <class S>
concept HasAskedForAuth = std::derived_from<std::decay_t<S>, AwaitAuth>;
/// States as responder before the peer is answered in IKE_AUTH.
template <class S>
concept IsHalfOpen = requires(S state) { state.expires; };

/// The initiator's part of those states, nullptr in all others.
template <class AnyState>
auto* asked_for_auth(AnyState& state) {
  using Part = std::conditional_t<std::is_const_v<AnyState>, const AwaitAuth, AwaitAuth>;
  return std::visit(
      [](auto& each) -> Part* {
        if constexpr (HasAskedForAuth<decltype(each)>) return &each;
        else return nullptr;
      },
      state);
}

Refusal terminated() {
  Refusal reason;
  reason.code = RefusalCode::terminated;
  return reason;
}

}  // namespace

Closed close_attempt(Context& context, const IkeSaRecord& record, const Intent& intent, Refusal reason) {
  if (intent.called_off) reason = terminated();
  if (intent.request) context.emit(RequestDone{intent.request, record.id, {}, reason});
  context.emit(IkeSaClosed{record.id, intent.connection->name, false, reason});
  return {std::move(reason), false, intent.connection->name, std::nullopt, context.now};
}

Closed give_up_attempt(Context& context, const IkeSaRecord& record, const Intent& intent, Refusal reason) {
  const auto tries = intent.tries + 1;
  if (intent.called_off || (intent.most_tries != 0 && tries >= intent.most_tries))
    return close_attempt(context, record, intent, std::move(reason));
  context.next_attempts.push_back({intent.connection->name, intent.child, intent.childless, intent.request,
                                   intent.reauthenticates, record.local.address, record.remote.address, tries,
                                   intent.redirections});
  reason.detail = "attempt " + std::to_string(tries) + ", another one follows";
  context.emit(IkeSaClosed{record.id, intent.connection->name, false, reason});
  return {std::move(reason), false, intent.connection->name, std::nullopt, context.now};
}

Closed follow_attempt(Context& context, const IkeSaRecord& record, const Intent& intent, const IpAddress& gateway,
                      Redirections redirections) {
  context.next_attempts.push_back({intent.connection->name, intent.child, intent.childless, intent.request,
                                   intent.reauthenticates, record.local.address, gateway, 0, std::move(redirections)});
  Refusal reason;
  reason.code = RefusalCode::redirected;
  reason.notify = NotifyType::REDIRECT;
  reason.by_peer = true;
  reason.detail = "it goes on at " + gateway.to_string();
  context.emit(IkeSaClosed{record.id, intent.connection->name, false, reason});
  return {std::move(reason), false, intent.connection->name, std::nullopt, context.now};
}

IkeSa IkeSa::initiate(Context& context, IkeSaRecord record, Intent intent) {
  auto state = begin_initiator(context, record, std::move(intent));
  return {std::move(record), std::move(state)};
}

template <class Step>
void IkeSa::advance(Step&& step) {
  state_ = std::visit(std::forward<Step>(step), std::move(state_));
}

State IkeSa::rest(EstablishedSa&& sa, Instant now) {
  std::ranges::move(sa.take_family_matters(), std::back_inserter(family_matters_));
  if (sa.ended()) return closed_from(sa, now);
  return std::move(sa);
}

void IkeSa::rest(Instant now) {
  auto& established = std::get<EstablishedSa>(state_);
  std::ranges::move(established.take_family_matters(), std::back_inserter(family_matters_));
  if (established.ended()) state_ = closed_from(established, now);
}

void IkeSa::inherit(Context& context, IkeSa& other) {
  auto* heir = std::get_if<EstablishedSa>(&state_);
  auto* predecessor = std::get_if<EstablishedSa>(&other.state_);
  if (heir != nullptr && predecessor != nullptr) heir->inherit(context, record_, *predecessor, other.record_);
}

void IkeSa::retire(Context& context, bool delete_it) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return;
  established->retire(context, record_, delete_it);
  rest(context.now);
}

void IkeSa::wake(Context& context) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return;
  established->wake(context, record_);
  rest(context.now);
}

std::vector<ChildWish> IkeSa::take_wishes() {
  auto* established = std::get_if<EstablishedSa>(&state_);
  return established != nullptr ? established->take_wishes() : std::vector<ChildWish>();
}

std::optional<ChildWish> IkeSa::withdraw(Context& context) {
  const auto intent_of = [](auto& state) -> Intent* {
    if constexpr (requires { state.intent; } && !HasAskedForAuth<decltype(state)>) return &state.intent;
    else return nullptr;
  };
  auto* intent = std::visit(intent_of, state_);
  if (intent == nullptr || intent->reauthenticates) return std::nullopt;
  ChildWish wish{intent->child, std::exchange(intent->request, {})};
  auto reason = terminated();
  reason.detail = "the peer has set up the same";
  state_ = close_attempt(context, record_, *intent, std::move(reason));
  return wish;
}

void IkeSa::let_begin(Context& context) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return;
  established->let_begin(context, record_);
  rest(context.now);
}

bool IkeSa::serve_again(Context& context) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  const bool serves = established != nullptr && established->serve_again(context, record_);
  rest(context.now);
  return serves;
}

void IkeSa::on_message(Context& context, const Received& received) {
  advance(Overload{
      [&](AwaitSaInit&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitIntermediateResponse&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitAuth&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitEapRequest&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitEapFinal&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitEapResponse&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitEapAuth&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitRound&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](AwaitAuthRequest&& state) -> State { return on(std::move(state), received, context, record_); },
      [&](EstablishedSa&& state) -> State {
        state.on_message(context, record_, received);
        return rest(std::move(state), context.now);
      },
      [&](Closed&& state) -> State {
        answer_late(state, context, received);
        return std::move(state);
      },
      [&](auto&& state) -> State {
        ++context.counters.out_of_state;
        return std::move(state);
      },
  });
}

void IkeSa::on_deadline(Context& context) {
  advance(Overload{
      [&](AwaitSaInit&& state) -> State { return v2::on_deadline(std::move(state), context, record_); },
      [&](AwaitIntermediateResponse&& state) -> State { return v2::on_deadline(std::move(state), context, record_); },
      [&]<HasAskedForAuth S>(S&& state) -> State {
        if (auto over = on_auth_deadline(state, context, record_)) return std::move(*over);
        return std::move(state);
      },
      [&](EstablishedSa&& state) -> State {
        state.on_deadline(context, record_);
        return rest(std::move(state), context.now);
      },
      [&](auto&& state) -> State { return std::move(state); },
  });
}

void IkeSa::on_job_done(Context& context, JobDone done) {
  advance(Overload{
      [&](EstablishedSa&& state) -> State {
        state.on_job_done(context, record_, std::move(done));
        return rest(std::move(state), context.now);
      },
      [&]<AwaitsJob S>(S&& state) -> State {
        if (state.job != done.id) return std::move(state);
        return on(std::move(state), std::move(done), context, record_);
      },
      [&](auto&& state) -> State { return std::move(state); },
  });
}

void IkeSa::on_stack_event(Context& context, const ipsec::StackEvent& event) {
  if (auto* established = std::get_if<EstablishedSa>(&state_)) {
    established->on_stack_event(context, record_, event);
    rest(context.now);
  }
}

bool IkeSa::on_request(Context& context, LocalRequest request) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return false;
  established->submit(context, record_, std::move(request));
  rest(context.now);
  return true;
}

void IkeSa::follow(const config::Snapshot& configuration, const Credentials& credentials) {
  if (auto* established = std::get_if<EstablishedSa>(&state_)) established->follow(configuration, credentials, record_);
}

void IkeSa::on_local_addresses(Context& context) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return;
  established->on_local_addresses(context, record_);
  rest(context.now);
}

void IkeSa::take_hint(Context& context) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return;
  established->take_hint(context, record_);
  rest(context.now);
}

void IkeSa::report_unknown_spi(Context& context, EspSpi spi) {
  auto* established = std::get_if<EstablishedSa>(&state_);
  if (established == nullptr) return;
  established->report_unknown_spi(context, record_, spi);
  rest(context.now);
}

bool IkeSa::call_off(Context& context, const Refusal& reason) {
  auto* attempt = asked_for_auth(state_);
  if (attempt == nullptr) return false;
  auto& intent = attempt->intent;
  if (const auto waiter = std::exchange(intent.request, {})) context.emit(RequestDone{waiter, record_.id, {}, reason});
  intent.called_off = true;
  intent.reauthenticates = {};
  return true;
}

bool IkeSa::is_called_off() const {
  const auto* attempt = asked_for_auth(state_);
  return attempt != nullptr && attempt->intent.called_off;
}

bool IkeSa::is_called_off_in_vain() const {
  return is_called_off() && asked_for_auth(state_)->window.transmissions() >= kTransmissionsInVain;
}

void IkeSa::abandon(Context& context, Refusal reason) {
  advance(Overload{
      [&](EstablishedSa&& state) -> State {
        state.end(context, record_, reason);
        return rest(std::move(state), context.now);
      },
      [&]<HasAskedForAuth S>(S&& state) -> State {
        forgo_first_child(context, state);
        return close_attempt(context, record_, state.intent, reason);
      },
      [&](auto&& state) -> State {
        if constexpr (requires { state.intent; }) return close_attempt(context, record_, state.intent, reason);
        else return Closed{reason, false, {}, std::nullopt, context.now};
      },
  });
}

std::optional<Instant> IkeSa::deadline() const {
  return std::visit(
      Overload{
          [](const AwaitSaInit& state) -> std::optional<Instant> {
            const auto retransmit = state.retransmission.deadline();
            return state.hint ? std::min(retransmit, state.hint_expires) : retransmit;
          },
          [](const AwaitIntermediateResponse& state) -> std::optional<Instant> { return state.window.deadline(); },
          []<HasAskedForAuth S>(const S& state) -> std::optional<Instant> { return state.window.deadline(); },
          []<IsHalfOpen S>(const S& state) -> std::optional<Instant> { return state.expires; },
          [](const EstablishedSa& state) -> std::optional<Instant> { return state.deadline(); },
          [](const Closed& state) -> std::optional<Instant> { return state.forget_at; },
          [](const auto&) -> std::optional<Instant> { return std::nullopt; },
      },
      state_);
}

bool IkeSa::is_over(Instant now) const {
  if (const auto* closed = std::get_if<Closed>(&state_)) return now >= closed->forget_at;
  return is_half_open() && now >= *deadline();
}

std::optional<Refusal> IkeSa::waits_for() const {
  Refusal refusal;
  refusal.code = RefusalCode::no_answer;
  refusal.theirs.push_back(record_.remote.to_string());
  if (const auto* init = std::get_if<AwaitSaInit>(&state_)) {
    if (init->hint) return init->hint;
    refusal.exchange = ExchangeType::IKE_SA_INIT;
    return refusal;
  }
  if (std::holds_alternative<AwaitIntermediateResponse>(state_)) {
    refusal.exchange = ExchangeType::IKE_INTERMEDIATE;
    return refusal;
  }
  if (asked_for_auth(state_) == nullptr) return std::nullopt;
  refusal.exchange = ExchangeType::IKE_AUTH;
  return refusal;
}

bool IkeSa::is_half_open() const {
  return std::visit([]<class S>(const S&) { return IsHalfOpen<S>; }, state_);
}

}  // namespace keypact::ike::v2
