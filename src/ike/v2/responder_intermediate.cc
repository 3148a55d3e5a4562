// IKE_INTERMEDIATE as responder. As many exchanges as there are additional key exchanges, and no more. RFC 9242 §3, RFC 9370
// §2.2.2.
#include "ike/v2/additional_key_exchange.h"
#include "ike/v2/contracts.h"
#include "ike/v2/responder_steps.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

std::optional<Refusal> judge(const PayloadSet& payloads, KeyExchangeMethod method) {
  const auto* contract = contract_of(ExchangeType::IKE_INTERMEDIATE, false, payloads);
  if (const auto violation = check_contract(*contract, payloads)) {
    auto refusal =
        refusal_in(ExchangeType::IKE_INTERMEDIATE, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    refusal.detail = violation->to_string();
    return refusal;
  }
  return refuses_value(ExchangeType::IKE_INTERMEDIATE, *payloads.find<wire::KePayload>(), method, ValueOf::initiator);
}

/// Under the keys before its exchange.
void repeat_answer(Context& context, const IkeSaRecord& record, AwaitAuthRequest& state, const Received& received) {
  if (!state.channel_before) {
    ++context.counters.out_of_state;
    return;
  }
  answer_again(context, record, *state.channel_before, state.window, received);
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
  if (header.response || verdict != ResponseWindow::Verdict::fresh || state.to_come.empty() ||
      !received.message.encrypted) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  auto request = open_request(context, record, state, received);
  if (!request) return std::move(request.error());
  const PayloadSet payloads(request->fine.inner.payloads);
  if (auto refusal = judge(payloads, state.to_come.front())) {
    ++context.counters.malformed_authentic;
    return refuse_request(context, record, std::move(state), std::move(request->known_by), std::move(*refusal));
  }
  state.window.accepted(request->known_by, record.path());
  const auto job =
      context.start(JobClass::auth, RespondKeyExchange{state.to_come.front(), payloads.find<wire::KePayload>()->data});
  return AwaitAdditionalValue{std::move(state), std::move(request->fine.covered), std::move(request->known_by), job};
}

State on(AwaitAdditionalValue&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto method = state.to_come.front();
  auto* responded = std::get_if<crypto::Responded>(&done.result);
  if (responded == nullptr) {
    auto known_by = std::move(state.known_by);
    return refuse_request(context, record, std::move(state), std::move(known_by),
                          failed_key_exchange(ExchangeType::IKE_INTERMEDIATE, method, done));
  }
  const auto header = record.header(ExchangeType::IKE_INTERMEDIATE, state.covered.next_id(), true);
  const std::vector<wire::Payload> payloads = {wire::KePayload{method, std::move(responded->public_value)}};
  auto response = state.channel.seal(context, record, header, payloads);
  send(context, record.path(), response);
  state.window.answered(std::move(response));
  state.covered.add(context.library, state.channel.keys(), state.request_covered, covered_octets(header, payloads));
  auto keys =
      derive_updated_ike_keys(context.library, state.channel.keys(), state.proposal, {state.peer_nonce, state.nonce},
                              responded->shared_secret.reveal(), record.initiator_spi, record.responder_spi);
  export_ike_keys(context, record, keys);
  // RFC 7383 §2.5.1: a request that is cut smaller wants its response again, which is sealed with the keys before.
  state.channel_before = state.channel.succeed(std::move(keys));
  state.to_come.erase(state.to_come.begin());
  return static_cast<AwaitAuthRequest&&>(state);
}

}  // namespace keypact::ike::v2
