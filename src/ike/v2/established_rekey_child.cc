// Child SAs that take the place of others, and those that both ends created at once. RFC 7296 §2.8, §2.8.1, §2.25.1.
#include <algorithm>

#include "ike/v2/child_expectation.h"
#include "ike/v2/established_sa.h"
#include "ike/v2/rekey_collision.h"

namespace keypact::ike::v2 {
namespace {

/// The two exchanges were about the same: one SA to replace, or one child to create.
bool same_aim(const ChildSa& a, const ChildSa& b) {
  if (a.origin.ours == b.origin.ours) return false;
  if (a.origin.replaces || b.origin.replaces) return a.origin.replaces == b.origin.replaces;
  return a.name == b.name && (a.origin.crossed || b.origin.crossed);
}

}  // namespace

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const RekeyChildRequest& request,
                          unsigned failures) {
  const auto found = children_.find(request.child);
  const bool wanted = found != children_.end() && found->second.is_current();
  const auto* child = wanted ? parts_.connection->child(found->second.name) : nullptr;
  // It went, or was replaced: what was asked for is so. One that is not configured any more ends with its lifetime.
  if (child == nullptr) {
    if (request.request) context.emit(RequestDone{request.request, record.id, request.child, std::nullopt});
    return;
  }
  auto offer = make_child_offer(context, record, {parts_.connection, *child}, KeyExchangeUse::negotiate);
  if (!offer) {
    context.emit(Refused{record.id, record.remote, parts_.connection->name, offer.error()});
    if (request.request) context.emit(RequestDone{request.request, record.id, {}, std::move(offer.error())});
    return;
  }
  expect(context, *offer, esp_path(record));
  const auto method = likely_method(offer->proposals, key_exchange_of(parts_.proposal));
  begin_create_child(context, record, std::move(*offer), method, {request.request, request.child, failures});
}

/// What is to take its place is being installed.
bool EstablishedSa::is_being_replaced(ChildSaId id) const {
  return std::ranges::any_of(children_, [&](const auto& entry) {
    return entry.second.phase == ChildSa::Phase::installing && entry.second.origin.replaces == id;
  });
}

void EstablishedSa::on_rekey_child_refused(Context& context, const IkeSaRecord& record, const ChildPurpose& purpose,
                                           const Refusal& refusal) {
  const auto found = children_.find(*purpose.replaces);
  const bool replaced = found == children_.end() || !found->second.is_current();
  if (purpose.waiter) {
    const bool moot = replaced && refusal.code == RefusalCode::busy;
    context.emit(RequestDone{purpose.waiter, record.id, {}, moot ? std::nullopt : std::optional(refusal)});
  }
  if (refusal.code != RefusalCode::busy)
    context.emit(Refused{record.id, record.remote, parts_.connection->name, refusal});
  if (replaced) return;
  if (refusal.notify == NotifyType::CHILD_SA_NOT_FOUND && refusal.by_peer) {
    // RFC 7296 §2.25.1: the peer has lost it: it goes here too, and a new one is made from scratch.
    const auto name = found->second.name;
    remove(context, record, found->first, refusal);
    queue_.push_back({CreateChildRequest{name, {}}, 0, std::nullopt});
    return;
  }
  postpone(context, RekeyChildRequest{*purpose.replaces, {}}, purpose.failures);
}

/// Of what two exchanges made for the same purpose one stays, as soon as both are here.
void EstablishedSa::settle_children(Context& context, const IkeSaRecord& record) {
  std::vector<ChildSaId> unsettled;
  for (const auto& [id, child] : children_)
    if (!is_settled(child)) unsettled.push_back(id);
  for (const auto id : unsettled) {
    const auto found = children_.find(id);
    if (found == children_.end() || is_settled(found->second) || has_rival_on_its_way(found->second)) continue;
    auto& child = found->second;
    auto* rival = rival_of(child);
    const bool loses = rival != nullptr && gives_way(child.origin.lower_nonce, rival->origin.lower_nonce);
    settle(context, record, loses ? *rival : child, loses ? &child : rival);
  }
}

/// Settled, or not so far that there is anything to settle.
bool EstablishedSa::is_settled(const ChildSa& child) const {
  return child.origin.lower_nonce.empty() || child.phase != ChildSa::Phase::installed ||
         (pending_child_ && pending_child_->installing == child.id);
}

