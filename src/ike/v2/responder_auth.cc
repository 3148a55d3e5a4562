// IKE_AUTH as responder. RFC 7296 §1.2, §2.15, §2.21.2.
#include <algorithm>

#include "base/limits.h"
#include "ike/core/redirect.h"
#include "ike/v2/authentication.h"
#include "ike/v2/client_addresses.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"
#include "ike/v2/ppk.h"
#include "ike/v2/public_key_auth.h"
#include "ike/v2/responder_steps.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

constexpr Duration kLinger = seconds(30);

struct LastAnswer {
  Octets known_by;  ///< of the request
  ExchangeType exchange{};
  std::uint32_t message_id = 0;
  std::vector<wire::Payload> payloads;
};

State close_with(Context& context, const IkeSaRecord& record, AwaitAuthRequest& state, LastAnswer answer,
                 Refusal refusal) {
  const auto header = record.header(answer.exchange, answer.message_id, true);
  auto response = state.channel.seal(context, record, header, answer.payloads);
  send(context, record.path(), response);
  context.emit(Refused{record.id, record.remote, {}, refusal});
  ResponseWindow window(answer.message_id);
  window.accepted(std::move(answer.known_by), record.path());
  window.answered(std::move(response));
  return Closed{std::move(refusal), false, {}, std::move(window), context.now + kLinger};
}

}  // namespace

/// RFC 7296 §2.21.2: the refusal goes out under the IKE SA's keys, then the IKE SA is gone; the answer is kept for a while, since
/// it may be lost.
State refuse_request(Context& context, const IkeSaRecord& record, AwaitAuthRequest&& state, Octets known_by,
                     Refusal refusal, std::optional<std::uint32_t> message_id, std::vector<wire::Payload> answer) {
  // EAP says itself that it has failed.
  if (answer.empty()) answer.push_back(notify_payload(refusal.notify.value_or(NotifyType::AUTHENTICATION_FAILED)));
  const auto exchange = refusal.exchange.value_or(ExchangeType::IKE_AUTH);
  const auto id = message_id.value_or(state.covered.next_id());
  return close_with(context, record, state, {std::move(known_by), exchange, id, std::move(answer)}, std::move(refusal));
}

State ended_by_initiator(Context& context, const IkeSaRecord& record, ResponderAuth&& state, Refusal refusal) {
  return close_with(context, record, state,
                    {std::move(state.known_by), ExchangeType::INFORMATIONAL, state.message_id, {}}, std::move(refusal));
}

State on_junk(Context& context, const IkeSaRecord& record, AwaitAuthRequest&& state) {
  ++context.counters.not_authentic;
  if (++state.junk < limits::kJunkMessages) return std::move(state);
  ++context.counters.half_open_junk;
  Refusal refusal;
  refusal.code = RefusalCode::limit_reached;
  refusal.exchange = ExchangeType::IKE_AUTH;
  refusal.detail = "too many messages that fail their integrity check";
  context.emit(Refused{record.id, record.remote, {}, refusal});
  return Closed{std::move(refusal), false, {}, std::nullopt, context.now};
}

void follow_ports(IkeSaRecord& record, const AwaitAuthRequest& state, const Received& received) {
  record.local = received.datagram.local;
  record.remote = received.datagram.remote;
  const bool encap = std::ranges::any_of(state.candidates, &config::Connection::encap);
  record.udp_encapsulation = record.nat.any() || (encap && record.nat.supported);
}

Result<HalfOpenRequest, State> open_request(Context& context, IkeSaRecord& record, AwaitAuthRequest& state,
                                            const Received& received) {
  auto opened = state.channel.open(context, record, received, limits::kHalfOpenReassembledOctets);
  if (std::holds_alternative<Partial>(opened)) return failure(std::move(state));
  if (std::holds_alternative<NotAuthentic>(opened)) return failure(on_junk(context, record, std::move(state)));
  state.channel_before.reset();
  follow_ports(record, state, received);
  auto known_by = state.channel.identity_of(received);
  if (auto* fine = std::get_if<Fine>(&opened)) return HalfOpenRequest{std::move(known_by), std::move(*fine)};
  ++context.counters.malformed_authentic;
  const auto& malformed = std::get<AuthenticButMalformed>(opened);
  auto refusal = refusal_in(received.message.header.exchange, RefusalCode::malformed_message, malformed.error.notify());
  refusal.detail = malformed.error.to_string();
  return failure(refuse_request(context, record, std::move(state), std::move(known_by), std::move(refusal)));
}

