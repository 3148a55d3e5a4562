// IKE_AUTH as responder. RFC 7296 §1.2, §2.15, §2.21.2.
#include <algorithm>

#include "base/limits.h"
#include "ike/core/redirect.h"
#include "ike/v2/authentication.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

constexpr Duration kLinger = seconds(30);

/// RFC 7296 §2.21.2: the refusal goes out under the IKE SA's keys, then the IKE SA is gone; the answer is kept for a while, since
/// it may be lost.
State refuse(Context& context, const IkeSaRecord& record, AwaitAuthRequest&& state, const Received& received,
             Refusal refusal) {
  const auto header = record.header(ExchangeType::IKE_AUTH, 1, true);
  const auto notify = notify_payload(refusal.notify.value_or(NotifyType::AUTHENTICATION_FAILED));
  auto response = state.channel.seal(context, record, header, {notify});
  send(context, record.path(), response);
  context.emit(Refused{record.id, record.remote, {}, refusal});
  ResponseWindow window(1);
  window.accepted(state.channel.identity_of(received), record.path());
  window.answered(std::move(response));
  return Closed{std::move(refusal), false, {}, std::move(window), context.now + kLinger};
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

/// The connection and key that a peer's claim leads to, or why there is none.
struct PeerPolicy {
  ConnectionPtr connection;
  Identification local_id;
  std::shared_ptr<const config::SharedKey> key;
};
Result<PeerPolicy, Refusal> policy_for(const Context& context, const IkeSaRecord& record, const AwaitAuthRequest& state,
                                       const Identification& peer, const Identification* asked_for) {
  auto candidates = state.candidates;
  std::erase_if(candidates, [&](const auto& candidate) { return !accepts_proposal(*candidate, state.proposal); });
  const auto connection = connection_for_identities(candidates, peer, asked_for, record.local.address);
  if (!connection) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::unknown_identity, NotifyType::AUTHENTICATION_FAILED);
    for (const auto& candidate : state.candidates)
      refusal.ours.push_back(candidate->name + ": local " +
                             local_identity(*candidate, record.local.address).to_string() + ", remote " +
                             candidate->remote.front().id.to_string());
    refusal.theirs.push_back("IDi " + peer.to_string() +
                             (asked_for != nullptr ? ", IDr " + asked_for->to_string() : std::string()));
    return failure(std::move(refusal));
  }
  auto local_id = local_identity(*connection, record.local.address);
  auto key = context.configuration->shared_key(local_id, peer);
  if (!key || connection->remote.front().kind != config::AuthKind::psk) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_shared_key, NotifyType::AUTHENTICATION_FAILED);
    refusal.ours.push_back(connection->name + ": local identity " + local_id.to_string());
    refusal.theirs.push_back("IDi " + peer.to_string());
    return failure(std::move(refusal));
  }
  return PeerPolicy{connection, std::move(local_id), std::move(key)};
}

Result<PeerAuthenticated, Refusal> authenticate(Context& context, const AwaitAuthRequest& state,
                                                const PeerPolicy& policy, const wire::IdPayload& peer_id,
                                                const wire::AuthPayload* auth) {
  const auto id_body = peer_id.body();
  const auto& keys = state.channel.keys();
  const SignedOctets octets{state.request, state.nonce, keys.prf, keys.pi, id_body};
  // RFC 7296 §2.16: a request without AUTH asks for EAP, which this connection does not offer.
  auto peer = auth != nullptr
                  ? verify_shared_key_auth(context.library, policy.key->secret.reveal(), octets, peer_id.id, *auth)
                  : std::nullopt;
  if (peer) return std::move(*peer);
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(policy.connection->name + ": " + to_string(AuthMethod::SHARED_KEY_MIC) + " with the key for " +
                         policy.local_id.to_string());
  refusal.theirs.push_back((auth != nullptr ? to_string(auth->method) : std::string("EAP")) + " of " +
                           peer_id.id.to_string());
  return failure(std::move(refusal));
}

