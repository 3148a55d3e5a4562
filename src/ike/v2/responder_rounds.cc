// Further rounds of authentication as responder, behind the first one in responder_auth.cc. RFC 4739 §2.
#include "ike/v2/responder_steps.h"

namespace keypact::ike::v2 {
namespace {

Refusal malformed(std::string detail) {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
  refusal.rule = "RFC 4739 §2.1";
  refusal.detail = std::move(detail);
  return refusal;
}

Refusal ended_between_rounds() {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed);
  refusal.by_peer = true;
  refusal.detail = "the initiator ended it between two rounds of authentication";
  return refusal;
}

/// Whom this round is to prove.
std::optional<Refusal> refuses_claim(const ResponderAuth& state, const Identification& claimed) {
  const auto& wanted = state.peer.current(*state.connection).id;
  if (wanted.matches(claimed)) return std::nullopt;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::unknown_identity, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(state.connection->name + ": remote " + wanted.to_string() + " in round " +
                         std::to_string(state.peer.done() + 1));
  refusal.theirs.push_back("IDi " + claimed.to_string());
  return refusal;
}

/// The initiator's next round, or nothing where it has done all of them.
State on_round(Context& context, IkeSaRecord& record, ResponderAuth&& state, std::vector<wire::Payload> request) {
  const PayloadSet payloads(request);
  const bool awaits_more = state.peer.awaits_more(*state.connection);
  const auto* claim = payloads.id(PayloadType::IDi);
  const bool proves = payloads.count(PayloadType::AUTH) != 0;
  if (claim == nullptr && proves) return refuse(context, record, std::move(state), malformed("AUTH without IDi"));
  if ((claim != nullptr) != awaits_more)
    return refuse(context, record, std::move(state),
                  malformed(awaits_more ? "the initiator was to prove itself once more, and there is no IDi"
                                        : "the initiator begins a round of authentication that it has not announced"));
  state.eap.reset();
  if (claim == nullptr) return answer_round(context, record, std::move(state));
  const auto claimed = claim->id;
  state.round_payloads = std::move(request);
  if (auto refusal = refuses_claim(state, claimed))
    return refuse(context, record, std::move(state), std::move(*refusal));
  return proves ? verify_round(context, record, std::move(state))
                : begin_round_by_eap(context, record, std::move(state));
}

}  // namespace

State await_round(Context& context, const IkeSaRecord& record, ResponderAuth&& state,
                  std::vector<wire::Payload> answer) {
  ResponseWindow window(state.message_id);
  window.accepted(state.known_by, record.path());
  send_answer(context, record, state, window, answer);
  return AwaitRound{std::move(state), std::move(window)};
}

State on(AwaitRound&& state, const Received& received, Context& context, IkeSaRecord& record) {
  auto next = next_request(context, record, state, state.window, received, MessageKind::round_request);
  if (std::holds_alternative<std::monostate>(next)) return std::move(state);
  if (std::holds_alternative<GivenUp>(next))
    return ended_by_initiator(context, record, std::move(state), ended_between_rounds());
  if (auto* refusal = std::get_if<Refusal>(&next))
    return refuse(context, record, std::move(state), std::move(*refusal));
  return on_round(context, record, static_cast<ResponderAuth&&>(state),
                  std::move(std::get<std::vector<wire::Payload>>(next)));
}

}  // namespace keypact::ike::v2
