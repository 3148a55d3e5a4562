// IKE_AUTH as initiator. RFC 7296 §1.2, §2.15, §2.21.2.
#include <algorithm>

#include "ike/core/redirect.h"
#include "ike/v2/authentication.h"
#include "ike/v2/child_expectation.h"
#include "ike/v2/client_addresses.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/contracts.h"
#include "ike/v2/initiator_steps.h"
#include "ike/v2/ppk.h"
#include "ike/v2/public_key_auth.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

/// RFC 7296 §2.23: with a NAT in between everything moves to the NAT traversal port; RFC 4555 §3.3: also where there may be one
/// on a path that is taken later.
void float_ports(const Context& context, IkeSaRecord& record, const config::Connection& connection) {
  record.udp_encapsulation = record.nat.any() || (connection.encap && record.nat.supported);
  // Of a peer that does not listen at port 500 the other port is not known either.
  const bool may_move = connection.mobike && record.nat.supported && record.remote.port == 500;
  if (!record.udp_encapsulation && !may_move) return;
  record.local.port = context.options.nat_port;
  if (record.remote.port == 500) record.remote.port = 4500;
}

const config::ChildConfig* wanted_child(const Intent& intent) {
  if (intent.childless) return nullptr;
  if (!intent.child.empty()) return intent.connection->child(intent.child);
  return intent.connection->children.empty() ? nullptr : &intent.connection->children.front();
}

/// RFC 6023 §3: nobody goes without where the responder does not say that it takes it.
bool must_go_without_child(const Intent& intent) {
  return intent.childless || intent.connection->childless == config::Childless::force;
}
bool goes_without_child(const SaInitDone& state) {
  return must_go_without_child(state.intent) ||
         (state.intent.connection->childless == config::Childless::prefer && state.peer_takes_childless);
}

/// How we show that we are who we say.
struct OwnProof {
  std::vector<wire::Payload> certificates;
  wire::AuthPayload auth;
};

/// RFC 4739 §2.1.
std::vector<wire::Payload> rounds_payloads(const config::Connection& connection, bool proves) {
  std::vector<wire::Payload> payloads;
  if (has_several_rounds(connection)) payloads.push_back(notify_payload(NotifyType::MULTIPLE_AUTH_SUPPORTED));
  if (proves && connection.local.size() > 1) payloads.push_back(notify_payload(NotifyType::ANOTHER_AUTH_FOLLOWS));
  return payloads;
}

std::vector<wire::Payload> auth_payloads(const Context& context, const InitiatorAuth& state,
                                         std::optional<OwnProof> proof, const std::vector<IpAddress>& addresses,
                                         const std::optional<ChildOffer>& offer) {
  std::vector<wire::Payload> payloads = {wire::IdPayload{PayloadType::IDi, state.local_id}};
  if (proof) std::ranges::move(proof->certificates, std::back_inserter(payloads));
  std::ranges::move(certificate_requests(context, std::span(&state.intent.connection, 1)),
                    std::back_inserter(payloads));
  if (const auto& remote = state.intent.connection->remote.front().id; !remote.any && !remote.is_wildcard())
    payloads.emplace_back(wire::IdPayload{PayloadType::IDr, remote.identity});
  if (state.intent.initial_contact) payloads.push_back(notify_payload(NotifyType::INITIAL_CONTACT));
  // RFC 7296 §2.16: without AUTH it asks for EAP.
  if (proof) payloads.emplace_back(std::move(proof->auth));
  else if (proves_both_by_eap(*state.intent.connection))
    payloads.push_back(notify_payload(NotifyType::EAP_ONLY_AUTHENTICATION));
  if (!addresses.empty()) payloads.push_back(configuration_request(addresses));
  if (offer) std::ranges::move(offer_payloads(*offer).with({}), std::back_inserter(payloads));
  if (proof && state.ppk) std::ranges::move(ppk_payloads(state), std::back_inserter(payloads));
  std::ranges::move(rounds_payloads(*state.intent.connection, proof.has_value()), std::back_inserter(payloads));
  return payloads;
}