namespace {

bool wants_eap(const config::AuthRound& round) { return round.kind == config::AuthKind::eap; }

/// How a request that asks for EAP, or its AUTH, says that the peer shows who it is.
enum class PeerProof : std::uint8_t { eap, none, other };
PeerProof proof_in(const PayloadSet& payloads) {
  const auto* auth = payloads.find<wire::AuthPayload>();
  if (auth == nullptr) return PeerProof::eap;
  return auth->method == AuthMethod::NULL_AUTHENTICATION ? PeerProof::none : PeerProof::other;
}
PeerProof wanted_proof(const config::AuthRound& round) {
  if (wants_eap(round)) return PeerProof::eap;
  return round.kind == config::AuthKind::null_auth ? PeerProof::none : PeerProof::other;
}

/// What the first request of IKE_AUTH says of how the initiator proves itself. RFC 7296 §2.16, RFC 4739 §2.1.
struct RoundsAsked {
  PeerProof proof{};
  bool takes_several = false;    ///< MULTIPLE_AUTH_SUPPORTED
  bool another_follows = false;  ///< known only with AUTH
};
RoundsAsked rounds_asked(const PayloadSet& request) {
  return {proof_in(request), request.notify(NotifyType::MULTIPLE_AUTH_SUPPORTED) != nullptr,
          request.notify(NotifyType::ANOTHER_AUTH_FOLLOWS) != nullptr};
}
bool fits(const config::Connection& connection, const RoundsAsked& asked) {
  return wanted_proof(connection.remote.front()) == asked.proof &&
         (asked.takes_several || !has_several_rounds(connection)) &&
         (asked.proof == PeerProof::eap || asked.another_follows == (connection.remote.size() > 1));
}

/// The connection that the peer's claim leads to, or why there is none. One that wants another method is the last choice.
Result<ConnectionPtr, Refusal> connection_for(const Context& context, const IkeSaRecord& record,
                                              const AwaitAuthRequest& state, const Identification& peer,
                                              const Identification* asked_for, const RoundsAsked& asked) {
  const auto& local = record.local.address;
  auto candidates = state.candidates;
  std::erase_if(candidates, [&](const auto& candidate) { return !accepts_proposal(*candidate, state.proposal); });
  auto fitting = candidates;
  std::erase_if(fitting, [&](const auto& candidate) { return !fits(*candidate, asked); });
  auto connection = connection_for_identities(*context.credentials, fitting, peer, asked_for, local);
  if (!connection) connection = connection_for_identities(*context.credentials, candidates, peer, asked_for, local);
  if (connection) return connection;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::unknown_identity, NotifyType::AUTHENTICATION_FAILED);
  for (const auto& candidate : state.candidates)
    refusal.ours.push_back(candidate->name + ": local " +
                           local_identity(*context.credentials, *candidate, local).to_string() + ", remote " +
                           candidate->remote.front().id.to_string());
  refusal.theirs.push_back("IDi " + peer.to_string() +
                           (asked_for != nullptr ? ", IDr " + asked_for->to_string() : std::string()));
  return failure(std::move(refusal));
}

}  // namespace

const std::vector<wire::Payload>& round_request(const ResponderAuth& state) {
  return state.round_payloads.empty() ? state.payloads : state.round_payloads;
}
const wire::IdPayload& peer_id_of(const ResponderAuth& state) {
  return *PayloadSet(round_request(state)).id(PayloadType::IDi);
}

SignedOctets octets_of_initiator(const ResponderAuth& state, OctetView id_body) {
  const auto& keys = state.channel.keys();
  return {state.request, state.nonce, keys.prf, keys.pi, id_body, state.covered.octets()};
}
SignedOctets octets_of_responder(const ResponderAuth& state, OctetView id_body) {
  const auto& keys = state.channel.keys();
  return {state.response, state.peer_nonce, keys.prf, keys.pr, id_body, state.covered.octets()};
}