std::vector<wire::Payload> identity_and_auth(Context& context, const AwaitAuthRequest& state,
                                             const PeerPolicy& policy) {
  const wire::IdPayload id{PayloadType::IDr, policy.local_id};
  const auto id_body = id.body();
  const auto& keys = state.channel.keys();
  const SignedOctets octets{state.response, state.peer_nonce, keys.prf, keys.pr, id_body};
  return {id, wire::AuthPayload{AuthMethod::SHARED_KEY_MIC,
                                shared_key_auth(context.library, policy.key->secret.reveal(), octets)}};
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
std::optional<Refusal> refuses_another(const Context& context, const IkeSaRecord& record, const PeerPolicy& policy,
                                       const Identification& peer, bool initial_contact) {
  const auto& connection = *policy.connection;
  if (connection.unique != config::UniquePolicy::keep || initial_contact) return std::nullopt;
  if (!context.other_ike_sas.is_elsewhere(connection.name, policy.local_id, peer, record.remote)) return std::nullopt;
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
std::optional<Refusal> refuses_authenticated(Context& context, const IkeSaRecord& record, const PeerPolicy& policy,
                                             const Identification& peer, const PayloadSet& payloads, bool childless) {
  const bool initial_contact = payloads.notify(NotifyType::INITIAL_CONTACT) != nullptr;
  if (auto refusal = refuses_form(*policy.connection, childless)) return refusal;
  if (auto refusal = refuses_another(context, record, policy, peer, initial_contact)) return refusal;
  if (auto refusal = refuses_so_many(context, peer, initial_contact)) return refusal;
  return refuses_path(*policy.connection, record, payloads);
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

State establish(AwaitAuthRequest&& state, const Received& received, const PayloadSet& payloads,
                const PeerPolicy& policy, PeerAuthenticated peer, bool childless, Context& context,
                IkeSaRecord& record) {
  const auto& connection = *policy.connection;
  auto answer = identity_and_auth(context, state, policy);
  const auto additional =
      additional_addresses(usable_addresses(connection, context.local_addresses), record.local.address);
  auto mobility = mobility_of(connection, false, payloads, additional);
  if (mobility.agreed) std::ranges::move(mobility_payloads(connection, additional), std::back_inserter(answer));
  auto identity = state.channel.identity_of(received);
  state.channel.send_fragments(sends_fragments(connection.fragmentation));
  EstablishedParts parts{policy.connection,
                         policy.local_id,
                         std::move(state.proposal),
                         std::move(state.channel),
                         0,
                         1,
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
                  policy.local_id,
                  peer.identity(),
                  record.remote,
                  connection.unique,
                  payloads.notify(NotifyType::INITIAL_CONTACT) != nullptr};
  EstablishedSa sa(context, std::move(parts), std::move(peer));
  const auto& gateway = context.options.redirect_to;
  if (gateway && context.options.redirect_when_authenticated && state.peer_follows_redirects &&
      *gateway != record.local.address)
    return send_on(context, record, std::move(sa), std::move(identity), std::move(answer));
  context.fresh_peers.push_back(std::move(fresh));
  sa.follow(*context.configuration, record);
  context.emit(IkeSaEstablished{record.id, record.nat, record.udp_encapsulation});
  if (childless) {
    sa.answer_childless(context, record, std::move(identity), std::move(answer));
    return sa;
  }
  sa.answer_first_child(context, record, std::move(identity), payloads, {state.peer_nonce, state.nonce},
                        std::move(answer));
  return sa;
}

State on_request(AwaitAuthRequest&& state, const Received& received, const PayloadSet& payloads, Context& context,
                 IkeSaRecord& record) {
  const auto* contract = contract_of(ExchangeType::IKE_AUTH, false, payloads);
  if (const auto violation = check_contract(*contract, payloads)) {
    ++context.counters.malformed_authentic;
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message, NotifyType::INVALID_SYNTAX);
    refusal.detail = violation->to_string();
    return refuse(context, record, std::move(state), received, std::move(refusal));
  }
  const auto& peer_id = *payloads.id(PayloadType::IDi);
  const auto* asked = payloads.id(PayloadType::IDr);
  auto policy = policy_for(context, record, state, peer_id.id, asked != nullptr ? &asked->id : nullptr);
  if (!policy) return refuse(context, record, std::move(state), received, std::move(policy.error()));
  record.dscp = policy->connection->dscp;
  auto peer = authenticate(context, state, *policy, peer_id, payloads.find<wire::AuthPayload>());
  if (!peer) return refuse(context, record, std::move(state), received, std::move(peer.error()));
  const bool childless = contract->kind == MessageKind::childless_request;
  if (auto refusal = refuses_authenticated(context, record, *policy, peer->identity(), payloads, childless))
    return refuse(context, record, std::move(state), received, std::move(*refusal));
  return establish(std::move(state), received, payloads, *policy, std::move(*peer), childless, context, record);
}

}  // namespace

State on(AwaitAuthRequest&& state, const Received& received, Context& context, IkeSaRecord& record) {
  const auto& header = received.message.header;
  if (header.exchange == ExchangeType::IKE_SA_INIT && same_octets(received.datagram.octets, state.request)) {
    ++context.counters.retransmissions_answered;
    context.send({record.local, record.remote, state.response});
    return std::move(state);
  }
  // What is in clear costs nothing: it is no junk in the sense of the budget, and means nothing.
  if (header.exchange != ExchangeType::IKE_AUTH || header.response || header.message_id != 1 ||
      !received.message.encrypted) {
    ++context.counters.out_of_state;
    return std::move(state);
  }
  const auto opened = state.channel.open(context, record, received, limits::kHalfOpenReassembledOctets);
  if (std::holds_alternative<Partial>(opened)) return std::move(state);
  if (std::holds_alternative<NotAuthentic>(opened)) return on_junk(context, record, std::move(state));
  // RFC 7296 §2.23: from the first authentic message on, the endpoints are where it came from (the port may have floated).
  record.local = received.datagram.local;
  record.remote = received.datagram.remote;
  const bool encap = std::ranges::any_of(state.candidates, &config::Connection::encap);
  record.udp_encapsulation = record.nat.any() || (encap && record.nat.supported);
  if (const auto* malformed = std::get_if<AuthenticButMalformed>(&opened)) {
    ++context.counters.malformed_authentic;
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message, malformed->error.notify());
    refusal.detail = malformed->error.to_string();
    return refuse(context, record, std::move(state), received, std::move(refusal));
  }
  return on_request(std::move(state), received, PayloadSet(std::get<Fine>(opened).inner.payloads), context, record);
}

}  // namespace keypact::ike::v2
