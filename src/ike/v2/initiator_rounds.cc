// Further rounds of authentication as initiator, behind the first one in initiator_auth.cc. RFC 4739 §2.
#include <algorithm>

#include "ike/v2/child_expectation.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/initiator_steps.h"

namespace keypact::ike::v2 {
namespace {

/// HDR, SK {IDi, [CERT+,] AUTH}
State send_proof(Context& context, const IkeSaRecord& record, AwaitAuth&& state,
                 std::vector<wire::Payload> certificates, wire::AuthPayload auth) {
  std::vector<wire::Payload> payloads = {wire::IdPayload{PayloadType::IDi, state.round_id}};
  std::ranges::move(certificates, std::back_inserter(payloads));
  payloads.emplace_back(std::move(auth));
  announce_round(context, record, state, payloads);
  send_request(context, record, state, payloads);
  return std::move(state);
}

State sign(Context& context, const IkeSaRecord& record, AwaitAuth&& state) {
  const OwnRound own{*state.intent.connection, *own_round(state)};
  auto signer = signer_for(context, own, state.wishes);
  if (!signer) return refuse_responder(context, record, std::move(state), std::move(signer.error()));
  state.round_id = signer->identity;
  const auto id_body = wire::IdPayload{PayloadType::IDi, state.round_id}.body();
  auto started =
      start_signature(context, own, *signer, state.wishes, own_octets(state, state.channel.keys().pi, id_body));
  if (!started) return refuse_responder(context, record, std::move(state), std::move(started.error()));
  return AwaitRoundSignature{std::move(state), std::move(started->signature), started->job};
}

State use_shared_key(Context& context, const IkeSaRecord& record, AwaitAuth&& state) {
  auto key = own_key(context, record, state);
  if (!key) return refuse_responder(context, record, std::move(state), std::move(key.error()));
  const auto id_body = wire::IdPayload{PayloadType::IDi, state.round_id}.body();
  wire::AuthPayload auth{
      AuthMethod::SHARED_KEY_MIC,
      shared_key_auth(context.library, (*key)->secret.reveal(), own_octets(state, state.channel.keys().pi, id_body))};
  return send_proof(context, record, std::move(state), {}, std::move(auth));
}

State begin_round(Context& context, const IkeSaRecord& record, AwaitAuth&& state) {
  const auto& round = *own_round(state);
  state.round_id = local_identity(*context.credentials, round, record.local.address);
  if (signs(round)) return sign(context, record, std::move(state));
  if (round.kind == config::AuthKind::psk) return use_shared_key(context, record, std::move(state));
  // RFC 7296 §2.16: without AUTH it asks for EAP.
  send_request(context, record, state, {wire::IdPayload{PayloadType::IDi, state.round_id}});
  return std::move(state);
}

}  // namespace

void announce_round(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                    std::vector<wire::Payload>& payloads) {
  if (state.round + 1 < state.intent.connection->local.size())
    return payloads.push_back(notify_payload(NotifyType::ANOTHER_AUTH_FOLLOWS));
  expect_first_child(context, record, state.intent, state.offer);
  state.expects = true;
}

State go_on(Context& context, IkeSaRecord& record, AwaitAuth&& state, const PayloadSet& payloads) {
  if (own_round(state) != nullptr) ++state.round;
  if (own_round(state) != nullptr) return begin_round(context, record, std::move(state));
  if (!state.peer.awaits_more(*state.intent.connection)) return establish(context, record, std::move(state), payloads);
  send_request(context, record, state, {});
  return std::move(state);
}

State on(AwaitRoundSignature&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto auth = signed_auth(state.signature, done);
  if (!auth) return refuse_responder(context, record, std::move(state), std::move(auth.error()));
  auto certificates = std::move(state.signature.certificates);
  return send_proof(context, record, static_cast<AwaitAuth&&>(state), std::move(certificates), std::move(*auth));
}

}  // namespace keypact::ike::v2