State refuse(Context& context, const IkeSaRecord& record, ResponderAuth&& state, Refusal refusal,
             std::vector<wire::Payload> first) {
  auto known_by = std::move(state.known_by);
  const auto message_id = state.message_id;
  return refuse_request(context, record, static_cast<AwaitAuthRequest&&>(state), std::move(known_by),
                        std::move(refusal), message_id, std::move(first));
}

std::optional<Refusal> settle_ppk(Context& context, IkeSaRecord& record, ResponderAuth& state,
                                  std::vector<wire::Payload>& request) {
  // It is mixed in once, with the first AUTH.
  if (state.peer.done() != 0) return std::nullopt;
  if (is_intermediate(state.ppk)) return refuses_named_ppk(*state.connection, state.named_ppk);
  if (state.ppk == PpkUse::none) {
    if (!state.connection->ppk_required) return std::nullopt;
    return ppk_is_required(*state.connection, "the request of IKE_SA_INIT has neither USE_PPK_INT nor USE_PPK");
  }
  auto ppk = ppk_asked_for(context, *state.connection, request);
  if (!ppk) return std::move(ppk.error());
  if (*ppk == nullptr) return std::nullopt;
  state.channel.take(mix_ppk(context.library, state.channel.keys(), (*ppk)->secret.reveal()));
  record.ppk = true;
  state.confirms_ppk = true;
  return std::nullopt;
}

Result<std::shared_ptr<const config::SharedKey>, Refusal> shared_key_for(const Context& context,
                                                                         const ResponderAuth& state) {
  const auto& peer = peer_id_of(state).id;
  auto key = context.configuration->shared_key(state.round_id, peer);
  if (key) return key;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_shared_key, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(state.connection->name + ": local identity " + state.round_id.to_string());
  refusal.theirs.push_back("IDi " + peer.to_string());
  return failure(std::move(refusal));
}

namespace {

Result<PeerAuthenticated, Refusal> verify_by_shared_key(Context& context, const ResponderAuth& state) {
  TRY(const auto key, shared_key_for(context, state));
  const auto& peer_id = peer_id_of(state);
  const auto id_body = peer_id.body();
  const auto* auth = PayloadSet(round_request(state)).find<wire::AuthPayload>();
  auto peer = verify_shared_key_auth(context.library, key->secret.reveal(), octets_of_initiator(state, id_body),
                                     peer_id.id, *auth);
  if (peer) return std::move(*peer);
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(state.connection->name + ": " + to_string(AuthMethod::SHARED_KEY_MIC) + " with the key for " +
                         state.round_id.to_string());
  refusal.theirs.push_back(to_string(auth->method) + " of " + peer_id.id.to_string());
  return failure(std::move(refusal));
}

/// AUTH of NULL authentication. RFC 7619 §2.1.
Result<PeerAuthenticated, Refusal> verify_nobody(Context& context, const ResponderAuth& state) {
  const auto& peer_id = peer_id_of(state);
  const auto id_body = peer_id.body();
  const auto* auth = PayloadSet(round_request(state)).find<wire::AuthPayload>();
  auto peer = verify_null_auth(context.library, state.peer.current(*state.connection),
                               octets_of_initiator(state, id_body), peer_id.id, *auth);
  if (peer) return std::move(*peer);
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.rule = "RFC 7619 §2.1";
  refusal.theirs.push_back(to_string(auth->method) + " of " + peer_id.id.to_string());
  return failure(std::move(refusal));
}

/// RFC 7296 §2.16: a request without AUTH asks for EAP. The connection wants the other thing.
Refusal another_method(const ResponderAuth& state) {
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  const auto& round = state.peer.current(*state.connection);
  const std::string wanted = wants_eap(round)                            ? "EAP"
                             : signs(round)                              ? "a signature"
                             : round.kind == config::AuthKind::null_auth ? to_string(AuthMethod::NULL_AUTHENTICATION)
                                                                         : to_string(AuthMethod::SHARED_KEY_MIC);
  const auto* auth = PayloadSet(round_request(state)).find<wire::AuthPayload>();
  refusal.ours.push_back(state.connection->name + ": " + wanted);
  refusal.theirs.push_back((auth == nullptr ? std::string("EAP") : to_string(auth->method)) + " of " +
                           peer_id_of(state).id.to_string());
  if (auth != nullptr && auth->method == AuthMethod::NULL_AUTHENTICATION) {
    refusal.rule = "RFC 7619 §2";
    refusal.detail =
        "the peer does not show who it is: let it do so, or say auth = null in the section remote of a "
        "connection that is for everybody";
  }
  return refusal;
}

/// With or without a Child SA: swanctl's childless. RFC 6023 §3.
std::optional<Refusal> refuses_form(const config::Connection& connection, bool childless) {
  if (childless && connection.childless == config::Childless::never)
    return refusal_in(ExchangeType::IKE_AUTH, RefusalCode::child_in_ike_auth, NotifyType::INVALID_SYNTAX);
  if (!childless && connection.childless == config::Childless::force)
    return refusal_in(ExchangeType::IKE_AUTH, RefusalCode::child_in_ike_auth, NotifyType::NO_ADDITIONAL_SAS);
  return std::nullopt;
}

/// swanctl's unique = keep: the first IKE SA of a peer stays, where another one comes from elsewhere. From the same place it may be
/// to take the first one's place, and whoever says that it holds no other one is believed.
std::optional<Refusal> refuses_another(const Context& context, const IkeSaRecord& record, const ResponderAuth& state,
                                       const Identification& peer, bool initial_contact) {
  const auto& connection = *state.connection;
  if (connection.unique != config::UniquePolicy::keep || initial_contact) return std::nullopt;
  if (!context.other_ike_sas.is_elsewhere(connection.name, state.local_id, peer, record.remote)) return std::nullopt;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::not_unique, NotifyType::AUTHENTICATION_FAILED);
  refusal.theirs.push_back("IDi " + peer.to_string() + " from " + record.remote.to_string());
  return refusal;
}

