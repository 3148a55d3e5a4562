// EAP as responder: the initiator authenticates itself inside of IKE_AUTH, over as many messages as its method takes.
// RFC 7296 §2.16.
#include <algorithm>

#include "base/limits.h"
#include "ike/v2/contracts.h"
#include "ike/v2/public_key_auth.h"
#include "ike/v2/responder_steps.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

/// A person may have to type a password.
constexpr Duration kRoundLife = seconds(60);

Refusal malformed(std::string detail) {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
  refusal.detail = std::move(detail);
  return refusal;
}

/// RFC 7296 §2.21.2: an initiator that does not accept us says so in an INFORMATIONAL exchange; nothing else has a place there yet.
bool gives_up(const Opened& opened) {
  const auto* fine = std::get_if<Fine>(&opened);
  if (fine == nullptr) return false;
  const PayloadSet payloads(fine->inner.payloads);
  const auto deletes = payloads.all_of<wire::DeletePayload>();
  return payloads.notify(NotifyType::AUTHENTICATION_FAILED) != nullptr ||
         std::ranges::any_of(deletes, [](const auto* each) { return each->protocol == ProtocolId::IKE; });
}

EapServerStep step_for(const Context& context, const IkeSaRecord& record, const ResponderAuth& state,
                       EapConversation conversation, Octets packet) {
  return {std::move(conversation), std::move(packet), state.connection, context.configuration,
          peer_id_of(state).id,    state.peer.done(), record.id,        record.path()};
}

/// swanctl's eap_id: whom we take.
std::optional<Refusal> refuses_identity(const ResponderAuth& state, const std::string& identity) {
  const auto& wanted = state.peer.current(*state.connection).eap_id;
  const auto who = eap_identity(identity);
  if (!wanted || wanted->matches(who)) return std::nullopt;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::unknown_identity, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(state.connection->name + ": eap_id = " + wanted->to_string());
  refusal.theirs.push_back("the EAP identity " + who.to_string());
  return refusal;
}

}  // namespace

void send_answer(Context& context, const IkeSaRecord& record, ResponderAuth& state, ResponseWindow& window,
                 const std::vector<wire::Payload>& payloads) {
  auto response =
      state.channel.seal(context, record, record.header(ExchangeType::IKE_AUTH, state.message_id, true), payloads);
  send(context, record.path(), response);
  window.answered(std::move(response));
  state.expires = context.now + kRoundLife;
}

/// Why it has ended: what EAP had told the initiator before, else nobody knows.
State given_up(Context& context, const IkeSaRecord& record, ResponderAuth&& state,
               const std::optional<eap::Refusal>& decided) {
  auto refusal = eap_refusal(decided.value_or(eap::Refusal{eap::Reason::refused_by_peer, eap::Method::Identity,
                                                           "the initiator ended it in the middle of EAP"}));
  refusal.theirs.push_back("IDi " + peer_id_of(state).id.to_string());
  return ended_by_initiator(context, record, std::move(state), std::move(refusal));
}

Next next_request(Context& context, IkeSaRecord& record, ResponderAuth& state, ResponseWindow& window,
                  const Received& received, MessageKind wanted) {
  const auto& header = received.message.header;
  const bool ends = header.exchange == ExchangeType::INFORMATIONAL;
  if ((header.exchange != ExchangeType::IKE_AUTH && !ends) || header.response || !received.message.encrypted) {
    ++context.counters.out_of_state;
    return {};
  }
  const auto verdict = window.judge(received.message, received.datagram.octets);
  if (verdict == ResponseWindow::Verdict::retransmission || verdict == ResponseWindow::Verdict::refragmented) {
    answer_again(context, record, state.channel, window, received);
    return {};
  }
  if (verdict == ResponseWindow::Verdict::outside) {
    ++context.counters.out_of_window;
    return {};
  }
  const auto opened = state.channel.open(context, record, received, limits::kHalfOpenReassembledOctets);
  if (std::holds_alternative<NotAuthentic>(opened)) ++context.counters.not_authentic;
  if (std::holds_alternative<NotAuthentic>(opened) || std::holds_alternative<Partial>(opened)) return {};
  if (ends && !gives_up(opened)) {
    ++context.counters.out_of_state;
    return {};
  }
  record.local = received.datagram.local;
  record.remote = received.datagram.remote;
  state.known_by = state.channel.identity_of(received);
  state.message_id = header.message_id;
  window.accepted(state.known_by, record.path());
  if (const auto* bad = std::get_if<AuthenticButMalformed>(&opened)) {
    ++context.counters.malformed_authentic;
    return malformed(bad->error.to_string());
  }
  if (ends) return GivenUp{};
  auto payloads = std::get<Fine>(opened).inner.payloads;
  const PayloadSet set(payloads);
  const bool begins = wanted == MessageKind::round_request;
  const auto* contract = begins ? round_contract_of(false, set) : eap_contract_of(false, set);
  const auto violation = check_contract(*contract, set);
  if (!violation && contract->kind == wanted) return payloads;
  ++context.counters.malformed_authentic;
  return malformed(violation ? violation->to_string() : "EAP is not at its end (RFC 7296 §2.16)");
}