/// Who the responder is as far as it has said, or else whoever answers when its identity is not fixed.
Identification responder_as_known(const InitiatorAuth& state, const IpAddress& remote) {
  if (state.peer_id) return state.peer_id->id;
  const auto& pattern = state.intent.connection->remote.front().id;
  return pattern.any || pattern.is_wildcard() ? Identification::of(remote) : pattern.identity;
}

}  // namespace

State refuse_responder(Context& context, const IkeSaRecord& record, AwaitAuth&& state, Refusal reason) {
  const auto header = record.header(ExchangeType::INFORMATIONAL, state.window.next_id(), false);
  std::vector<wire::Payload> payloads = {notify_payload(NotifyType::AUTHENTICATION_FAILED),
                                         wire::DeletePayload{ProtocolId::IKE, {}}};
  send(context, record.path(), state.channel.seal(context, record, header, payloads));
  forgo_first_child(context, state);
  return close_attempt(context, record, state.intent, std::move(reason));
}

State refused_by_responder(Context& context, const IkeSaRecord& record, AwaitAuth&& state,
                           const wire::NotifyPayload& error) {
  auto code = refusal_code_of(error.type);
  if (code == RefusalCode::authentication_failed && signs(*state.intent.connection))
    code = RefusalCode::certificate_refused;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, code);
  refusal.notify = error.type;
  refusal.by_peer = true;
  refusal.ours.push_back("local identity " + state.local_id.to_string());
  refusal.ours.push_back("remote identity " + state.intent.connection->remote.front().id.to_string());
  forgo_first_child(context, state);
  return close_attempt(context, record, state.intent, std::move(refusal));
}

std::vector<wire::Payload> ppk_payloads(const InitiatorAuth& state) {
  std::vector<wire::Payload> payloads = {ppk_identity(*state.intent.connection)};
  if (!state.ppk->without.empty()) payloads.push_back(notify_payload(NotifyType::NO_PPK_AUTH, state.ppk->without));
  return payloads;
}

std::optional<Refusal> settle_ppk(IkeSaRecord& record, AwaitAuth& state, const PayloadSet& payloads) {
  if (!state.ppk) return std::nullopt;
  auto ppk = std::exchange(state.ppk, std::nullopt);
  // RFC 8784 §3: what it names does not matter.
  if (payloads.notify(NotifyType::PPK_IDENTITY) != nullptr) {
    state.channel.take(std::move(ppk->keys));
    record.ppk = true;
    return std::nullopt;
  }
  if (!ppk->without.empty()) return std::nullopt;
  return ppk_is_required(*state.intent.connection, "the response with AUTH has no PPK_IDENTITY");
}

const config::AuthRound* own_round(const InitiatorAuth& state) {
  const auto& rounds = state.intent.connection->local;
  return state.round < rounds.size() ? &rounds[state.round] : nullptr;
}

Result<std::shared_ptr<const config::SharedKey>, Refusal> own_key(const Context& context, const IkeSaRecord& record,
                                                                  const InitiatorAuth& state) {
  const auto peer = responder_as_known(state, record.remote.address);
  auto key = context.configuration->shared_key(state.round_id, peer);
  if (key) return key;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_shared_key);
  refusal.ours.push_back("local identity " + state.round_id.to_string());
  refusal.theirs.push_back("remote identity " + peer.to_string());
  return failure(std::move(refusal));
}

SignedOctets own_octets(const InitiatorAuth& state, const SkP& sk_pi, OctetView id_body) {
  return {state.request, state.peer_nonce, state.channel.keys().prf, sk_pi, id_body, state.covered.octets()};
}

void send_request(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                  const std::vector<wire::Payload>& payloads) {
  const auto header = record.header(ExchangeType::IKE_AUTH, state.window.next_id(), false);
  auto request = state.channel.seal(context, record, header, payloads);
  send(context, record.path(), request);
  state.window.sent(std::move(request), context.now, context.options.give_up_after);
}

State end_attempt(Context& context, const IkeSaRecord& record, AwaitAuth&& state, Refusal reason) {
  forgo_first_child(context, state);
  return close_attempt(context, record, state.intent, std::move(reason));
}

