// IKE_INTERMEDIATE as initiator: one exchange for each additional key exchange, and a post-quantum preshared key along with the last
// one, which hides its name best. RFC 9242 §3, RFC 9370 §2.2.2, RFC 9867.
#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"
#include "ike/v2/ppk_intermediate.h"
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

/// What is wrong with an answer that is authentic. `method`: nothing where the exchange had no key exchange.
std::optional<Refusal> judge(const PayloadSet& payloads, std::optional<KeyExchangeMethod> method) {
  const auto* contract = method ? contract_of(ExchangeType::IKE_INTERMEDIATE, true, payloads) : ppk_contract_of(true);
  if (const auto violation = check_contract(*contract, payloads))
    return refused(RefusalCode::malformed_message, violation->to_string());
  const auto* error = payloads.error();
  if (contract->kind == MessageKind::notify_response || error != nullptr) {
    auto refusal = refused(error != nullptr ? refusal_code_of(error->type) : RefusalCode::malformed_message,
                           method ? "the peer refuses the additional key exchange with " + to_string(*method)
                                  : std::string("the peer refuses the post-quantum preshared key"));
    if (error != nullptr) refusal.notify = error->type;
    refusal.by_peer = error != nullptr;
    return refusal;
  }
  if (!method) return std::nullopt;
  return refuses_value(ExchangeType::IKE_INTERMEDIATE, *payloads.find<wire::KePayload>(), *method, ValueOf::responder);
}

Nonces nonces_of(const InitiatorIntermediate& state) { return {state.nonce, state.peer_nonce}; }

/// Those that the PPK is named by, along with the last exchange; nothing where there is none to name. It may have gone meanwhile.
Result<std::vector<wire::Payload>, Refusal> name_ppk(Context& context, const IkeSaRecord& record,
                                                     InitiatorIntermediate& state) {
  if (!is_intermediate(state.ppk) || state.to_come.size() > 1) return std::vector<wire::Payload>();
  const auto& connection = *state.intent.connection;
  const auto& id = *connection.ppk_id;
  const auto use = std::exchange(state.ppk, PpkUse::none);
  state.named_ppk = context.configuration->ppk(id);
  if (state.named_ppk) {
    const PpkWitness witness{state.channel.keys().prf, nonces_of(state), record.initiator_spi, record.responder_spi};
    return std::vector{ppk_identity_key(context.library, witness, use, id, *state.named_ppk)};
  }
  if (connection.ppk_required) return failure(ppk_is_required(connection, "the PPK was taken away meanwhile"));
  return std::vector<wire::Payload>();
}

State send_exchange(Context& context, const IkeSaRecord& record, InitiatorIntermediate&& state,
                    std::vector<wire::Payload> payloads, std::optional<crypto::KeyExchangeState> key_pair) {
  const auto header = record.header(ExchangeType::IKE_INTERMEDIATE, state.covered.next_id(), false);
  auto request = state.channel.seal(context, record, header, payloads);
  send(context, record.path(), request);
  RequestWindow window(state.covered.next_id());
  window.sent(std::move(request), context.now, context.options.give_up_after);
  return AwaitIntermediateResponse{std::move(state), std::move(key_pair), covered_octets(header, payloads),
                                   std::move(window)};
}

/// The keys of the exchange are there but for those that the PPK makes.
State end_exchange(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state) {
  if (const auto ppk = std::exchange(state.named_ppk, nullptr)) {
    state.channel.set_keys(derive_ike_keys_with_ppk(context.library, state.channel.keys(), state.proposal,
                                                    nonces_of(state), ppk->secret.reveal(), record.initiator_spi,
                                                    record.responder_spi));
    record.ppk = true;
  }
  export_ike_keys(context, record, state.channel.keys());
  return begin_next(context, record, std::move(state));
}

}  // namespace

State begin_next(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state) {
  if (!state.to_come.empty()) {
    const auto job = context.start(JobClass::auth, BeginKeyExchange{state.to_come.front()});
    return AwaitAdditionalKeyPair{std::move(state), job};
  }
  auto named = name_ppk(context, record, state);
  if (!named) return close_attempt(context, record, state.intent, std::move(named.error()));
  if (named->empty()) return begin_auth(context, record, std::move(state));
  return send_exchange(context, record, std::move(state), std::move(*named), std::nullopt);
}

State on(AwaitAdditionalKeyPair&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto method = state.to_come.front();
  auto* begun = std::get_if<crypto::Begun>(&done.result);
  if (begun == nullptr) return key_exchange_failed(context, record, state.intent, method, done);
  auto named = name_ppk(context, record, state);
  if (!named) return close_attempt(context, record, state.intent, std::move(named.error()));
  std::vector<wire::Payload> payloads = {wire::KePayload{method, std::move(begun->public_value)}};
  std::ranges::move(*named, std::back_inserter(payloads));
  return send_exchange(context, record, std::move(state), std::move(payloads), std::move(begun->state));
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
  const auto method = state.key_pair ? std::optional(state.to_come.front()) : std::nullopt;
  if (auto refusal = judge(payloads, method)) return close_attempt(context, record, state.intent, std::move(*refusal));
  const auto& connection = *state.intent.connection;
  if (state.named_ppk && !takes_ppk(payloads, *connection.ppk_id)) {
    if (auto refusal = refuses_ppk_not_found(connection))
      return close_attempt(context, record, state.intent, std::move(*refusal));
    state.named_ppk = nullptr;
  }
  state.window.answered();
  state.covered.add(context.library, state.channel.keys(), state.request, fine.covered);
  if (!state.key_pair) return end_exchange(context, record, std::move(state));
  const auto job = context.start(JobClass::auth,
                                 FinishKeyExchange{std::move(*state.key_pair), payloads.find<wire::KePayload>()->data});
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
  state.channel.set_keys(derive_updated_ike_keys(context.library, state.channel.keys(), state.proposal,
                                                 nonces_of(state), secret->reveal(), record.initiator_spi,
                                                 record.responder_spi));
  state.to_come.erase(state.to_come.begin());
  return end_exchange(context, record, std::move(state));
}

}  // namespace keypact::ike::v2

#pragma GCC diagnostic pop
