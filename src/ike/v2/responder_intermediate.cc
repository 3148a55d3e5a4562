// IKE_INTERMEDIATE as responder. As many exchanges as there are additional key exchanges, one for a post-quantum preshared key where
// that comes alone, and no more. RFC 9242 §3, RFC 9370 §2.2.2, RFC 9867.
#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/contracts.h"
#include "ike/v2/responder_steps.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

/// `method`: nothing where the request is about a PPK only.
std::optional<Refusal> judge(const PayloadSet& payloads, std::optional<KeyExchangeMethod> method) {
  const auto* contract = method ? contract_of(ExchangeType::IKE_INTERMEDIATE, false, payloads) : ppk_contract_of(false);
  if (const auto violation = check_contract(*contract, payloads)) {
    auto refusal =
        refusal_in(ExchangeType::IKE_INTERMEDIATE, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    refusal.detail = violation->to_string();
    return refusal;
  }
  if (!method) return std::nullopt;
  return refuses_value(ExchangeType::IKE_INTERMEDIATE, *payloads.find<wire::KePayload>(), *method, ValueOf::initiator);
}

Nonces nonces_of(const AwaitAuthRequest& state) { return {state.peer_nonce, state.nonce}; }

bool may_name_ppk(const AwaitAuthRequest& state) { return is_intermediate(state.ppk) && !state.named_ppk; }

/// The key exchange of this request; nothing where it only names a PPK.
std::optional<KeyExchangeMethod> method_of(const AwaitAuthRequest& state, const PayloadSet& payloads) {
  const bool only_names = may_name_ppk(state) && payloads.find<wire::KePayload>() == nullptr;
  if (state.to_come.empty() || only_names) return std::nullopt;
  return state.to_come.front();
}

/// What the response says of a PPK that the request names.
std::vector<wire::Payload> look_for_ppk(const Context& context, const IkeSaRecord& record, AwaitAuthRequest& state,
                                        const PayloadSet& payloads) {
  if (!may_name_ppk(state) || payloads.notify(identity_key_of(state.ppk)) == nullptr) return {};
  const PpkWitness witness{state.channel.keys().prf, nonces_of(state), record.initiator_spi, record.responder_spi};
  state.named_ppk = find_named_ppk(context, witness, state.ppk, payloads);
  return found_ppk(*state.named_ppk);
}

/// The response goes out under the keys so far. `new_keys`: of its key exchange.
State answer(Context& context, IkeSaRecord& record, AwaitAuthRequest&& state, OctetView request_covered,
             const std::vector<wire::Payload>& payloads, std::optional<IkeKeys> new_keys) {
  const auto header = record.header(ExchangeType::IKE_INTERMEDIATE, state.covered.next_id(), true);
  auto response = state.channel.seal(context, record, header, payloads);
  send(context, record.path(), response);
  state.window.answered(std::move(response));
  state.covered.add(context.library, state.channel.keys(), request_covered, covered_octets(header, payloads));
  const bool mixes = PayloadSet(payloads).notify(NotifyType::PPK_IDENTITY) != nullptr;
  if (mixes) {
    new_keys = derive_ike_keys_with_ppk(context.library, new_keys ? *new_keys : state.channel.keys(), state.proposal,
                                        nonces_of(state), state.named_ppk->ppk->secret.reveal(), record.initiator_spi,
                                        record.responder_spi);
    record.ppk = true;
  }
  // RFC 7383 §2.5.1: a request that is cut smaller wants its response again, which is sealed with the keys before.
  state.channel_before.reset();
  if (!new_keys) return std::move(state);
  export_ike_keys(context, record, *new_keys);
  state.channel_before = state.channel.succeed(std::move(*new_keys));
  return std::move(state);
}

/// Under the keys before its exchange, where it brought new ones.
void repeat_answer(Context& context, const IkeSaRecord& record, AwaitAuthRequest& state, const Received& received) {
  auto& channel = state.channel_before ? *state.channel_before : state.channel;
  answer_again(context, record, channel, state.window, received);
}

}  // namespace

State on_intermediate(AwaitAuthRequest&& state, const Received& received, Context& context, IkeSaRecord& record) {
  const auto& header = received.message.header;
  const auto verdict = state.window.judge(received.message, received.datagram.octets);
  const bool again =
      verdict == ResponseWindow::Verdict::retransmission || verdict == ResponseWindow::Verdict::refragmented;
  if (!header.response && again) {
    repeat_answer(context, record, state, received);
    return std::move(state);
  }
  // RFC 9242 §5: no exchange beyond those that were agreed on.
  if (header.response || verdict != ResponseWindow::Verdict::fresh || (state.to_come.empty() && !may_name_ppk(state)) ||
      !received.message.encrypted) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  auto request = open_request(context, record, state, received);
  if (!request) return std::move(request.error());
  const PayloadSet payloads(request->fine.inner.payloads);
  const auto method = method_of(state, payloads);
  if (auto refusal = judge(payloads, method)) {
    ++context.counters.malformed_authentic;
    return refuse_request(context, record, std::move(state), std::move(request->known_by), std::move(*refusal));
  }
  state.window.accepted(request->known_by, record.path());
  auto of_ppk = look_for_ppk(context, record, state, payloads);
  if (!method) return answer(context, record, std::move(state), request->fine.covered, of_ppk, std::nullopt);
  const auto job = context.start(JobClass::auth, RespondKeyExchange{*method, payloads.find<wire::KePayload>()->data});
  return AwaitAdditionalValue{std::move(state), std::move(of_ppk), std::move(request->fine.covered),
                              std::move(request->known_by), job};
}

State on(AwaitAdditionalValue&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto method = state.to_come.front();
  auto* responded = std::get_if<crypto::Responded>(&done.result);
  if (responded == nullptr) {
    auto known_by = std::move(state.known_by);
    return refuse_request(context, record, std::move(state), std::move(known_by),
                          failed_key_exchange(ExchangeType::IKE_INTERMEDIATE, method, done));
  }
  auto keys = derive_updated_ike_keys(context.library, state.channel.keys(), state.proposal, nonces_of(state),
                                      responded->shared_secret.reveal(), record.initiator_spi, record.responder_spi);
  std::vector<wire::Payload> payloads = {wire::KePayload{method, std::move(responded->public_value)}};
  std::ranges::move(state.answer, std::back_inserter(payloads));
  state.to_come.erase(state.to_come.begin());
  const auto request_covered = std::move(state.request_covered);
  return answer(context, record, std::move(state), request_covered, payloads, std::move(keys));
}

}  // namespace keypact::ike::v2