namespace {

/// RFC 5685 §6: the gateway is authenticated, and sends us to another one.
void go_on_elsewhere(Context& context, const IkeSaRecord& record, const Intent& intent,
                     const wire::NotifyPayload& notify) {
  const auto redirect = parse_redirect(notify.data);
  Refusal refusal;
  if (redirect && redirect->nonce.empty()) {
    auto destination = follow_redirect(context, *redirect, record.path(), intent.redirections);
    if (destination)
      return (void)follow_attempt(context, record, intent, destination->gateway, std::move(destination->redirections));
    refusal = std::move(destination.error());
  } else {
    refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message, NotifyType::REDIRECT);
  }
  refusal.exchange = ExchangeType::IKE_AUTH;
  (void)close_attempt(context, record, intent, std::move(refusal));
}

}  // namespace

State establish(Context& context, IkeSaRecord& record, AwaitAuth&& state, const PayloadSet& payloads) {
  auto peer = state.peer.all(*state.intent.connection);
  EstablishedParts parts{state.intent.connection,
                         std::move(state.local_id),
                         std::move(state.proposal),
                         std::move(state.channel),
                         state.window.next_id(),
                         0,
                         context.now,
                         context.now,
                         state.intent.reauthenticates,
                         {},
                         {},
                         {},
                         {}};
  parts.mobility = mobility_of(*parts.connection, true, payloads, record.remote.address, std::move(state.told));
  parts.redirectable = EstablishedParts::Redirectable::we;
  parts.redirections = state.intent.redirections;
  const auto* redirect = payloads.notify(NotifyType::REDIRECT);
  const bool stays = redirect == nullptr && !state.intent.called_off;
  auto without_address = stays ? take_addresses(context, record, *parts.connection, payloads) : std::nullopt;
  if (!stays || without_address) {
    forgo_first_child(context, state);
    parts.reauthenticates = {};
    EstablishedSa sa(context, std::move(parts), std::move(peer));
    sa.withdraw(context, record, true);
    if (without_address) (void)close_attempt(context, record, state.intent, std::move(*without_address));
    else if (state.intent.called_off) (void)close_attempt(context, record, state.intent, {});
    else go_on_elsewhere(context, record, state.intent, *redirect);
    return sa;
  }
  if (state.offer) state.offer->cut_local_to(record);
  EstablishedSa sa(context, std::move(parts), std::move(peer));
  sa.follow(*context.configuration, *context.credentials, record);
  context.emit(IkeSaEstablished{record.id, record.nat, record.udp_encapsulation});
  if (state.offer)
    sa.take_first_child(context, record, *state.offer, payloads, {state.nonce, state.peer_nonce}, state.intent.request);
  else sa.begin_childless(context, record, state.child, state.intent.request);
  return sa;
}

