// IKE_INTERMEDIATE as initiator: one exchange for each additional key exchange. RFC 9242 §3, RFC 9370 §2.2.2.
#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"
#include "ike/v2/transmission.h"

// g++ 12 takes the alternatives of a Job that it is not for ones that may be read.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace keypact::ike::v2 {
namespace {

Refusal refused(RefusalCode code, std::string detail = {}) {
  auto refusal = refusal_in(ExchangeType::IKE_INTERMEDIATE, code);
  refusal.detail = std::move(detail);
  return refusal;
}

State key_exchange_failed(Context& context, const IkeSaRecord& record, const Intent& intent, KeyExchangeMethod method,
                          const JobDone& done) {
  return close_attempt(context, record, intent, failed_key_exchange(ExchangeType::IKE_INTERMEDIATE, method, done));
}

/// What is wrong with an answer that is authentic.
std::optional<Refusal> judge(const PayloadSet& payloads, KeyExchangeMethod method) {
  const auto* contract = contract_of(ExchangeType::IKE_INTERMEDIATE, true, payloads);
  if (const auto violation = check_contract(*contract, payloads))
    return refused(RefusalCode::malformed_message, violation->to_string());
  if (contract->kind == MessageKind::notify_response) {
    const auto* error = payloads.error();
    auto refusal = refused(error != nullptr ? refusal_code_of(error->type) : RefusalCode::malformed_message,
                           "the peer refuses the additional key exchange with " + to_string(method));
    if (error != nullptr) refusal.notify = error->type;
    refusal.by_peer = error != nullptr;
    return refusal;
  }
  return refuses_value(ExchangeType::IKE_INTERMEDIATE, *payloads.find<wire::KePayload>(), method, ValueOf::responder);
}

}  // namespace

State begin_next(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state) {
  if (state.to_come.empty()) return begin_auth(context, record, std::move(state));
  const auto job = context.start(JobClass::auth, BeginKeyExchange{state.to_come.front()});
  return AwaitAdditionalKeyPair{std::move(state), job};
}

State on(AwaitAdditionalKeyPair&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto method = state.to_come.front();
  auto* begun = std::get_if<crypto::Begun>(&done.result);
  if (begun == nullptr) return key_exchange_failed(context, record, state.intent, method, done);
  const auto header = record.header(ExchangeType::IKE_INTERMEDIATE, state.covered.next_id(), false);
  const std::vector<wire::Payload> payloads = {wire::KePayload{method, std::move(begun->public_value)}};
  auto request = state.channel.seal(context, record, header, payloads);
  send(context, record.path(), request);
  RequestWindow window(state.covered.next_id());
  window.sent(std::move(request), context.now, context.options.give_up_after);
  return AwaitIntermediateResponse{std::move(state), std::move(begun->state), covered_octets(header, payloads),
                                   std::move(window)};
}

State on(AwaitIntermediateResponse&& state, const Received& received, Context& context, IkeSaRecord& record) {
  const auto& header = received.message.header;
  if (header.exchange != ExchangeType::IKE_INTERMEDIATE || !header.response ||
      !state.window.awaits(header.message_id)) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  const auto opened = state.channel.open(context, record, received);
  if (std::holds_alternative<Partial>(opened)) return std::move(state);
  if (std::holds_alternative<NotAuthentic>(opened)) {
    // RFC 9242 §3.4, RFC 7296 §2.21.2: errors in clear prove nothing here.
    ++context.counters.not_authentic;
    return std::move(state);
  }
  if (const auto* malformed = std::get_if<AuthenticButMalformed>(&opened)) {
    ++context.counters.malformed_authentic;
    return close_attempt(context, record, state.intent,
                         refused(RefusalCode::malformed_message, malformed->error.to_string()));
  }
  const auto& fine = std::get<Fine>(opened);
  const PayloadSet payloads(fine.inner.payloads);
  if (auto refusal = judge(payloads, state.to_come.front()))
    return close_attempt(context, record, state.intent, std::move(*refusal));
  state.window.answered();
  state.covered.add(context.library, state.channel.keys(), state.request, fine.covered);
  const auto job = context.start(JobClass::auth,
                                 FinishKeyExchange{std::move(state.key_pair), payloads.find<wire::KePayload>()->data});
  return AwaitAdditionalSecret{std::move(state), job};
}

State on_deadline(AwaitIntermediateResponse&& state, Context& context, IkeSaRecord& record) {
  if (const auto deadline = state.window.deadline(); !deadline || context.now < *deadline) return std::move(state);
  if (retransmit(context, record, {record.path()}, state.channel, state.window)) return std::move(state);
  auto refusal = refused(RefusalCode::no_answer);
  refusal.theirs.push_back(record.remote.to_string());
  return give_up_attempt(context, record, state.intent, std::move(refusal));
}

State on(AwaitAdditionalSecret&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto method = state.to_come.front();
  const auto* secret = std::get_if<Secret>(&done.result);
  if (secret == nullptr) return key_exchange_failed(context, record, state.intent, method, done);
  auto keys =
      derive_updated_ike_keys(context.library, state.channel.keys(), state.proposal, {state.nonce, state.peer_nonce},
                              secret->reveal(), record.initiator_spi, record.responder_spi);
  export_ike_keys(context, record, keys);
  state.channel.set_keys(std::move(keys));
  state.to_come.erase(state.to_come.begin());
  return begin_next(context, record, std::move(state));
}

}  // namespace keypact::ike::v2

#pragma GCC diagnostic pop
