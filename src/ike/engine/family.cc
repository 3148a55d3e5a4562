// What concerns more than one IKE SA: one that takes another one's place, and two that both ends set up at once.
// RFC 7296 §2.8, §2.8.2.
#include <algorithm>

#include "ike/engine/engine.h"
#include "ike/v2/connection_choice.h"

namespace keypact::ike {
namespace {

/// The Child SA that an IKE SA is set up with when it is to take this one's place: one that this one has, or is getting. Empty: it has
/// none.
std::string first_child(const v2::EstablishedSa& sa) {
  for (const auto& [id, child] : sa.children())
    if (child.is_current()) return child.name;
  for (const auto& child : sa.parts().connection->children)
    if (sa.is_creating(child.name)) return child.name;
  return {};
}

}  // namespace

void Engine::handle(Context& context, v2::NewIkeSa matter) {
  const auto id = matter.record.id;
  const auto first_output = outputs_.size();
  auto record = matter.record;
  table_.insert({std::move(record), v2::EstablishedSa(context, std::move(matter))});
  settle(context, first_output, id);
}

void Engine::handle(Context& context, const v2::MoveChildren& matter) {
  using enum v2::MoveChildren::Then;
  auto* from = table_.find(matter.from);
  auto* to = table_.find(matter.to);
  if (from == nullptr) return;
  if (to != nullptr && to->established() != nullptr) {
    to->inherit(context, *from);
    addresses_.move(matter.from, matter.to);
    for (const auto& [id, child] : to->established()->children()) children_[id] = matter.to;
  }
  Refusal reason;
  reason.code = RefusalCode::terminated;
  drive(context, *from, [&](v2::IkeSa& sa) {
    if (matter.then == is_over) sa.abandon(context, reason);
    else sa.retire(context, matter.then == we_delete);
  });
  if (to = table_.find(matter.to); to != nullptr) drive(context, *to, [&](v2::IkeSa& sa) { sa.wake(context); });
}

void Engine::handle(Context& context, const v2::LetBegin& matter) {
  auto* sa = table_.find(matter.id);
  if (sa != nullptr) drive(context, *sa, [&](v2::IkeSa& heir) { heir.let_begin(context); });
}

void Engine::on_established(Context& context, IkeSaId id) {
  const auto* fresh = table_.find(id);
  if (fresh == nullptr || fresh->established() == nullptr) return;
  const auto& fresh_parts = fresh->established()->parts();
  const bool replaces = static_cast<bool>(fresh_parts.reauthenticates);
  const auto others = same_tunnel(*fresh);
  const auto name = fresh->established()->parts().connection->name;
  const bool fixed_peer = v2::has_fixed_peer(*fresh->established()->parts().connection);
  const auto stays = resolve_simultaneous(context, id, others);
  if (fixed_peer) withdraw_attempts(context, name);
  if (!replaces) return;
  // The one that it was begun for may have been rekeyed since: it takes the place of all that serve the same two identities. Another
  // gateway may have another identity (RFC 5685).
  auto replaced = others;
  const auto named = fresh_parts.reauthenticates;
  if (fresh_parts.redirections.from && std::ranges::find(replaced, named) == replaced.end()) replaced.push_back(named);
  for (const auto other : replaced) {
    auto* winner = table_.find(stays);
    auto* old = table_.find(other);
    const bool there = winner != nullptr && winner->established() != nullptr && old != nullptr &&
                       old->established() != nullptr && old->established()->serves();
    if (there && other != stays) take_place(context, *winner, *old);
  }
}

/// There is an IKE SA with this peer: what we have begun and not authenticated yet would only be a second one. Were it to go on, we
/// would claim INITIAL_CONTACT for it in spite of the first, and the peer would drop that (RFC 7296 §2.4).
void Engine::withdraw_attempts(Context& context, const std::string& connection) {
  for (const auto id : table_.of_connection(connection)) {
    auto* attempt = table_.find(id);
    if (attempt == nullptr) continue;
    std::optional<v2::ChildWish> wish;
    drive(context, *attempt, [&](v2::IkeSa& sa) { wish = sa.withdraw(context); });
    if (wish) handle(context, Initiate{wish->waiter, connection, wish->child, {}, {}});
  }
}

/// The IKE SAs that serve the connection between these identities.
std::vector<IkeSaId> Engine::serving(const std::string& connection, const Identification& local,
                                     const Identification& peer) const {
  std::vector<IkeSaId> found;
  for (const auto id : table_.established_with(peer)) {
    const auto& sa = *table_.find(id)->established();
    if (sa.parts().connection->name == connection && sa.parts().local_id == local && sa.serves()) found.push_back(id);
  }
  return found;
}

std::vector<IkeSaId> Engine::same_tunnel(const v2::IkeSa& sa) const {
  const auto& established = *sa.established();
  auto others =
      serving(established.parts().connection->name, established.parts().local_id, established.peer_identity());
  std::erase(others, sa.record().id);
  return others;
}

/// Two reauthentications at once, of which one end saw a collision and the other did not: the one that the peer took away was not to
/// stay, and the one before it was (RFC 7296 §2.8.3).
void Engine::handle(Context& context, const v2::GiveBack& matter) {
  if (!serving(matter.connection, matter.local, matter.peer).empty()) return;
  auto known = table_.established_with(matter.peer);
  std::ranges::reverse(known);  // the youngest first
  for (const auto id : known) {
    auto* sa = table_.find(id);
    const auto& parts = sa->established()->parts();
    if (parts.connection->name != matter.connection || parts.local_id != matter.local) continue;
    bool serves = false;
    drive(context, *sa, [&](v2::IkeSa& old) { serves = old.serve_again(context); });
    if (serves) return;
  }
}

void Engine::handle(Context& context, const v2::HandOver& matter) {
  const bool served = !serving(matter.connection, matter.local, matter.peer).empty();
  for (const auto& wish : matter.wishes) {
    if (served) handle(context, Initiate{wish.waiter, matter.connection, wish.child, {}, {}});
    else context.emit(RequestDone{wish.waiter, {}, {}, matter.reason});
  }
}

/// RFC 5685 §5: the old gateway's tunnel carries the traffic until the new one's does.
void Engine::handle(Context& context, const v2::Redirected& matter) {
  const auto* old = table_.find(matter.ike_sa);
  if (old == nullptr || old->established() == nullptr) return;
  const auto& parts = old->established()->parts();
  if (!configuration_->connection(parts.connection->name) ||
      is_being_reauthenticated(matter.ike_sa, parts.connection->name))
    return;
  const auto child = first_child(*old->established());
  begin_again(context, {parts.connection->name,
                        child,
                        child.empty(),
                        {},
                        matter.ike_sa,
                        old->record().local.address,
                        matter.gateway,
                        0,
                        parts.redirections});
}

/// An attempt to take this one's place is on its way.
bool Engine::is_being_reauthenticated(IkeSaId id, const std::string& connection) const {
  return std::ranges::any_of(table_.of_connection(connection), [&](IkeSaId other) {
    return std::visit(
        [&](const auto& state) {
          if constexpr (requires { state.intent; }) return state.intent.reauthenticates == id;
          else return false;
        },
        table_.find(other)->state());
  });
}

/// RFC 7296 §2.8.3: a new IKE SA from scratch. The old one carries the traffic until the new one does.
void Engine::reauthenticate(Context& context, IkeSaId id, ControlId waiter) {
  const auto* old = table_.find(id);
  if (old == nullptr || old->established() == nullptr) return;
  const auto& parts = old->established()->parts();
  const auto& record = old->record();
  const auto name = first_child(*old->established());
  const bool childless = name.empty();
  // What the peer set up from an address that the configuration does not name is the peer's to renew, and what is not configured
  // any more ends with its lifetime.
  const bool possible = configuration_->connection(parts.connection->name) == parts.connection &&
                        (childless || parts.connection->child(name) != nullptr) && old->established()->serves() &&
                        v2::has_fixed_peer(*parts.connection) && !is_being_reauthenticated(id, parts.connection->name);
  if (!possible) {
    if (!waiter) return;
    Refusal refusal;
    refusal.code = RefusalCode::busy;
    refusal.detail = "this end cannot begin it now: it is on its way already, or the peer's to begin";
    return context.emit(RequestDone{waiter, id, {}, std::move(refusal)});
  }
  begin_ike_sa(context,
               {waiter, parts.connection->name, name, record.local.address, record.remote.address, false, childless},
               parts.connection, id);
}

/// Make before break: the Child SAs of the old one come up in the new one, and then it goes.
void Engine::take_place(Context& context, v2::IkeSa& fresh, v2::IkeSa& old) {
  const auto wishes = old.take_wishes();
  drive(context, old, [&](v2::IkeSa& sa) { sa.retire(context, false); });
  for (const auto& wish : wishes) {
    drive(context, fresh,
          [&](v2::IkeSa& sa) { (void)sa.on_request(context, v2::CreateChildRequest{wish.child, wish.waiter}); });
  }
}

/// Neither end knew of the other's wish when it began.
bool Engine::began_at_once(const v2::IkeSa& a, const v2::IkeSa& b) const {
  const auto* first = a.established();
  const auto* second = b.established();
  if (first == nullptr || second == nullptr || a.record().initiator == b.record().initiator) return false;
  return a.record().created <= second->parts().authenticated && b.record().created <= first->parts().authenticated;
}

/// Both ends set up an IKE SA for the same connection at once: both keep the same one of the two, which is the result.
IkeSaId Engine::resolve_simultaneous(Context& context, IkeSaId established, const std::vector<IkeSaId>& others) {
  auto* fresh = table_.find(established);
  if (!v2::has_fixed_peer(*fresh->established()->parts().connection)) return established;
  for (const auto id : others) {
    auto* other = table_.find(id);
    if (!began_at_once(*fresh, *other)) continue;
    const bool fresh_loses = fresh->record().initiator_spi < other->record().initiator_spi;
    merge(context, fresh_loses ? *fresh : *other, fresh_loses ? *other : *fresh);
    return fresh_loses ? id : established;
  }
  return established;
}

/// What was wanted of the one is wanted of the other.
void Engine::merge(Context& context, v2::IkeSa& loser, v2::IkeSa& winner) {
  const auto& connection = winner.established()->parts().connection->name;
  const auto wishes = loser.take_wishes();
  drive(context, loser, [&](v2::IkeSa& sa) { (void)sa.on_request(context, v2::DeleteIkeRequest{}); });
  for (const auto& wish : wishes) handle(context, Initiate{wish.waiter, connection, wish.child, {}, {}});
}

}  // namespace keypact::ike