namespace {

bool uses_eap(const InitiatorAuth& state) {
  const auto* round = own_round(state);
  return round != nullptr && round->kind == config::AuthKind::eap;
}

/// What the response says of the responder is proven: it is our turn in EAP, or this round is done.
State on_peer(Context& context, IkeSaRecord& record, AwaitAuth&& state, const PayloadSet& payloads) {
  if (uses_eap(state)) return begin_eap(context, std::move(state), std::nullopt, payloads);
  return go_on(context, record, std::move(state), payloads);
}

State on_peer_proven(Context& context, IkeSaRecord& record, AwaitAuth&& state, PeerAuthenticated peer,
                     const PayloadSet& payloads) {
  state.peer.take(std::move(peer));
  if (auto refusal = refuses_number_of_rounds(*state.intent.connection, state.peer, payloads))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  return on_peer(context, record, std::move(state), payloads);
}

Result<PeerAuthenticated, Refusal> verify_by_shared_key(Context& context, const AwaitAuth& state,
                                                        const Identification& claimed, const SignedOctets& octets,
                                                        const wire::AuthPayload& auth) {
  const auto& round = state.peer.current(*state.intent.connection);
  if (auto nobody = verify_null_auth(context.library, round, octets, claimed, auth)) return std::move(*nobody);
  const auto key =
      round.kind == config::AuthKind::psk ? context.configuration->shared_key(state.round_id, claimed) : nullptr;
  auto peer = key ? verify_shared_key_auth(context.library, key->secret.reveal(), octets, claimed, auth) : std::nullopt;
  if (peer) return std::move(*peer);
  const bool is_nobody = peer_is_nobody(*state.intent.connection);
  auto refusal = refusal_in(ExchangeType::IKE_AUTH,
                            key || is_nobody ? RefusalCode::authentication_failed : RefusalCode::no_shared_key);
  refusal.notify = NotifyType::AUTHENTICATION_FAILED;
  refusal.ours.push_back(to_string(is_nobody ? AuthMethod::NULL_AUTHENTICATION : AuthMethod::SHARED_KEY_MIC) + " for " +
                         state.round_id.to_string());
  refusal.theirs.push_back(to_string(auth.method) + " of " + claimed.to_string());
  return failure(std::move(refusal));
}

/// What the form of the response says that this connection does not want.
std::optional<Refusal> refuses_form(const AwaitAuth& state, const PayloadSet& payloads) {
  const bool proves = payloads.count(PayloadType::AUTH) != 0;
  const bool by_eap = payloads.count(PayloadType::EAP) != 0;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed);
  const bool unproven = by_eap && !proves && state.peer.done() == 0;
  if (unproven && !proves_both_by_eap(*state.intent.connection)) {
    refusal.rule = "RFC 5998 §3";
    refusal.detail = "the responder begins EAP without AUTH, and this connection wants it to prove itself before";
    return refusal;
  }
  if (by_eap != uses_eap(state)) {
    refusal.rule = "RFC 7296 §2.16";
    refusal.detail = by_eap ? "the responder asks for EAP, and this connection has another method"
                            : "the responder takes us without EAP, in which we were to prove ourselves";
    return refusal;
  }
  if (unproven || proves == state.peer.awaits_more(*state.intent.connection)) return std::nullopt;
  refusal.rule = "RFC 4739 §2.1";
  refusal.detail = proves ? "the responder proves itself once more than this connection wants"
                          : "the responder was to prove itself once more, and its response has no AUTH";
  return refusal;
}

/// What there is to say of a response that is none, or of one whose payloads do not fit.
std::optional<State> refuse_malformed(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                                      const Contract& contract, const PayloadSet& payloads) {
  const auto refuse_as_malformed = [&](std::string detail) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message);
    refusal.detail = std::move(detail);
    return refuse_responder(context, record, std::move(state), std::move(refusal));
  };
  if (const auto violation = check_contract(contract, payloads)) return refuse_as_malformed(violation->to_string());
  if (contract.kind == MessageKind::notify_response) {
    const auto* error = payloads.error();
    static const wire::NotifyPayload kNone{ProtocolId::none, {}, NotifyType::AUTHENTICATION_FAILED, {}};
    return refused_by_responder(context, record, std::move(state), error != nullptr ? *error : kNone);
  }
  if (payloads.count(PayloadType::AUTH) > payloads.count(PayloadType::IDr))
    return refuse_as_malformed("AUTH without IDr (RFC 4739 §2.1)");
  return std::nullopt;
}

State on_response(AwaitAuth&& state, const PayloadSet& payloads, Context& context, IkeSaRecord& record) {
  const auto* contract =
      state.peer.done() == 0 ? contract_of(ExchangeType::IKE_AUTH, true, payloads) : round_contract_of(true, payloads);
  if (auto over = refuse_malformed(context, record, state, *contract, payloads)) return std::move(*over);
  if (auto refusal = refuses_form(state, payloads))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  const auto* peer_id = payloads.id(PayloadType::IDr);
  if (peer_id == nullptr) return on_peer(context, record, std::move(state), payloads);
  const auto& round = state.peer.current(*state.intent.connection);
  if (!round.id.matches(peer_id->id)) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::peer_identity_mismatch);
    refusal.ours.push_back(round.id.to_string());
    refusal.theirs.push_back(peer_id->id.to_string());
    return refuse_responder(context, record, std::move(state), std::move(refusal));
  }
  state.peer_id = *peer_id;
  const auto* auth = payloads.find<wire::AuthPayload>();
  if (auth == nullptr) return begin_eap_only(context, record, std::move(state), payloads);
  // RFC 8784 §3: before our AUTH no PPK is known to the responder.
  if (!uses_eap(state))
    if (auto refusal = settle_ppk(record, state, payloads))
      return refuse_responder(context, record, std::move(state), std::move(*refusal));
  const auto id_body = peer_id->body();
  const auto& keys = state.channel.keys();
  const SignedOctets octets{state.response, state.nonce, keys.prf, keys.pr, id_body, state.covered.octets()};
  if (auto refusal = refuses_eap_of_responder(round))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  if (signs(round)) {
    const auto job = start_verification(context, round, peer_id->id, payloads, octets);
    return AwaitResponderVerified{std::move(state), payloads.all(), job};
  }
  auto peer = verify_by_shared_key(context, state, peer_id->id, octets, *auth);
  if (!peer) return refuse_responder(context, record, std::move(state), std::move(peer.error()));
  return on_peer_proven(context, record, std::move(state), std::move(*peer), payloads);
}