/// One identity has so many IKE SAs at most. A peer that says that it has no other one gives up those that it had.
std::optional<Refusal> refuses_so_many(Context& context, const Identification& peer, bool initial_contact) {
  const auto most = context.options.budgets.ike_sas_per_identity;
  if (most == 0 || initial_contact || context.other_ike_sas.count_established(peer) < most) return std::nullopt;
  ++context.counters.identity_refused;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::limit_reached, NotifyType::AUTHENTICATION_FAILED);
  refusal.detail = "this identity has " + std::to_string(most) + " IKE SAs";
  return refusal;
}

/// RFC 4555 §3.9: without NAT traversal nothing may change an address.
std::optional<Refusal> refuses_path(const config::Connection& connection, const IkeSaRecord& record,
                                    const PayloadSet& payloads) {
  const auto* no_nats = payloads.notify(NotifyType::NO_NATS_ALLOWED);
  if (!connection.mobike || no_nats == nullptr || is_from_where_it_came(*no_nats, record.path())) return std::nullopt;
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::address_not_proven, NotifyType::UNEXPECTED_NAT_DETECTED);
  refusal.theirs.push_back(record.remote.to_string());
  return refusal;
}

/// The peer is authenticated; what its connection does not take all the same.
std::optional<Refusal> refuses_authenticated(Context& context, const IkeSaRecord& record, const ResponderAuth& state,
                                             const Identification& peer) {
  const PayloadSet payloads(state.payloads);
  const bool initial_contact = payloads.notify(NotifyType::INITIAL_CONTACT) != nullptr;
  if (auto refusal = refuses_form(*state.connection, state.childless_request)) return refusal;
  // RFC 7619 §2.3: of nobody there is no first one, and nobody's word that it has no other one counts.
  const bool is_nobody = peer_is_nobody(*state.connection);
  if (!is_nobody)
    if (auto refusal = refuses_another(context, record, state, peer, initial_contact)) return refusal;
  if (auto refusal = refuses_so_many(context, peer, initial_contact && !is_nobody)) return refusal;
  return refuses_path(*state.connection, record, payloads);
}

/// RFC 5685 §6: without Child SA, and the peer deletes what there is.
State send_on(Context& context, const IkeSaRecord& record, EstablishedSa sa, Octets request,
              std::vector<wire::Payload> answer) {
  ++context.counters.redirected;
  const auto gateway = Identification::of(*context.options.redirect_to);
  answer.push_back(notify_payload(NotifyType::REDIRECT, redirect_data(gateway)));
  sa.answer_childless(context, record, std::move(request), std::move(answer));
  sa.withdraw(context, record, false);
  return sa;
}

}  // namespace

