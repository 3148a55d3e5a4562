// EAP as initiator: the responder has proven itself by its AUTH, and we prove ourselves inside of IKE_AUTH. RFC 7296 §2.16.
#include <algorithm>

#include "eap/packet.h"
#include "ike/v2/child_expectation.h"
#include "ike/v2/contracts.h"
#include "ike/v2/initiator_steps.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

Refusal malformed(std::string detail) {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message);
  refusal.detail = std::move(detail);
  return refusal;
}

EapClientStep step_for(const Context& context, const AwaitAuth& state, std::unique_ptr<eap::Client> conversation,
                       Octets packet) {
  return {std::move(conversation), std::move(packet), state.intent.connection,
          context.configuration,   state.round_id,    state.round};
}

/// HDR, SK {AUTH}: with the key that EAP made.
State send_proof(Context& context, const IkeSaRecord& record, EapInitiator&& state, EapProof proof) {
  const auto id_body = wire::IdPayload{PayloadType::IDi, state.round_id}.body();
  const auto auth_with = [&](const SkP& sk_pi) {
    return shared_key_auth(context.library, secret_of(proof, sk_pi), own_octets(state, sk_pi, id_body));
  };
  if (state.ppk && !state.intent.connection->ppk_required) state.ppk->without = auth_with(state.channel.keys().pi);
  std::vector<wire::Payload> payloads = {wire::AuthPayload{
      AuthMethod::SHARED_KEY_MIC, auth_with(state.ppk ? state.ppk->keys.pi : state.channel.keys().pi)}};
  if (state.ppk) std::ranges::move(ppk_payloads(state), std::back_inserter(payloads));
  announce_round(context, record, state, payloads);
  send_request(context, record, state, payloads);
  return AwaitEapFinal{std::move(state), std::move(proof)};
}

/// A response that EAP allows at this place; nothing is left to decide where it is of the wanted kind.
std::optional<State> refuse_unless(MessageKind wanted, Context& context, const IkeSaRecord& record, AwaitAuth& state,
                                   const PayloadSet& payloads) {
  const auto* contract = eap_contract_of(true, payloads);
  const auto violation = check_contract(*contract, payloads);
  if (violation) return refuse_responder(context, record, std::move(state), malformed(violation->to_string()));
  if (contract->kind == wanted) return std::nullopt;
  if (const auto* error = payloads.error()) return refused_by_responder(context, record, std::move(state), *error);
  return refuse_responder(context, record, std::move(state),
                          malformed("a message out of its place in EAP (RFC 7296 §2.16)"));
}

/// The second proof of a responder that has given one before, or its only one.
std::optional<PeerAuthenticated> proven_responder(const Context& context, const AwaitEapFinal& state,
                                                  const SignedOctets& octets, const wire::AuthPayload& auth) {
  const auto& claimed = state.peer_id->id;
  if (!state.unproven)
    return verify_eap_auth(context.library, secret_of(state.proof, state.channel.keys().pr), octets, claimed, claimed,
                           auth);
  const auto secret = secret_of_both(state.proof);
  if (!secret) return std::nullopt;
  return verify_eap_auth(context.library, *secret, octets, claimed, claimed, auth);
}

}  // namespace

State begin_eap(Context& context, AwaitAuth&& state, std::optional<ResponderUnproven> unproven,
                const PayloadSet& payloads) {
  auto packet = payloads.find<wire::EapPayload>()->message;
  const auto job = context.start(JobClass::auth, step_for(context, state, nullptr, std::move(packet)));
  return AwaitEapClient{{std::move(state), unproven}, job};
}

State begin_eap_only(Context& context, const IkeSaRecord& record, AwaitAuth&& state, const PayloadSet& payloads) {
  // RFC 5998 §3: a method that may not be used ends it at once.
  const auto proposed = eap::parse_packet(payloads.find<wire::EapPayload>()->message);
  if (proposed && proposed->code == eap::Code::Request && eap::authenticates(proposed->type) &&
      !eap::fit_for_eap_only(proposed->type))
    return refuse_responder(context, record, std::move(state), unfit_for_eap_only(proposed->type));
  return begin_eap(context, std::move(state), ResponderUnproven{}, payloads);
}

State on(AwaitEapClient&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto* stepped = std::get_if<EapClientStepped>(&done.result);
  if (stepped == nullptr) return refuse_responder(context, record, std::move(state), malformed("EAP could not go on"));
  auto& step = *stepped->step;
  if (auto* failed = std::get_if<eap::ClientFailed>(&step)) {
    auto refusal = eap_refusal(failed->refusal);
    // RFC 7296 §2.16: with EAP-Failure the responder has ended it.
    if (refusal.by_peer) return end_attempt(context, record, std::move(state), std::move(refusal));
    return refuse_responder(context, record, std::move(state), std::move(refusal));
  }
  if (auto* more = std::get_if<eap::ClientSend>(&step)) {
    send_request(context, record, state, {wire::EapPayload{std::move(more->packet)}});
    return AwaitEapRequest{static_cast<EapInitiator&&>(state), std::move(stepped->conversation)};
  }
  auto& succeeded = std::get<eap::ClientSucceeded>(step);
  EapProof proof{std::move(succeeded.msk), {}, succeeded.method};
  if (state.unproven && !secret_of_both(proof))
    return refuse_responder(context, record, std::move(state), unfit_for_eap_only(proof.method));
  return send_proof(context, record, static_cast<EapInitiator&&>(state), std::move(proof));
}

State on(AwaitEapRequest&& state, const Received& received, Context& context, IkeSaRecord& record) {
  auto answered = take_response(context, record, state, received);
  if (std::holds_alternative<std::monostate>(answered)) return std::move(state);
  if (auto* refusal = std::get_if<Refusal>(&answered))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  const PayloadSet payloads(std::get<std::vector<wire::Payload>>(answered));
  if (auto over = refuse_unless(MessageKind::eap_response, context, record, state, payloads)) return std::move(*over);
  const auto job = context.start(JobClass::auth, step_for(context, state, std::move(state.conversation),
                                                          payloads.find<wire::EapPayload>()->message));
  return AwaitEapClient{static_cast<EapInitiator&&>(state), job};
}

State on(AwaitEapFinal&& state, const Received& received, Context& context, IkeSaRecord& record) {
  auto answered = take_response(context, record, state, received);
  if (std::holds_alternative<std::monostate>(answered)) return std::move(state);
  if (auto* refusal = std::get_if<Refusal>(&answered))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  const auto all = std::move(std::get<std::vector<wire::Payload>>(answered));
  const PayloadSet payloads(all);
  if (auto over = refuse_unless(MessageKind::eap_auth_response, context, record, state, payloads))
    return std::move(*over);
  if (auto refusal = settle_ppk(record, state, payloads))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  const auto& keys = state.channel.keys();
  const auto id_body = state.peer_id->body();
  const SignedOctets octets{state.response, state.nonce, keys.prf, keys.pr, id_body, state.covered.octets()};
  auto peer = proven_responder(context, state, octets, *payloads.find<wire::AuthPayload>());
  if (!peer) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed);
    refusal.notify = NotifyType::AUTHENTICATION_FAILED;
    refusal.rule = "RFC 7296 §2.16";
    refusal.detail = "the responder's AUTH after EAP does not fit the key that EAP made";
    return refuse_responder(context, record, std::move(state), std::move(refusal));
  }
  if (state.unproven) state.peer.take(std::move(*peer));
  return go_on(context, record, std::move(state), payloads);
}

}  // namespace keypact::ike::v2