/// What can be found out before anything is computed.
std::optional<Refusal> cannot_go_on(const SaInitDone& state) {
  const auto& connection = *state.intent.connection;
  if (wanted_child(state.intent) == nullptr && !state.intent.childless) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::unknown_connection);
    refusal.ours.push_back("child " + state.intent.child + " of " + connection.name);
    return refusal;
  }
  if (state.ppk == PpkUse::none)
    if (auto refusal = refuses_peer_without_ppk(connection)) return refusal;
  if (has_several_rounds(connection) && !state.peer_takes_rounds)
    return without_rounds(connection, ExchangeType::IKE_SA_INIT);
  if (!must_go_without_child(state.intent) || state.peer_takes_childless) return std::nullopt;
  auto refusal = refusal_in(ExchangeType::IKE_SA_INIT, RefusalCode::child_in_ike_auth);
  refusal.by_peer = true;
  refusal.detail = "the peer takes no IKE SA without a Child SA";
  return refusal;
}

/// The keys with the PPK, where it comes with AUTH. The key may have gone meanwhile.
Result<std::optional<PpkProof>, Refusal> ppk_proof(Context& context, const InitiatorIntermediate& state) {
  if (state.ppk != PpkUse::with_auth) return std::nullopt;
  const auto& connection = *state.intent.connection;
  const auto ppk = context.configuration->ppk(*connection.ppk_id);
  if (!ppk) return failure(ppk_is_required(connection, "the PPK was taken away meanwhile"));
  return PpkProof{mix_ppk(context.library, state.channel.keys(), ppk->secret.reveal())};
}

InitiatorAuth auth_of(InitiatorIntermediate&& state, Identification local_id, std::optional<PpkProof> ppk) {
  const bool childless = goes_without_child(state);
  auto round_id = local_id;
  return {std::move(state.intent),
          std::move(state.channel),
          std::move(state.response),
          std::move(state.nonce),
          std::move(state.peer_nonce),
          std::move(state.proposal),
          std::move(local_id),
          childless,
          std::move(state.covered),
          std::move(state.request),
          std::move(ppk),
          std::move(state.wishes),
          0,
          std::move(round_id)};
}

/// HDR, SK {IDi, ...} as soon as our proof is there, or without one.
State send_auth(Context& context, IkeSaRecord& record, InitiatorAuth&& state, std::optional<OwnProof> proof) {
  const auto& connection = *state.intent.connection;
  const auto addresses = addresses_to_ask_for(record, connection);
  const auto* child = wanted_child(state.intent);
  std::optional<ChildOffer> offer;
  if (!state.childless) {
    if (child == nullptr) {
      auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::unknown_connection);
      refusal.ours.push_back("child " + state.intent.child + " of " + connection.name);
      return close_attempt(context, record, state.intent, std::move(refusal));
    }
    auto made = make_child_offer(context, record, {state.intent.connection, *child}, KeyExchangeUse::ignore);
    if (!made) return close_attempt(context, record, state.intent, std::move(made.error()));
    offer = std::move(*made);
  }
  // Before our last proof the responder sends nothing on a Child SA, and does not act on INITIAL_CONTACT: EAP may take its time.
  const bool expects = proof.has_value() && connection.local.size() == 1;
  if (expects) expect_first_child(context, record, state.intent, offer);
  auto payloads = auth_payloads(context, state, std::move(proof), addresses, offer);
  const auto additional =
      additional_addresses(usable_addresses(connection, context.local_addresses), record.local.address);
  std::ranges::move(mobility_payloads(connection, additional), std::back_inserter(payloads));
  // RFC 4555 §3.9: addresses that no NAT may change are named under the keys.
  if (connection.mobike && !record.nat.supported) payloads.push_back(no_nats_allowed(record.path()));
  auto request = state.channel.seal(context, record,
                                    record.header(ExchangeType::IKE_AUTH, state.covered.next_id(), false), payloads);
  send(context, record.path(), request);
  RequestWindow window(state.covered.next_id());
  window.sent(std::move(request), context.now, context.options.give_up_after);
  return AwaitAuth{std::move(state), std::move(window), child != nullptr ? child->name : std::string(),
                   std::move(offer), additional,        expects};
}