State establish(Context& context, IkeSaRecord& record, ResponderAuth&& state, std::vector<wire::Payload> answer) {
  const auto& connection = *state.connection;
  auto peer = state.peer.all(connection);
  const auto own_payloads = std::move(state.payloads);
  const PayloadSet payloads(own_payloads);
  if (auto configuration = configuration_answer(context, record, connection))
    answer.push_back(std::move(*configuration));
  const auto additional =
      additional_addresses(usable_addresses(connection, context.local_addresses), record.local.address);
  auto mobility = mobility_of(connection, false, payloads, record.remote.address, additional);
  if (mobility.agreed) std::ranges::move(mobility_payloads(connection, additional), std::back_inserter(answer));
  EstablishedParts parts{state.connection,
                         state.local_id,
                         std::move(state.proposal),
                         std::move(state.channel),
                         0,
                         state.message_id,
                         context.now,
                         context.now,
                         {},
                         std::move(mobility),
                         {},
                         {},
                         {}};
  if (state.peer_follows_redirects) parts.redirectable = EstablishedParts::Redirectable::peer;
  FreshPeer fresh{record.id,
                  connection.name,
                  state.local_id,
                  peer.identity(),
                  record.remote,
                  connection.unique,
                  payloads.notify(NotifyType::INITIAL_CONTACT) != nullptr};
  EstablishedSa sa(context, std::move(parts), std::move(peer));
  const auto& gateway = context.options.redirect_to;
  if (gateway && context.options.redirect_when_authenticated && state.peer_follows_redirects &&
      *gateway != record.local.address)
    return send_on(context, record, std::move(sa), std::move(state.known_by), std::move(answer));
  if (!peer_is_nobody(connection)) context.fresh_peers.push_back(std::move(fresh));
  sa.follow(*context.configuration, *context.credentials, record);
  context.emit(IkeSaEstablished{record.id, record.nat, record.udp_encapsulation});
  if (state.childless_request) {
    sa.answer_childless(context, record, std::move(state.known_by), std::move(answer));
    return sa;
  }
  if (auto refusal = refuses_address(record, *state.connection, payloads)) {
    sa.deny_first_child(context, record, std::move(state.known_by), std::move(*refusal), std::move(answer));
    return sa;
  }
  sa.answer_first_child(context, record, std::move(state.known_by), payloads, {state.peer_nonce, state.nonce},
                        std::move(answer));
  return sa;
}

State on_round_proven(Context& context, IkeSaRecord& record, ResponderAuth&& state, PeerAuthenticated peer,
                      const PayloadSet& request) {
  state.peer.take(std::move(peer));
  const auto& connection = *state.connection;
  if (auto refusal = refuses_number_of_rounds(connection, state.peer, request))
    return refuse(context, record, std::move(state), std::move(*refusal));
  return answer_round(context, record, std::move(state));
}

State answer_round(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  const auto& connection = *state.connection;
  if (state.peer.awaits_more(connection) || state.round + 1 < connection.local.size())
    return prove_ourselves(context, record, std::move(state));
  const auto& peer = state.peer.all(connection).identity();
  if (auto refusal = refuses_authenticated(context, record, state, peer))
    return refuse(context, record, std::move(state), std::move(*refusal));
  auto lease = lease_for(context, record, connection, peer, PayloadSet(state.payloads));
  if (!lease) return prove_ourselves(context, record, std::move(state));
  const auto job = context.start(JobClass::auth, std::move(*lease));
  return AwaitLease{std::move(state), job};
}

State verify_round(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  const auto& round = state.peer.current(*state.connection);
  const auto& request = round_request(state);
  const auto proof = proof_in(PayloadSet(request));
  if (wanted_proof(round) != proof) {
    auto reason = another_method(state);
    return refuse(context, record, std::move(state), std::move(reason));
  }
  if (signs(round)) {
    const auto& peer_id = peer_id_of(state);
    const auto id_body = peer_id.body();
    const auto job =
        start_verification(context, round, peer_id.id, PayloadSet(request), octets_of_initiator(state, id_body));
    return AwaitInitiatorVerified{std::move(state), job};
  }
  auto peer = proof == PeerProof::none ? verify_nobody(context, state) : verify_by_shared_key(context, state);
  if (!peer) return refuse(context, record, std::move(state), std::move(peer.error()));
  return on_round_proven(context, record, std::move(state), std::move(*peer), PayloadSet(request));
}