State begin_eap(Context& context, ResponderAuth&& state, const IkeSaRecord& record, std::vector<wire::Payload> answer) {
  ResponseWindow window(state.message_id);
  window.accepted(state.known_by, record.path());
  const auto job = context.start(JobClass::auth, step_for(context, record, state, {}, {}));
  return AwaitEapServer{std::move(state), std::move(window), std::move(answer), job};
}

State on(AwaitEapServer&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto* stepped = std::get_if<EapServerStepped>(&done.result);
  if (stepped == nullptr) return refuse(context, record, std::move(state), malformed("EAP could not go on"));
  auto& step = *stepped->step;
  auto answer = std::move(state.answer);
  if (auto* failed = std::get_if<eap::ServerFailed>(&step)) {
    answer.emplace_back(wire::EapPayload{std::move(failed->packet)});
    auto refusal = eap_refusal(failed->refusal);
    refusal.theirs.push_back("IDi " + peer_id_of(state).id.to_string());
    return refuse(context, record, std::move(state), std::move(refusal), std::move(answer));
  }
  if (auto* more = std::get_if<eap::Send>(&step)) {
    answer.emplace_back(wire::EapPayload{std::move(more->packet)});
    send_answer(context, record, state, state.window, answer);
    return AwaitEapResponse{static_cast<ResponderAuth&&>(state), std::move(state.window),
                            std::move(stepped->conversation), std::move(more->decided)};
  }
  auto& succeeded = std::get<eap::ServerSucceeded>(step);
  EapProof proof{std::move(succeeded.msk), std::move(succeeded.identity), succeeded.method};
  if (proves_both_by_eap(*state.connection) && !secret_of_both(proof))
    return refuse(context, record, std::move(state), unfit_for_eap_only(proof.method));
  if (auto refusal = refuses_identity(state, proof.identity))
    return refuse(context, record, std::move(state), std::move(*refusal));
  answer.emplace_back(wire::EapPayload{std::move(succeeded.packet)});
  send_answer(context, record, state, state.window, answer);
  return AwaitEapAuth{static_cast<ResponderAuth&&>(state), std::move(state.window), std::move(proof)};
}

State on(AwaitEapResponse&& state, const Received& received, Context& context, IkeSaRecord& record) {
  auto next = next_request(context, record, state, state.window, received, MessageKind::eap_request);
  if (std::holds_alternative<std::monostate>(next)) return std::move(state);
  if (std::holds_alternative<GivenUp>(next)) return given_up(context, record, std::move(state), state.decided);
  if (auto* refusal = std::get_if<Refusal>(&next))
    return refuse(context, record, std::move(state), std::move(*refusal));
  const PayloadSet payloads(std::get<std::vector<wire::Payload>>(next));
  const auto job = context.start(JobClass::auth, step_for(context, record, state, std::move(state.conversation),
                                                          payloads.find<wire::EapPayload>()->message));
  return AwaitEapServer{static_cast<ResponderAuth&&>(state), std::move(state.window), {}, job};
}

State on(AwaitEapAuth&& state, const Received& received, Context& context, IkeSaRecord& record) {
  auto next = next_request(context, record, state, state.window, received, MessageKind::eap_auth_request);
  if (std::holds_alternative<std::monostate>(next)) return std::move(state);
  if (std::holds_alternative<GivenUp>(next)) return given_up(context, record, std::move(state), std::nullopt);
  if (auto* refusal = std::get_if<Refusal>(&next))
    return refuse(context, record, std::move(state), std::move(*refusal));
  auto& request = std::get<std::vector<wire::Payload>>(next);
  if (auto refusal = settle_ppk(context, record, state, request))
    return refuse(context, record, std::move(state), std::move(*refusal));
  const PayloadSet payloads(request);
  const auto& id = peer_id_of(state);
  const auto id_body = id.body();
  const auto identity = eap_identity(state.proof.identity);
  auto peer =
      verify_eap_auth(context.library, secret_of(state.proof, state.channel.keys().pi),
                      octets_of_initiator(state, id_body), id.id, identity, *payloads.find<wire::AuthPayload>());
  if (!peer) {
    auto refusal =
        refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
    refusal.detail = "AUTH after EAP does not fit the key that EAP made";
    refusal.rule = "RFC 7296 §2.16";
    refusal.theirs.push_back("the EAP identity " + identity.to_string());
    return refuse(context, record, std::move(state), std::move(refusal));
  }
  state.eap = std::move(state.proof);
  return on_round_proven(context, record, static_cast<ResponderAuth&&>(state), std::move(*peer), payloads);
}

}  // namespace keypact::ike::v2
