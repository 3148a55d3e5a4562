// IKE_SA_INIT as initiator. IKE_AUTH follows in initiator_auth.cc.
#include "ike/v2/initiator.h"

#include <algorithm>

#include "base/limits.h"
#include "ike/core/redirect.h"
#include "ike/v2/child_mode.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"
#include "ike/v2/ppk_intermediate.h"

namespace keypact::ike::v2 {
namespace {

/// How long a better answer is waited for after an error in clear.
constexpr Duration kUnprotectedErrorGrace = seconds(3);

/// Percent of the usual intervals between transmissions: the clients of a gateway that is away do not knock in step.
constexpr unsigned kSlowestPace = 112;
constexpr unsigned kPaces = 25;

Refusal sa_init_refusal(RefusalCode code, const config::Connection& connection) {
  auto refusal = refusal_in(ExchangeType::IKE_SA_INIT, code);
  if (code == RefusalCode::no_proposal_chosen || code == RefusalCode::unexpected_choice)
    refusal.ours = describe(connection.ike_proposals);
  return refusal;
}

State make_key_pair(Context& context, Intent intent, SaInitTry attempt) {
  const auto job = context.start(JobClass::sa_init, BeginKeyExchange{attempt.method});
  return AwaitKeyPair{std::move(intent), std::move(attempt), job};
}

std::vector<wire::Payload> request_payloads(Context& context, const IkeSaRecord& record, const AwaitSaInit& state) {
  std::vector<wire::Payload> payloads;
  // RFC 7296 §2.6: the cookie comes back as the first payload, all else unchanged.
  if (!state.attempt.cookie.empty()) payloads.push_back(notify_payload(NotifyType::COOKIE, state.attempt.cookie));
  payloads.emplace_back(sa_payload(state.intent.connection->ike_proposals, {}, KeyExchangeUse::negotiate));
  payloads.emplace_back(wire::KePayload{state.attempt.method, state.public_value});
  payloads.emplace_back(wire::NoncePayload{state.attempt.nonce});
  std::ranges::move(nat_detection_payloads(context.library, record.initiator_spi, IkeSpi{}, record.local, record.remote,
                                           state.intent.connection->encap),
                    std::back_inserter(payloads));
  if (state.intent.connection->fragmentation != config::Tristate::no)
    payloads.push_back(notify_payload(NotifyType::IKEV2_FRAGMENTATION_SUPPORTED));
  // RFC 5685 §3: at the gateway that we were sent to it says the same, and whence we come.
  if (const auto& from = state.intent.redirections.from)
    payloads.push_back(notify_payload(NotifyType::REDIRECTED_FROM, redirect_data(Identification::of(*from))));
  else if (context.options.follow_redirects) payloads.push_back(notify_payload(NotifyType::REDIRECT_SUPPORTED));
  if (has_signatures(*state.intent.connection)) payloads.push_back(signature_hash_algorithms());
  if (needs_private_numbers(*state.intent.connection)) payloads.push_back(private_numbers_known());
  // RFC 9370 §2.2.1, RFC 9867: both need IKE_INTERMEDIATE.
  if (offers_additional_key_exchange(state.intent.connection->ike_proposals) || state.attempt.offers_ppk)
    payloads.push_back(notify_payload(NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED));
  // RFC 8784 §3: along with a cookie it comes again.
  if (state.attempt.offers_ppk) std::ranges::move(ppk_uses(context.options), std::back_inserter(payloads));
  return payloads;
}

State send_request(Context& context, const IkeSaRecord& record, AwaitSaInit&& state) {
  const auto header = record.header(ExchangeType::IKE_SA_INIT, 0, false);
  const auto payloads = request_payloads(context, record, state);
  state.request = wire::encode_message(header, payloads);
  const auto pace = kSlowestPace - static_cast<unsigned>(context.random.u64() % kPaces);
  state.retransmission = Retransmission(context.now, pace, context.options.give_up_after);
  trace_sent_in_clear(context, record.id, header, payloads, state.request.size());
  context.send({record.local, record.remote, state.request});
  return std::move(state);
}

State give_up(Context& context, const IkeSaRecord& record, const AwaitSaInit& state, Refusal reason) {
  return close_attempt(context, record, state.intent, std::move(reason));
}

/// RFC 7296 §2.6: the same request again, with the cookie.
State follow_cookie(Context& context, const IkeSaRecord& record, AwaitSaInit&& state,
                    const wire::NotifyPayload& cookie) {
  if (cookie.data.empty() || cookie.data.size() > limits::kCookieMaxOctets) return std::move(state);
  state.attempt.cookie = cookie.data;
  ++state.attempt.restarts;
  return send_request(context, record, std::move(state));
}

/// RFC 7296 §1.2: INVALID_KE_PAYLOAD names the method that the responder wants; only one of our own offer is followed.
State follow_invalid_ke(Context& context, AwaitSaInit&& state, const wire::NotifyPayload& notify) {
  const auto wanted = method_named_by(notify);
  const auto& proposals = state.intent.connection->ike_proposals;
  if (!wanted || *wanted == state.attempt.method || !offers(proposals, *wanted)) {
    auto refusal = sa_init_refusal(RefusalCode::key_exchange_method, *state.intent.connection);
    refusal.notify = NotifyType::INVALID_KE_PAYLOAD;
    refusal.by_peer = true;
    for (const auto& proposal : proposals)
      for (const auto& transform : proposal.of_type(TransformType::KE))
        if (const auto text = to_string(transform); std::ranges::find(refusal.ours, text) == refusal.ours.end())
          refusal.ours.push_back(text);
    refusal.theirs.push_back(wanted ? to_string(*wanted) : "no method named");
    state.hint_expires = context.now + kUnprotectedErrorGrace;
    state.hint = std::move(refusal);
    return std::move(state);
  }
  auto attempt = std::move(state.attempt);
  attempt.method = *wanted;
  ++attempt.restarts;
  return make_key_pair(context, std::move(state.intent), std::move(attempt));
}

/// RFC 5685 §3: whoever can show our nonce has seen our request. One that does not is passed over in silence.
State on_redirect(AwaitSaInit&& state, const wire::NotifyPayload& notify, Context& context, const IkeSaRecord& record) {
  const auto redirect = parse_redirect(notify.data);
  if (!redirect || redirect->nonce != state.attempt.nonce) {
    ++context.counters.redirects_refused;
    return std::move(state);
  }
  auto destination = follow_redirect(context, *redirect, record.path(), state.intent.redirections);
  if (destination)
    return follow_attempt(context, record, state.intent, destination->gateway, std::move(destination->redirections));
  if (!state.hint) state.hint_expires = context.now + kUnprotectedErrorGrace;
  state.hint = std::move(destination.error());
  state.hint->exchange = ExchangeType::IKE_SA_INIT;
  return std::move(state);
}

State on_notify_response(AwaitSaInit&& state, const PayloadSet& payloads, Context& context, const IkeSaRecord& record) {
  const auto* cookie = payloads.notify(NotifyType::COOKIE);
  const auto* invalid_ke = payloads.notify(NotifyType::INVALID_KE_PAYLOAD);
  // Each copy of our first request brings its own.
  if (cookie != nullptr && cookie->data == state.attempt.cookie) return std::move(state);
  if ((cookie != nullptr || invalid_ke != nullptr) && state.attempt.restarts >= limits::kSaInitRestarts) {
    // RFC 7296 §2.21.1: these may be forged, and a good answer may still come.
    if (!state.hint) state.hint_expires = context.now + kUnprotectedErrorGrace;
    state.hint = sa_init_refusal(RefusalCode::too_many_restarts, *state.intent.connection);
    return std::move(state);
  }
  if (cookie != nullptr) return follow_cookie(context, record, std::move(state), *cookie);
  if (invalid_ke != nullptr) return follow_invalid_ke(context, std::move(state), *invalid_ke);
  if (const auto* redirect = payloads.notify(NotifyType::REDIRECT))
    return on_redirect(std::move(state), *redirect, context, record);
  const auto* error = payloads.error();
  if (error == nullptr) return std::move(state);
  ++context.counters.unprotected_errors;
  if (!state.hint) state.hint_expires = context.now + kUnprotectedErrorGrace;
  state.hint = sa_init_refusal(refusal_code_of(error->type), *state.intent.connection);
  state.hint->notify = error->type;
  state.hint->by_peer = true;
  return std::move(state);
}

/// The parts of a good response; nothing when it must be ignored, since it came in clear and proves nothing.
struct SaInitAnswer {
  ChosenProposal choice;
  const wire::KePayload* ke = nullptr;
  const wire::NoncePayload* nonce = nullptr;
};
std::optional<SaInitAnswer> read_answer(const AwaitSaInit& state, const PayloadSet& payloads) {
  auto choice = accept_choice(*payloads.find<wire::SaPayload>(), state.intent.connection->ike_proposals,
                              KeyExchangeUse::negotiate);
  const auto* ke = payloads.find<wire::KePayload>();
  const auto* nonce = payloads.find<wire::NoncePayload>();
  if (!choice || ke->method != state.attempt.method || key_exchange_of(choice->proposal) != ke->method)
    return std::nullopt;
  if (!additional_key_exchanges(choice->proposal).empty() &&
      payloads.notify(NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED) == nullptr)
    return std::nullopt;
  // A reflected nonce means that we talk to ourselves.
  if (nonce->nonce == state.attempt.nonce) return std::nullopt;
  if (ke->data.size() != crypto::responder_value_octets(ke->method)) return std::nullopt;
  return SaInitAnswer{std::move(*choice), ke, nonce};
}

}  // namespace

State begin_initiator(Context& context, IkeSaRecord& record, Intent intent) {
  const auto method = first_method(intent.connection->ike_proposals);
  auto ppk = ppk_to_offer(*context.configuration, *intent.connection);
  if (!ppk) return close_attempt(context, record, intent, std::move(ppk.error()));
  SaInitTry attempt{context.random.octets(kNonceOctets), method, {}, 0, *ppk != nullptr};
  return make_key_pair(context, std::move(intent), std::move(attempt));
}

State on(AwaitKeyPair&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto* begun = std::get_if<crypto::Begun>(&done.result);
  if (begun == nullptr) {
    auto refusal = sa_init_refusal(RefusalCode::key_exchange_failed, *state.intent.connection);
    refusal.detail = "this system cannot make a key pair for " + to_string(state.attempt.method);
    return close_attempt(context, record, state.intent, std::move(refusal));
  }
  return send_request(context, record,
                      AwaitSaInit{std::move(state.intent),
                                  std::move(state.attempt),
                                  std::move(begun->state),
                                  std::move(begun->public_value),
                                  {},
                                  Retransmission(context.now),
                                  std::nullopt,
                                  {}});
}

State on(AwaitSaInit&& state, const Received& received, Context& context, IkeSaRecord& record) {
  const auto& header = received.message.header;
  const PayloadSet payloads(received.message.clear.payloads);
  const bool is_answer = header.exchange == ExchangeType::IKE_SA_INIT && header.response && header.message_id == 0 &&
                         !header.initiator && !received.message.encrypted;
  const auto* contract = is_answer ? contract_of(header.exchange, true, payloads) : nullptr;
  if (contract == nullptr || check_contract(*contract, payloads)) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  trace_message(context, record.id, false, received.message, nullptr, received.datagram.octets.size());
  if (contract->kind == MessageKind::notify_response)
    return on_notify_response(std::move(state), payloads, context, record);

  const bool spi_is_sound = !header.responder_spi.is_zero() && header.responder_spi != record.initiator_spi;
  auto answer = spi_is_sound ? read_answer(state, payloads) : std::nullopt;
  if (!answer) {
    // RFC 7296 §2.21.1: nothing in clear ends the attempt; a better answer may still come.
    if (!state.hint) state.hint_expires = context.now + kUnprotectedErrorGrace;
    state.hint = sa_init_refusal(RefusalCode::unexpected_choice, *state.intent.connection);
    state.hint->theirs = describe(proposals_of(*payloads.find<wire::SaPayload>()));
    return std::move(state);
  }
  record.responder_spi = header.responder_spi;
  record.nat = detect_nat(context.library, record.initiator_spi, record.responder_spi, received.datagram.local,
                          received.datagram.remote, payloads);
  record.private_numbers = knows_private_numbers(payloads);
  const auto fragmentation = fragmentation_use(state.intent.connection->fragmentation, payloads);
  const auto ppk = state.attempt.offers_ppk ? chosen_ppk_use(payloads) : PpkUse::none;
  const auto job = context.start(JobClass::sa_init, FinishKeyExchange{std::move(state.key_pair), answer->ke->data});
  return AwaitSharedSecret{
      {std::move(state.intent), std::move(state.attempt.nonce), std::move(state.request), received.datagram.octets,
       answer->nonce->nonce, std::move(answer->choice.proposal), fragmentation,
       payloads.notify(NotifyType::CHILDLESS_IKEV2_SUPPORTED) != nullptr, signature_wishes(payloads), ppk,
       payloads.notify(NotifyType::MULTIPLE_AUTH_SUPPORTED) != nullptr},
      job};
}

State on_deadline(AwaitSaInit&& state, Context& context, IkeSaRecord& record) {
  if (state.hint && context.now >= state.hint_expires) {
    auto reason = std::move(*state.hint);
    return give_up(context, record, state, std::move(reason));
  }
  if (context.now < state.retransmission.deadline()) return std::move(state);
  if (!state.retransmission.advance(context.now)) {
    auto refusal = sa_init_refusal(RefusalCode::no_answer, *state.intent.connection);
    refusal.theirs.push_back(record.remote.to_string());
    return give_up_attempt(context, record, state.intent, std::move(refusal));
  }
  ++context.counters.retransmissions_sent;
  trace_retransmission(context, record.id, state.request, state.retransmission.sent() - 1);
  context.send({record.local, record.remote, state.request});
  return std::move(state);
}

}  // namespace keypact::ike::v2