State begin_round_by_eap(Context& context, IkeSaRecord& record, ResponderAuth&& state) {
  if (!wants_eap(state.peer.current(*state.connection))) {
    auto reason = another_method(state);
    return refuse(context, record, std::move(state), std::move(reason));
  }
  return prove_ourselves(context, record, std::move(state));
}

namespace {

State on_request(AwaitAuthRequest&& state, Octets known_by, const std::vector<wire::Payload>& all, Context& context,
                 IkeSaRecord& record) {
  const PayloadSet payloads(all);
  const auto* contract = contract_of(ExchangeType::IKE_AUTH, false, payloads);
  if (const auto violation = check_contract(*contract, payloads)) {
    ++context.counters.malformed_authentic;
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    refusal.detail = violation->to_string();
    return refuse_request(context, record, std::move(state), std::move(known_by), std::move(refusal));
  }
  const auto& peer_id = *payloads.id(PayloadType::IDi);
  const auto* asked = payloads.id(PayloadType::IDr);
  const auto rounds = rounds_asked(payloads);
  auto connection = connection_for(context, record, state, peer_id.id, asked != nullptr ? &asked->id : nullptr, rounds);
  if (!connection)
    return refuse_request(context, record, std::move(state), std::move(known_by), std::move(connection.error()));
  record.dscp = (*connection)->dscp;
  auto local_id = local_identity(*context.credentials, **connection, record.local.address);
  ResponderAuth auth{std::move(state),       std::move(known_by), all, contract->kind == MessageKind::childless_request,
                     std::move(*connection), std::move(local_id)};
  auth.round_id = auth.local_id;
  auth.message_id = auth.covered.next_id();
  auth.channel.send_fragments(sends_fragments(auth.connection->fragmentation));
  if (rounds.proof == PeerProof::eap) return begin_round_by_eap(context, record, std::move(auth));
  if (has_several_rounds(*auth.connection) && !rounds.takes_several) {
    auto reason = without_rounds(*auth.connection, ExchangeType::IKE_AUTH);
    return refuse(context, record, std::move(auth), std::move(reason));
  }
  if (auto refusal = settle_ppk(context, record, auth, auth.payloads))
    return refuse(context, record, std::move(auth), std::move(*refusal));
  return verify_round(context, record, std::move(auth));
}

}  // namespace

State on(AwaitAuthRequest&& state, const Received& received, Context& context, IkeSaRecord& record) {
  const auto& header = received.message.header;
  if (header.exchange == ExchangeType::IKE_SA_INIT && same_octets(received.datagram.octets, state.request)) {
    ++context.counters.retransmissions_answered;
    context.send({record.local, record.remote, state.response});
    return std::move(state);
  }
  if (header.exchange == ExchangeType::IKE_INTERMEDIATE)
    return on_intermediate(std::move(state), received, context, record);
  // What is in clear costs nothing: it is no junk in the sense of the budget, and means nothing. RFC 9370 §2.2.3: IKE_AUTH waits
  // for all key exchanges.
  if (header.exchange != ExchangeType::IKE_AUTH || header.response || header.message_id != state.covered.next_id() ||
      !state.to_come.empty() || !received.message.encrypted) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  auto request = open_request(context, record, state, received);
  if (!request) return std::move(request.error());
  return on_request(std::move(state), std::move(request->known_by), request->fine.inner.payloads, context, record);
}

State on(AwaitInitiatorVerified&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto peer = verified_peer(std::move(done));
  if (!peer) return refuse(context, record, std::move(state), std::move(peer.error()));
  const PayloadSet request(round_request(state));
  return on_round_proven(context, record, std::move(state), std::move(*peer), request);
}

State on(AwaitLease&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  if (const auto* leased = std::get_if<Leased>(&done.result); leased != nullptr && !leased->leases.empty()) {
    for (const auto& lease : leased->leases) record.inner.remote.push_back(lease.address);
    context.emit(AddressesLeased{record.id, state.peer.all(*state.connection).identity(), leased->leases});
  }
  return prove_ourselves(context, record, std::move(state));
}

}  // namespace keypact::ike::v2