/// RFC 8784 §3: where the PPK is optional we prove ourselves twice, first without it.
bool wants_proof_without_ppk(const InitiatorAuth& state) {
  return state.ppk && !state.intent.connection->ppk_required && state.ppk->without.empty();
}
const SkP& key_of_next_proof(const InitiatorAuth& state) {
  return state.ppk && !wants_proof_without_ppk(state) ? state.ppk->keys.pi : state.channel.keys().pi;
}

State sign(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state, std::optional<PpkProof> ppk) {
  const auto connection = state.intent.connection;
  const OwnRound own{*connection, connection->local.front()};
  auto signer = signer_for(context, own, state.wishes);
  if (!signer) return close_attempt(context, record, state.intent, std::move(signer.error()));
  const auto id_body = wire::IdPayload{PayloadType::IDi, signer->identity}.body();
  auto auth = auth_of(std::move(state), signer->identity, std::move(ppk));
  auto started =
      start_signature(context, own, *signer, auth.wishes, own_octets(auth, key_of_next_proof(auth), id_body));
  if (!started) return close_attempt(context, record, auth.intent, std::move(started.error()));
  return AwaitInitiatorSignature{std::move(auth), std::move(started->signature), started->job};
}

State use_shared_key(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state,
                     std::optional<PpkProof> ppk) {
  const auto& connection = *state.intent.connection;
  auto local_id = local_identity(*context.credentials, connection, record.local.address);
  const auto id_body = wire::IdPayload{PayloadType::IDi, local_id}.body();
  auto auth = auth_of(std::move(state), std::move(local_id), std::move(ppk));
  auto key = own_key(context, record, auth);
  if (!key) return close_attempt(context, record, auth.intent, std::move(key.error()));
  const auto proof = [&] {
    return shared_key_auth(context.library, (*key)->secret.reveal(),
                           own_octets(auth, key_of_next_proof(auth), id_body));
  };
  if (wants_proof_without_ppk(auth)) auth.ppk->without = proof();
  OwnProof own{{}, {AuthMethod::SHARED_KEY_MIC, proof()}};
  return send_auth(context, record, std::move(auth), std::move(own));
}

/// RFC 7619 §2.1.
State use_null(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state, std::optional<PpkProof> ppk) {
  auto local_id = local_identity(*context.credentials, *state.intent.connection, record.local.address);
  const auto id_body = wire::IdPayload{PayloadType::IDi, local_id}.body();
  auto auth = auth_of(std::move(state), std::move(local_id), std::move(ppk));
  const auto proof = [&] { return null_auth(context.library, own_octets(auth, key_of_next_proof(auth), id_body)); };
  if (wants_proof_without_ppk(auth)) auth.ppk->without = proof();
  OwnProof own{{}, {AuthMethod::NULL_AUTHENTICATION, proof()}};
  return send_auth(context, record, std::move(auth), std::move(own));
}

}  // namespace

State on(AwaitSharedSecret&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto* secret = std::get_if<Secret>(&done.result);
  const auto& connection = *state.intent.connection;
  if (secret == nullptr) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::key_exchange_failed);
    refusal.exchange = ExchangeType::IKE_SA_INIT;
    if (const auto* error = std::get_if<crypto::KeyExchangeError>(&done.result))
      refusal.detail = crypto::to_string(*error);
    return close_attempt(context, record, state.intent, std::move(refusal));
  }
  if (auto refusal = cannot_go_on(state)) return close_attempt(context, record, state.intent, std::move(*refusal));
  float_ports(context, record, connection);
  auto keys = derive_ike_keys(context.library, state.proposal, {state.nonce, state.peer_nonce}, secret->reveal(),
                              record.initiator_spi, record.responder_spi);
  export_ike_keys(context, record, keys);
  SecureChannel channel(std::move(keys), true, state.fragmentation);
  auto to_come = additional_key_exchanges(state.proposal);
  return begin_next(context, record, {std::move(state), std::move(channel), std::move(to_come)});
}

