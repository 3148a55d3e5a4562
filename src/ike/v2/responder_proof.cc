// How we prove ourselves as responder, in each round. RFC 7296 §2.15, §2.16, RFC 4739 §2.
#include <algorithm>

#include "ike/v2/connection_choice.h"
#include "ike/v2/responder_steps.h"

namespace keypact::ike::v2 {
namespace {

/// After EAP it is AUTH alone: who we are was said before.
std::vector<wire::Payload> proof_payloads(ResponderAuth& state, std::vector<wire::Payload> certificates,
                                          wire::AuthPayload auth) {
  std::vector<wire::Payload> payloads;
  if (!state.eap) payloads.emplace_back(wire::IdPayload{PayloadType::IDr, state.round_id});
  std::ranges::move(certificates, std::back_inserter(payloads));
  payloads.emplace_back(std::move(auth));
  // RFC 8784 §3.
  if (std::exchange(state.confirms_ppk, false)) payloads.push_back(notify_payload(NotifyType::PPK_IDENTITY));
  // RFC 4739 §2.1.
  if (!state.eap && state.round + 1 < state.connection->local.size())
    payloads.push_back(notify_payload(NotifyType::ANOTHER_AUTH_FOLLOWS));
  return payloads;
}

/// The request of this round is without AUTH: the initiator is to prove itself by EAP, and has not yet.
bool begins_by_eap(const ResponderAuth& state) {
  const PayloadSet request(round_request(state));
  return state.peer.awaits_more(*state.connection) && !state.eap && request.count(PayloadType::AUTH) == 0;
}

/// Our part of this exchange is made.
State on_proven(Context& context, IkeSaRecord& record, ResponderAuth&& state, std::vector<wire::Payload> answer) {
  if (begins_by_eap(state)) return begin_eap(context, std::move(state), record, std::move(answer));
  const auto& connection = *state.connection;
  if (!state.peer.awaits_more(connection) && state.round >= connection.local.size())
    return establish(context, record, std::move(state), std::move(answer));
  return await_round(context, record, std::move(state), std::move(answer));
}

/// A round of ours is done by this AUTH.
State on_round_made(Context& context, IkeSaRecord& record, ResponderAuth&& state,
                    std::vector<wire::Payload> certificates, wire::AuthPayload auth) {
  auto answer = proof_payloads(state, std::move(certificates), std::move(auth));
  ++state.round;
  return on_proven(context, record, std::move(state), std::move(answer));
}

State use_shared_key(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  auto key = shared_key_for(context, state);
  if (!key) return refuse(context, record, std::move(state), std::move(key.error()));
  const auto id_body = wire::IdPayload{PayloadType::IDr, state.round_id}.body();
  wire::AuthPayload auth{AuthMethod::SHARED_KEY_MIC, shared_key_auth(context.library, (*key)->secret.reveal(),
                                                                     octets_of_responder(state, id_body))};
  return on_round_made(context, record, std::move(state), {}, std::move(auth));
}

State use_null(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  const auto id_body = wire::IdPayload{PayloadType::IDr, state.round_id}.body();
  wire::AuthPayload auth{AuthMethod::NULL_AUTHENTICATION,
                         null_auth(context.library, octets_of_responder(state, id_body))};
  return on_round_made(context, record, std::move(state), {}, std::move(auth));
}

/// RFC 7296 §2.16: with the key that EAP made, besides our own rounds.
State use_eap_key(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  const auto id_body = wire::IdPayload{PayloadType::IDr, state.round_id}.body();
  wire::AuthPayload auth{AuthMethod::SHARED_KEY_MIC,
                         shared_key_auth(context.library, secret_of(*state.eap, state.channel.keys().pr),
                                         octets_of_responder(state, id_body))};
  auto answer = proof_payloads(state, {}, std::move(auth));
  if (proves_both_by_eap(*state.connection)) state.round = state.connection->local.size();
  return on_proven(context, record, std::move(state), std::move(answer));
}

State sign(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  auto wishes = signature_wishes(PayloadSet(state.payloads));
  wishes.hashes = state.peer_hashes;
  const OwnRound own{*state.connection, state.connection->local.at(state.round)};
  auto signer = signer_for(context, own, wishes);
  if (!signer) return refuse(context, record, std::move(state), std::move(signer.error()));
  state.round_id = signer->identity;
  if (state.round == 0) state.local_id = state.round_id;
  const auto id_body = wire::IdPayload{PayloadType::IDr, state.round_id}.body();
  auto started = start_signature(context, own, *signer, wishes, octets_of_responder(state, id_body));
  if (!started) return refuse(context, record, std::move(state), std::move(started.error()));
  return AwaitResponderSignature{std::move(state), std::move(started->signature), started->job};
}

}  // namespace

State prove_ourselves(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  if (state.eap) return use_eap_key(context, record, std::move(state));
  const auto& rounds = state.connection->local;
  if (state.round >= rounds.size()) return on_proven(context, record, std::move(state), {});
  const auto& round = rounds[state.round];
  state.round_id = local_identity(*context.credentials, round, record.local.address);
  // RFC 5998 §3: no AUTH of ours before EAP, where the initiator takes that.
  if (begins_by_eap(state) && proves_both_by_eap(*state.connection) &&
      PayloadSet(state.payloads).notify(NotifyType::EAP_ONLY_AUTHENTICATION) != nullptr) {
    std::vector<wire::Payload> answer = {wire::IdPayload{PayloadType::IDr, state.round_id}};
    return begin_eap(context, std::move(state), record, std::move(answer));
  }
  if (auto refusal = refuses_eap_of_responder(round))
    return refuse(context, record, std::move(state), std::move(*refusal));
  if (round.kind == config::AuthKind::null_auth) return use_null(context, record, std::move(state));
  return signs(round) ? sign(context, record, std::move(state)) : use_shared_key(context, record, std::move(state));
}

State on(AwaitResponderSignature&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto auth = signed_auth(state.signature, done);
  if (!auth) return refuse(context, record, std::move(state), std::move(auth.error()));
  auto certificates = std::move(state.signature.certificates);
  return on_round_made(context, record, std::move(state), std::move(certificates), std::move(*auth));
}

}  // namespace keypact::ike::v2
