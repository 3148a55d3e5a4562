#include "fuzz/engine_states.h"

#include <algorithm>

namespace keypact::fuzz {
namespace {

using namespace ike::v2;

template <class Waiting>
bool is(const IkeSa& sa) {
  return std::holds_alternative<Waiting>(sa.state());
}
template <class Exchange>
bool runs(const IkeSa& sa) {
  return sa.established() != nullptr && std::holds_alternative<Exchange>(sa.established()->exchange());
}
bool is_established(const IkeSa& sa) { return sa.established() != nullptr; }
bool is_idle(const IkeSa& sa) { return is_established(sa) && sa.established()->is_idle(); }
bool replaces_a_child(const IkeSa& sa) {
  const auto* purpose = is_established(sa) ? child_purpose(sa.established()->exchange()) : nullptr;
  return purpose != nullptr && purpose->replaces;
}
bool answers_after_a_job(const IkeSa& sa) { return is_established(sa) && sa.established()->answer_awaits().job; }
bool answers_after_installing(const IkeSa& sa) {
  return is_established(sa) && sa.established()->answer_awaits().installation;
}
/// An IKE_FOLLOWUP_KE request of ours is out.
bool awaits_follow_up_response(const IkeSa& sa) {
  return is_established(sa) && std::visit(
                                   [](const auto& exchange) {
                                     if constexpr (requires { exchange.key_exchanges; }) return !exchange.job;
                                     else return false;
                                   },
                                   sa.established()->exchange());
}
bool awaits_follow_up(const IkeSa& sa) { return is_established(sa) && sa.established()->awaits_follow_up(); }
bool is_in_standing(const IkeSa& sa, Standing standing) {
  return is_established(sa) && sa.established()->standing() == standing;
}
template <class Judge>
bool has_child(const IkeSa& sa, Judge judge) {
  return is_established(sa) &&
         std::ranges::any_of(sa.established()->children(), [&](const auto& entry) { return judge(entry.second); });
}

void as_it_is(Shape& /*shape*/) {}
void with_key_exchange(Shape& shape) { shape.own_key_exchange = true; }
void with_liveness(Shape& shape) { shape.liveness = true; }
void with_mobility(Shape& shape) {
  shape.mobike = true;
  shape.peer_behind_nat = false;
}
void with_redirects(Shape& shape) { shape.redirects = true; }
void with_multike(Shape& shape) {
  shape.multike = true;
  shape.peer_behind_nat = false;
}
/// Whoever is behind the NAT is the client.
void as_client_of_eap(Shape& shape) {
  shape.eap = true;
  shape.peer_behind_nat = false;
}
void as_gateway_of_eap(Shape& shape) { shape.eap = shape.peer_behind_nat = true; }
void as_client_of_rounds(Shape& shape) {
  as_client_of_eap(shape);
  shape.rounds = true;
}
void as_gateway_of_rounds(Shape& shape) {
  as_gateway_of_eap(shape);
  shape.rounds = true;
}
/// A request of a later round is out (RFC 4739).
bool awaits_later_round(const IkeSa& sa) {
  const auto* waiting = std::get_if<AwaitAuth>(&sa.state());
  return waiting != nullptr && waiting->round != 0;
}
void with_ppk(Shape& shape) {
  shape.ppk = true;
  shape.peer_behind_nat = false;
}
void with_ppk_and_multike(Shape& shape) {
  with_ppk(shape);
  with_multike(shape);
}
/// Our request names a PPK; its key exchange, where it has one, is the last.
bool has_named_ppk(const IkeSa& sa) {
  const auto* waiting = std::get_if<AwaitIntermediateResponse>(&sa.state());
  return waiting != nullptr && waiting->named_ppk != nullptr;
}
/// The peer has still to name one.
bool awaits_ppk(const IkeSa& sa) {
  const auto* waiting = std::get_if<AwaitAuthRequest>(&sa.state());
  return waiting != nullptr && waiting->ppk == PpkUse::intermediate && !waiting->named_ppk;
}
void with_follow_ups(Shape& shape) {
  with_multike(shape);
  shape.own_key_exchange = true;
}
void without_nat(Shape& shape) { shape.peer_behind_nat = false; }

void initiate(EnginePair& pair, sim::Node& node, const char* child = "lan") {
  pair.control(node, ike::Initiate{{}, "net", child, {}, pair.ours().address});
}
void we_begin(EnginePair& pair) { initiate(pair, pair.ours()); }
void peer_begins(EnginePair& pair) { initiate(pair, pair.peer()); }

/// By whoever can: nobody knows where a peer behind a NAT is.
void establish(EnginePair& pair) {
  initiate(pair, pair.our_site().remote.is_unspecified() ? pair.peer() : pair.ours());
  pair.run_to_rest();
  pair.pass(milliseconds(10));
}
void peer_establishes(EnginePair& pair) {
  peer_begins(pair);
  pair.run_to_rest();
  pair.pass(milliseconds(10));
}

const IkeSa* any_established(const sim::Node& node) {
  for (const auto& [id, sa] : node.engine.ike_sas())
    if (sa.established() != nullptr) return &sa;
  return nullptr;
}
/// Where there is something to ask it of.
void rekey_child(EnginePair& pair, sim::Node& node) {
  if (!node.stack.child_sas().empty()) pair.control(node, ike::RekeyChild{{}, node.stack.child_sas().begin()->first});
}
void rekey_ike(EnginePair& pair, sim::Node& node, bool reauthenticate = false) {
  if (const auto* sa = any_established(node)) pair.control(node, ike::RekeyIke{{}, sa->record().id, reauthenticate});
}
void delete_child(EnginePair& pair, sim::Node& node) {
  if (!node.stack.child_sas().empty())
    pair.control(node, ike::TerminateChild{{}, node.stack.child_sas().begin()->first});
}
void delete_ike(EnginePair& pair, sim::Node& node) {
  if (const auto* sa = any_established(node)) pair.control(node, ike::TerminateIke{{}, sa->record().id, false});
}
void move_ours(EnginePair& pair) {
  establish(pair);
  pair.set_local_addresses(pair.ours(), {*IpAddress::parse("192.0.2.11")});
}
/// The addresses that it tells of are those of the configuration.
void have_one_more(EnginePair& pair) {
  establish(pair);
  pair.set_local_addresses(pair.ours(), {pair.ours().address, *IpAddress::parse("192.0.2.11")});
}
void peer_moves(EnginePair& pair) {
  peer_establishes(pair);
  pair.set_local_addresses(pair.peer(), {*IpAddress::parse("198.51.100.7")});
}

constexpr NamedState kStates[] = {
    // Initiator.
    {"AwaitKeyPair", without_nat, we_begin, is<AwaitKeyPair>},
    {"AwaitSaInit", without_nat, we_begin, is<AwaitSaInit>},
    {"AwaitSharedSecret", without_nat, we_begin, is<AwaitSharedSecret>},
    {"AwaitAdditionalKeyPair", with_multike, we_begin, is<AwaitAdditionalKeyPair>},
    {"AwaitIntermediateResponse", with_multike, we_begin, is<AwaitIntermediateResponse>},
    {"AwaitAdditionalSecret", with_multike, we_begin, is<AwaitAdditionalSecret>},
    {"AwaitAuth", without_nat, we_begin, is<AwaitAuth>},
    // Responder.
    {"AwaitResponderValue", as_it_is, peer_begins, is<AwaitResponderValue>},
    {"AwaitAuthRequest", as_it_is, peer_begins, is<AwaitAuthRequest>},
    {"AwaitAdditionalValue", with_multike, peer_begins, is<AwaitAdditionalValue>},
    {"AnswersFirstChild", as_it_is, peer_begins, answers_after_installing},
    // Established.
    {"IdleInitiator", without_nat, establish, is_idle},
    {"IdleResponder", as_it_is, peer_establishes, is_idle},
    {"CreateChildKeyPair", with_key_exchange,
     [](EnginePair& pair) { establish(pair), initiate(pair, pair.ours(), "lan2"); }, runs<CreateChildKeyPair>},
    {"CreateChildSent", as_it_is, [](EnginePair& pair) { establish(pair), initiate(pair, pair.ours(), "lan2"); },
     runs<CreateChildSent>},
    {"CreateChildAgreed", with_key_exchange,
     [](EnginePair& pair) { establish(pair), initiate(pair, pair.ours(), "lan2"); }, runs<CreateChildAgreed>},
    {"InstallingChild", as_it_is, [](EnginePair& pair) { establish(pair), initiate(pair, pair.ours(), "lan2"); },
     [](const IkeSa& sa) {
       return has_child(sa, [](const ChildSa& child) { return child.phase == ChildSa::Phase::installing; });
     }},
    {"RekeyingChild", as_it_is, [](EnginePair& pair) { establish(pair), rekey_child(pair, pair.ours()); },
     replaces_a_child},
    {"DeletingChild", as_it_is, [](EnginePair& pair) { establish(pair), delete_child(pair, pair.ours()); },
     runs<DeletingChild>},
    {"RekeyIkeKeyPair", as_it_is, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.ours()); },
     runs<RekeyIkeKeyPair>},
    {"RekeyIkeSent", as_it_is, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.ours()); },
     runs<RekeyIkeSent>},
    {"RekeyIkeAgreed", as_it_is, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.ours()); },
     runs<RekeyIkeAgreed>},
    {"FollowUpOfChild", with_follow_ups, [](EnginePair& pair) { establish(pair), initiate(pair, pair.ours(), "lan2"); },
     awaits_follow_up_response},
    {"FollowUpOfIke", with_follow_ups, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.ours()); },
     awaits_follow_up_response},
    {"DeletingIke", as_it_is, [](EnginePair& pair) { establish(pair), delete_ike(pair, pair.ours()); },
     runs<DeletingIke>},
    {"CheckingLiveness", with_liveness, [](EnginePair& pair) { establish(pair), pair.pass(seconds(12)); },
     runs<CheckingLiveness>},
    {"UpdatingAddresses", with_mobility, move_ours, runs<UpdatingAddresses>},
    {"TellingAddresses", with_mobility, have_one_more, runs<TellingAddresses>},
    {"ProvingAddress", with_mobility, peer_moves, runs<ProvingAddress>},
    {"Telling", as_it_is,
     [](EnginePair& pair) {
       establish(pair);
       if (const auto* sa = any_established(pair.ours()))
         pair.stack_event(pair.ours(), ipsec::UnknownSpi{sa->record().local, sa->record().remote, EspSpi{0x1234567}});
     },
     runs<Telling>},
    {"Reauthenticating", without_nat, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.ours(), true); },
     is<AwaitSaInit>},
    // The peer's exchanges.
    {"AnswersChildAfterJob", with_key_exchange,
     [](EnginePair& pair) { establish(pair), initiate(pair, pair.peer(), "lan2"); }, answers_after_a_job},
    {"AnswersChildAfterInstalling", as_it_is,
     [](EnginePair& pair) { establish(pair), initiate(pair, pair.peer(), "lan2"); }, answers_after_installing},
    {"AnswersRekeyOfIke", as_it_is, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.peer()); },
     answers_after_a_job},
    {"AwaitsFollowUpOfChild", with_follow_ups,
     [](EnginePair& pair) { establish(pair), initiate(pair, pair.peer(), "lan2"); }, awaits_follow_up},
    {"AwaitsFollowUpOfIke", with_follow_ups, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.peer()); },
     awaits_follow_up},
    // What meets.
    {"FollowUpsCross", with_follow_ups,
     [](EnginePair& pair) { establish(pair), rekey_child(pair, pair.ours()), rekey_child(pair, pair.peer()); },
     [](const IkeSa& sa) { return replaces_a_child(sa) && awaits_follow_up(sa); }},
    {"RekeyingOfChildCrosses", as_it_is,
     [](EnginePair& pair) { establish(pair), rekey_child(pair, pair.ours()), rekey_child(pair, pair.peer()); },
     [](const IkeSa& sa) {
       return replaces_a_child(sa) &&
              has_child(sa, [](const ChildSa& child) { return child.origin.replaces && !child.origin.ours; });
     }},
    {"Undecided", as_it_is,
     [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.ours()), rekey_ike(pair, pair.peer()); },
     [](const IkeSa& sa) { return is_in_standing(sa, Standing::undecided); }},
    {"Superseded", as_it_is, [](EnginePair& pair) { establish(pair), rekey_ike(pair, pair.peer()); },
     [](const IkeSa& sa) { return is_in_standing(sa, Standing::superseded); }},
    {"ReplacedChild", as_it_is, [](EnginePair& pair) { establish(pair), rekey_child(pair, pair.peer()); },
     [](const IkeSa& sa) { return has_child(sa, [](const ChildSa& child) { return child.replaced_by.has_value(); }); }},
    {"RetiredChild", as_it_is, [](EnginePair& pair) { establish(pair), rekey_child(pair, pair.ours()); },
     [](const IkeSa& sa) {
       return has_child(sa, [](const ChildSa& child) { return child.phase == ChildSa::Phase::retired; });
     }},
    {"SimultaneousStart", without_nat, [](EnginePair& pair) { we_begin(pair), peer_begins(pair); },
     is<AwaitAuthRequest>},
    // The end of it.
    {"Closed", as_it_is, [](EnginePair& pair) { establish(pair), delete_ike(pair, pair.peer()); }, is<Closed>},
    {"Redirected", with_redirects, we_begin,
     [](const IkeSa& sa) {
       const auto* waiting = std::get_if<AwaitKeyPair>(&sa.state());
       return waiting != nullptr && waiting->intent.redirections.from.has_value();
     }},
    // EAP.
    {"AwaitEapClient", as_client_of_eap, we_begin, is<AwaitEapClient>},
    {"AwaitEapRequest", as_client_of_eap, we_begin, is<AwaitEapRequest>},
    {"AwaitEapFinal", as_client_of_eap, we_begin, is<AwaitEapFinal>},
    {"AwaitEapServer", as_gateway_of_eap, peer_begins, is<AwaitEapServer>},
    {"AwaitEapResponse", as_gateway_of_eap, peer_begins, is<AwaitEapResponse>},
    {"AwaitEapAuth", as_gateway_of_eap, peer_begins, is<AwaitEapAuth>},
    // Several rounds.
    {"AwaitLaterRound", as_client_of_rounds, we_begin, awaits_later_round},
    {"AwaitRound", as_gateway_of_rounds, peer_begins, is<AwaitRound>},
    // Post-quantum preshared keys in IKE_INTERMEDIATE.
    {"NamedPpk", with_ppk, we_begin, has_named_ppk},
    {"NamedPpkWithKeyExchange", with_ppk_and_multike, we_begin, has_named_ppk},
    {"AwaitPpk", with_ppk, peer_begins, awaits_ppk},
};

}  // namespace

std::span<const NamedState> named_states() { return kStates; }

const IkeSa* in_state(EnginePair& pair, const NamedState& state) {
  for (const auto& [id, sa] : pair.ours().engine.ike_sas())
    if (state.holds(sa)) return &sa;
  return nullptr;
}

std::unique_ptr<EnginePair> begin_in(const NamedState& state, Shape shape) {
  constexpr unsigned kMostSteps = 400;
  state.adapt(shape);
  auto pair = std::make_unique<EnginePair>(shape);
  state.prepare(*pair);
  for (unsigned step = 0; in_state(*pair, state) == nullptr; ++step)
    if (step == kMostSteps || !pair->advance()) return nullptr;
  return pair;
}

}  // namespace keypact::fuzz