State begin_auth(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state) {
  const auto& connection = *state.intent.connection;
  auto ppk = ppk_proof(context, state);
  if (!ppk) return close_attempt(context, record, state.intent, std::move(ppk.error()));
  if (connection.local.front().kind == config::AuthKind::eap) {
    auto local_id = local_identity(*context.credentials, connection, record.local.address);
    return send_auth(context, record, auth_of(std::move(state), std::move(local_id), std::move(*ppk)), std::nullopt);
  }
  const auto& round = connection.local.front();
  if (round.kind == config::AuthKind::null_auth) return use_null(context, record, std::move(state), std::move(*ppk));
  return signs(round) ? sign(context, record, std::move(state), std::move(*ppk))
                      : use_shared_key(context, record, std::move(state), std::move(*ppk));
}

State on(AwaitInitiatorSignature&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto auth = signed_auth(state.signature, done);
  if (!auth) return close_attempt(context, record, state.intent, std::move(auth.error()));
  if (wants_proof_without_ppk(state)) {
    state.ppk->without = std::move(auth->data);
    const auto id_body = wire::IdPayload{PayloadType::IDi, state.local_id}.body();
    state.job = sign_again(context, state.signature, own_octets(state, key_of_next_proof(state), id_body));
    return std::move(state);
  }
  OwnProof proof{std::move(state.signature.certificates), std::move(*auth)};
  return send_auth(context, record, std::move(state), std::move(proof));
}

Answered take_response(Context& context, const IkeSaRecord& record, AwaitAuth& state, const Received& received) {
  const auto& header = received.message.header;
  if (header.exchange != ExchangeType::IKE_AUTH || !header.response || !state.window.awaits(header.message_id)) {
    ++context.counters.out_of_state;
    return {};
  }
  auto opened = state.channel.open(context, record, received);
  if (const auto* malformed = std::get_if<AuthenticButMalformed>(&opened)) {
    ++context.counters.malformed_authentic;
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::malformed_message);
    refusal.detail = malformed->error.to_string();
    return refusal;
  }
  auto* fine = std::get_if<Fine>(&opened);
  if (fine != nullptr) {
    state.window.answered();
    return std::move(fine->inner.payloads);
  }
  // RFC 7296 §2.21.2: errors in clear prove nothing here.
  if (!std::holds_alternative<Partial>(opened)) ++context.counters.not_authentic;
  return {};
}

State on(AwaitAuth&& state, const Received& received, Context& context, IkeSaRecord& record) {
  auto answered = take_response(context, record, state, received);
  if (std::holds_alternative<std::monostate>(answered)) return std::move(state);
  if (auto* refusal = std::get_if<Refusal>(&answered))
    return refuse_responder(context, record, std::move(state), std::move(*refusal));
  const auto payloads = std::move(std::get<std::vector<wire::Payload>>(answered));
  return on_response(std::move(state), PayloadSet(payloads), context, record);
}

State on(AwaitResponderVerified&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  const auto payloads = std::move(state.payloads);
  auto peer = verified_peer(std::move(done));
  if (!peer) return refuse_responder(context, record, std::move(state), std::move(peer.error()));
  return on_peer_proven(context, record, std::move(state), std::move(*peer), PayloadSet(payloads));
}

std::optional<Closed> on_auth_deadline(AwaitAuth& state, Context& context, const IkeSaRecord& record) {
  if (const auto deadline = state.window.deadline(); !deadline || context.now < *deadline) return std::nullopt;
  if (retransmit(context, record, {record.path()}, state.channel, state.window)) return std::nullopt;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_answer);
  refusal.theirs.push_back(record.remote.to_string());
  forgo_first_child(context, state);
  return give_up_attempt(context, record, state.intent, std::move(refusal));
}

}  // namespace keypact::ike::v2