bool EstablishedSa::has_rival_on_its_way(const ChildSa& child) const {
  const auto aims_at_same = [&](const ChildOrigin& origin, const std::string& name) {
    if (child.origin.replaces || origin.replaces) return child.origin.replaces == origin.replaces;
    return child.name == name && (child.origin.crossed || origin.crossed);
  };
  // RFC 7296 §2.8.1: our own exchange is not over, whose nonces decide with the peer's.
  if (!child.origin.ours) {
    const auto* sent = std::get_if<CreateChildSent>(&exchange_);
    const auto* secret = std::get_if<CreateChildAgreed>(&exchange_);
    if (sent != nullptr && aims_at_same({true, sent->purpose.replaces, {}, false}, sent->offer.child->name))
      return true;
    if (secret != nullptr && aims_at_same({true, secret->purpose.replaces, {}, false}, secret->agreed.child->name))
      return true;
  }
  if (peer_is_making(
          [&](const auto& pending) { return aims_at_same(pending.origin, pending.awaits_key->child->name); }))
    return true;
  return std::ranges::any_of(children_, [&](const auto& entry) {
    const auto& other = entry.second;
    const bool unfinished =
        other.phase == ChildSa::Phase::installing || (pending_child_ && pending_child_->installing == other.id);
    return other.id != child.id && unfinished && !other.origin.lower_nonce.empty() && same_aim(child, other);
  });
}

ChildSa* EstablishedSa::rival_of(const ChildSa& child) {
  const auto found = std::ranges::find_if(children_, [&](const auto& entry) {
    const auto& other = entry.second;
    return other.id != child.id && other.phase == ChildSa::Phase::installed && !other.origin.lower_nonce.empty() &&
           same_aim(child, other);
  });
  return found == children_.end() ? nullptr : &found->second;
}

void EstablishedSa::settle(Context& context, const IkeSaRecord& record, ChildSa& winner, ChildSa* loser) {
  const auto replaced = winner.origin.replaces ? children_.find(*winner.origin.replaces) : children_.end();
  const auto replaces = winner.origin.replaces;
  winner.origin.lower_nonce.clear();
  if (replaced != children_.end() && !replaced->second.replaced_by) replace(context, record, replaced->second, winner);
  else if (replaces && !winner.origin.ours) context.request(ipsec::UseOutbound{winner.id});
  announce(context, record, winner);
  if (loser == nullptr) return;
  loser->origin.lower_nonce.clear();
  if (const auto waiter = std::exchange(loser->waiter, {}))
    context.emit(RequestDone{waiter, record.id, winner.id, std::nullopt});
  loser->replaced_by = winner.id;
  if (std::exchange(loser->announced, false)) context.emit(ChildSaDown{record.id, loser->id});
  redirect_requests(loser->id, winner.id);
  // RFC 7296 §2.8.1: of two rekeyings, whoever began the one that gives way deletes what came of it. Of two creations, both ends
  // do: the peer may have seen no collision.
  if (loser->origin.ours || !replaces) submit(context, record, DeleteChildRequest{loser->id, {}});
  else loser->leaves_at = context.now + kPeerDeletes;
}

void EstablishedSa::replace(Context& context, const IkeSaRecord& record, ChildSa& old, ChildSa& fresh) {
  old.replaced_by = fresh.id;
  if (old.announced) {
    context.emit(ChildSaRekeyed{record.id, old.id, fresh.id});
    old.announced = false;
    fresh.announced = true;
  }
  redirect_requests(old.id, fresh.id);
  // It is the tunnel that is idle or not: when the old SA carried something last counts for the new one.
  if (fresh.idle_at) context.request(ipsec::AskUse{old.id});
  if (!fresh.origin.ours) {
    // RFC 7296 §2.8: whoever began the rekeying deletes the old SA.
    old.leaves_at = context.now + kPeerDeletes;
    return;
  }
  if (old.phase == ChildSa::Phase::installed) submit(context, record, DeleteChildRequest{old.id, {}});
}

/// Both ends have agreed that it goes. Where another one carries the traffic already, stragglers are still accepted.
void EstablishedSa::let_go(Context& context, const IkeSaRecord& record, ChildSa& child, const Refusal& reason) {
  const auto successor = child.replaced_by ? children_.find(*child.replaced_by) : children_.end();
  const bool carried_traffic = successor != children_.end() && child.origin.lower_nonce.empty() &&
                               successor->second.phase == ChildSa::Phase::installed;
  if (!carried_traffic) return remove(context, record, child.id, reason);
  context.request(ipsec::UseOutbound{successor->first});
  child.phase = ChildSa::Phase::retired;
  child.leaves_at = context.now + Stragglers::kLife;
}

/// Operators mean the tunnel, not the pair of SAs that carries it at the moment.
void EstablishedSa::redirect_requests(ChildSaId from, ChildSaId to) {
  for (auto& queued : queue_) {
    auto* deletion = std::get_if<DeleteChildRequest>(&queued.request);
    if (deletion != nullptr && deletion->child == from && deletion->request) deletion->child = to;
  }
}

}  // namespace keypact::ike::v2
