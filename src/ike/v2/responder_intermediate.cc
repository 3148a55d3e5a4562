// IKE_INTERMEDIATE as responder. As many exchanges as there are additional key exchanges, and no more. RFC 9242 §3, RFC 9370
// §2.2.2.
#include "base/limits.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

Refusal refused(RefusalCode code, std::string detail, NotifyType notify = NotifyType::INVALID_SYNTAX) {
  auto refusal = refusal_in(ExchangeType::IKE_INTERMEDIATE, code, notify);
  refusal.detail = std::move(detail);
  return refusal;
}

/// The last response is kept as it went out: the keys that would seal it in smaller fragments are gone.
void answer_again(Context& context, const IkeSaRecord& record, const AwaitAuthRequest& state,
                  const Received& received) {
  ++context.counters.retransmissions_answered;
  for (const auto& octets : state.window.response().datagrams) {
    trace_retransmission(context, record.id, octets, 1);
    context.send({received.datagram.local, received.datagram.remote, octets});
  }
}

std::optional<Refusal> judge(const PayloadSet& payloads, KeyExchangeMethod method) {
  const auto* contract = contract_of(ExchangeType::IKE_INTERMEDIATE, false, payloads);
  if (const auto violation = check_contract(*contract, payloads))
    return refused(RefusalCode::malformed_message, violation->to_string());
  const auto& ke = *payloads.find<wire::KePayload>();
  if (ke.method != method)
    return refused(RefusalCode::key_exchange_method,
                   "the KE payload has " + to_string(ke.method) + ", agreed on was " + to_string(method));
  const auto octets = crypto::initiator_value_octets(method);
  if (ke.data.size() != octets)
    return refused(RefusalCode::key_exchange_failed, "the KE payload has " + std::to_string(ke.data.size()) +
                                                         " octets, " + to_string(method) + " takes " +
                                                         std::to_string(octets));
  return std::nullopt;
}

}  // namespace

State on_intermediate(AwaitAuthRequest&& state, const Received& received, Context& context, IkeSaRecord& record) {
  const auto& header = received.message.header;
  const auto verdict = state.window.judge(received.message, received.datagram.octets);
  if (!header.response && verdict == ResponseWindow::Verdict::retransmission) {
    answer_again(context, record, state, received);
    return std::move(state);
  }
  // RFC 9242 §5: no exchange beyond those that were agreed on.
  if (header.response || verdict != ResponseWindow::Verdict::fresh || state.to_come.empty() ||
      !received.message.encrypted) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  const auto opened = state.channel.open(context, record, received, limits::kHalfOpenReassembledOctets);
  if (std::holds_alternative<Partial>(opened)) return std::move(state);
  if (std::holds_alternative<NotAuthentic>(opened)) return on_junk(context, record, std::move(state));
  follow_ports(record, state, received);
  auto known_by = state.channel.identity_of(received);
  if (const auto* malformed = std::get_if<AuthenticButMalformed>(&opened)) {
    ++context.counters.malformed_authentic;
    auto refusal = refused(RefusalCode::malformed_message, malformed->error.to_string(), malformed->error.notify());
    return refuse_request(context, record, std::move(state), std::move(known_by), std::move(refusal));
  }
  const auto& fine = std::get<Fine>(opened);
  const PayloadSet payloads(fine.inner.payloads);
  if (auto refusal = judge(payloads, state.to_come.front())) {
    ++context.counters.malformed_authentic;
    return refuse_request(context, record, std::move(state), std::move(known_by), std::move(*refusal));
  }
  state.window.accepted(std::move(known_by), record.path());
  const auto job =
      context.start(JobClass::auth, RespondKeyExchange{state.to_come.front(), payloads.find<wire::KePayload>()->data});
  return AwaitAdditionalValue{std::move(state), fine.covered, job};
}

State on(AwaitAdditionalValue&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto method = state.to_come.front();
  auto* responded = std::get_if<crypto::Responded>(&done.result);
  if (responded == nullptr) {
    auto refusal = refused(RefusalCode::key_exchange_failed, "additional key exchange with " + to_string(method));
    if (const auto* error = std::get_if<crypto::KeyExchangeError>(&done.result))
      refusal.detail += ": " + crypto::to_string(*error);
    return refuse_request(context, record, std::move(state), {}, std::move(refusal));
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
  state.channel.set_keys(std::move(keys));
  state.to_come.erase(state.to_come.begin());
  return static_cast<AwaitAuthRequest&&>(state);
}

}  // namespace keypact::ike::v2
