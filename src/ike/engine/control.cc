// Requests of operators. RFC 7296 §1.2, §1.3.1, §1.4.1.
#include <algorithm>

#include "ike/engine/engine.h"
#include "ike/engine/missing_credential.h"
#include "ike/v2/child_mode.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/lifetime.h"

namespace keypact::ike {
namespace {

/// What nobody waits for has no outcome.
void report(const Context& context, ControlId id, IkeSaId ike_sa, ChildSaId child, std::optional<Refusal> refusal) {
  if (id) context.emit(RequestDone{id, ike_sa, child, std::move(refusal)});
}

void refuse(const Context& context, ControlId id, RefusalCode code, std::string detail) {
  Refusal refusal;
  refusal.code = code;
  refusal.detail = std::move(detail);
  report(context, id, {}, {}, std::move(refusal));
}

/// A gateway that ends or loses all its tunnels is not asked for all of them at the same moment. Silence took minutes to be noticed,
/// and most likely lasts; a peer that said that it ends a tunnel is there.
constexpr Duration kSpreadWhenGone = seconds(10);
constexpr Duration kSpreadWhenClosed = seconds(3);

v2::ConnectionPtr find_connection(const config::Snapshot& snapshot, const Initiate& request) {
  if (!request.connection.empty()) return snapshot.connection(request.connection);
  for (const auto& connection : snapshot.connections)
    if (connection->child(request.child) != nullptr) return connection;
  return nullptr;
}

std::optional<IpAddress> single_address(const std::vector<config::AddressPattern>& patterns,
                                        const std::optional<IpAddress>& otherwise) {
  for (const auto& pattern : patterns)
    if (pattern.is_single()) return pattern.first;
  return otherwise;
}

const v2::ChildSa* installed_child(const v2::EstablishedSa& sa, const std::string& name) {
  for (const auto& [id, child] : sa.children())
    if (child.name == name && child.is_current()) return &child;
  return nullptr;
}

/// The child that is to be negotiated: not one whose traffic passes in clear or is dropped.
const config::ChildConfig* find_child(const config::Connection& connection, const std::string& name) {
  const auto wanted = [&](const config::ChildConfig& child) {
    return child.action == PolicyAction::protect && (name.empty() || child.name == name);
  };
  const auto found = std::ranges::find_if(connection.children, wanted);
  return found == connection.children.end() ? nullptr : &*found;
}

}  // namespace

void Engine::handle(Context& context, const Initiate& request) {
  const auto connection = find_connection(*configuration_, request);
  if (connection && request.childless) return initiate_childless(context, request, connection);
  const auto* child = connection ? find_child(*connection, request.child) : nullptr;
  if (child == nullptr)
    return refuse(context, request.id, RefusalCode::unknown_connection,
                  !connection ? request.connection + request.child : request.connection + '/' + request.child);
  auto wanted = request;
  wanted.connection = connection->name;
  wanted.child = child->name;
  if (std::exchange(wanted.persistent, false))
    return upkeep_.want(std::move(wanted), Upkeep::Patience::forever, context.now, connection->keyingtries.value_or(0));
  forget_called_off(context, connection->name);
  // Both ends may have begun an IKE SA: the child can be in any of them, or in the one that is being set up.
  v2::IkeSa* owner = nullptr;
  bool being_set_up = false;
  for (const auto id : table_.of_connection(connection->name)) {
    auto* sa = table_.find(id);
    const auto* established = sa->established();
    being_set_up = being_set_up || established == nullptr;
    if (established == nullptr) continue;
    if (const auto* up = installed_child(*established, child->name))
      return report(context, request.id, id, up->id, std::nullopt);
    // The youngest: an older one may be on its way out.
    if (owner == nullptr || !owner->established()->is_creating(child->name)) owner = sa;
  }
  if (being_set_up) return waiting_.push_back(std::move(wanted));
  if (owner == nullptr) return begin_ike_sa(context, wanted, connection);
  drive(context, *owner,
        [&](v2::IkeSa& sa) { (void)sa.on_request(context, v2::CreateChildRequest{wanted.child, wanted.id}); });
}

/// One that this machine has and the connection allows, as far as that is known: a configured one before the one asked for.
std::optional<IpAddress> Engine::source_for(const config::Connection& connection, const Initiate& request,
                                            const std::optional<IpAddress>& remote) const {
  const auto is_here = [&](const IpAddress& address) {
    return local_addresses_.empty() || std::ranges::find(local_addresses_, address) != local_addresses_.end();
  };
  for (const auto& pattern : connection.local_addrs)
    if (pattern.is_single() && is_here(pattern.first) && (!remote || pattern.first.family() == remote->family()))
      return pattern.first;
  const auto wanted = single_address(connection.local_addrs, request.local_address);
  if (!wanted || !remote || is_here(*wanted)) return wanted;
  const auto usable = v2::usable_addresses(connection, local_addresses_);
  const auto other = std::ranges::find(usable, remote->family(), &IpAddress::family);
  return other == usable.end() ? wanted : std::optional(*other);
}

/// An attempt that was called off and gets no answer keeps nobody waiting: the next one claims INITIAL_CONTACT.
void Engine::forget_called_off(Context& context, const std::string& connection) {
  for (const auto id : table_.of_connection(connection)) {
    auto* sa = table_.find(id);
    Refusal reason;
    reason.code = RefusalCode::terminated;
    if (sa != nullptr && sa->is_called_off_in_vain())
      drive(context, *sa, [&](v2::IkeSa& attempt) { attempt.abandon(context, reason); });
  }
}

/// Only the IKE SA is wanted: any that serves the connection will do. RFC 6023.
void Engine::initiate_childless(Context& context, const Initiate& request, const v2::ConnectionPtr& connection) {
  forget_called_off(context, connection->name);
  for (const auto id : table_.of_connection(connection->name)) {
    const auto* established = table_.find(id)->established();
    if (established == nullptr) return waiting_.push_back(request);
    if (established->serves()) return report(context, request.id, id, {}, std::nullopt);
  }
  begin_ike_sa(context, request, connection);
}

void Engine::begin_ike_sa(Context& context, const Initiate& request, const v2::ConnectionPtr& connection,
                          IkeSaId reauthenticates, const NextAttempt* next) {
  const auto remote =
      next != nullptr ? std::optional(next->remote) : single_address(connection->remote_addrs, request.remote_address);
  const auto local = source_for(*connection, request, remote);
  if (!remote || !local || remote->is_unspecified())
    return refuse(context, request.id, RefusalCode::no_remote_address,
                  !remote ? "remote_addrs of " + connection->name : "no local address reaches the peer");
  v2::IkeSaRecord record;
  record.id = ids_.next<IkeSaId>();
  record.initiator = true;
  record.initiator_spi = fresh_ike_spi();
  const bool standard_port = connection->local_port == 500;
  record.local = {*local, standard_port ? options_.port : connection->local_port};
  record.remote = {*remote, connection->remote_port};
  record.dscp = connection->dscp;
  record.created = context.now;
  // RFC 7296 §2.23: a peer behind a NAT is reached where it is known already, if at all.
  if (const auto* old = table_.find(reauthenticates);
      old != nullptr && old->record().nat.any() && old->record().remote.address == record.remote.address) {
    record.local.port = old->record().local.port;
    record.remote = old->record().remote;
    record.reached_by_peer = old->record().reached_by_peer;
  }
  if (const auto* old = table_.find(reauthenticates); old != nullptr && !connection->vips.empty())
    record.inner.local = old->record().inner.local;
  // Where the addresses were not known before, traffic is protected from here on, whatever becomes of the negotiation.
  const auto* child = connection->child(request.child);
  if (child != nullptr && !v2::depends_on_given_addresses(*connection, *child))
    for (auto& install : policies_.configure(
             {connection->name, child->name},
             v2::policy_of(*child, options_,
                           {v2::resolve(child->local_ts, {*local}), v2::resolve(child->remote_ts, {*remote})})))
      context.request(std::move(install));

  if (auto refusal = missing_credential(*configuration_, *credentials_, *connection, *local)) {
    context.emit(Refused{{}, record.remote, connection->name, *refusal});
    return report(context, request.id, {}, {}, std::move(refusal));
  }
  const auto first_output = outputs_.size();
  const auto id = record.id;
  v2::Intent intent;
  intent.connection = connection;
  intent.child = request.child;
  intent.request = request.id;
  intent.reauthenticates = reauthenticates;
  intent.childless = request.childless;
  intent.initial_contact = is_first_contact(*connection, *local, reauthenticates);
  // Upkeep counts its own attempts.
  intent.most_tries = Upkeep::is_ours(request.id) ? 1 : connection->keyingtries.value_or(1);
  if (next != nullptr) intent.tries = next->tries;
  if (next != nullptr) intent.redirections = next->redirections;
  table_.insert(v2::IkeSa::initiate(context, std::move(record), std::move(intent)));
  settle(context, first_output, id);
}

/// RFC 7296 §2.4: we hold no other IKE SA with this peer under our identity, whatever connection it is of. swanctl's unique = never
/// asks for it not to be said.
bool Engine::is_first_contact(const config::Connection& connection, const IpAddress& local,
                              IkeSaId reauthenticates) const {
  const auto& peer = connection.remote.front().id;
  if (reauthenticates || connection.unique == config::UniquePolicy::never) return false;
  if (peer.any || peer.is_wildcard()) return true;
  const auto identity = v2::local_identity(*credentials_, connection, local);
  return std::ranges::none_of(table_.established_with(peer.identity), [&](IkeSaId id) {
    const auto& parts = table_.find(id)->established()->parts();
    return parts.local_id == identity && parts.connection->name != connection.name;
  });
}

void Engine::begin_again(Context& context, const NextAttempt& next) {
  const auto connection = configuration_->connection(next.connection);
  if (!connection) return refuse(context, next.request, RefusalCode::unknown_connection, next.connection);
  begin_ike_sa(context, {next.request, next.connection, next.child, next.local, next.remote, false, next.childless},
               connection, next.replaces, &next);
}

void Engine::handle(Context& context, const Redirect& request) {
  auto* sa = table_.find(request.ike_sa);
  const auto* established = sa != nullptr ? sa->established() : nullptr;
  if (established == nullptr || !established->serves())
    return refuse(context, request.id, RefusalCode::unknown_connection, "no such IKE SA");
  if (established->parts().redirectable != v2::EstablishedParts::Redirectable::peer)
    return refuse(context, request.id, RefusalCode::redirected, "the peer does not let itself be redirected");
  drive(context, *sa,
        [&](v2::IkeSa& owner) { (void)owner.on_request(context, v2::RedirectRequest{request.gateway, request.id}); });
}

void Engine::retry_waiting(Context& context) {
  for (auto& request : std::exchange(waiting_, {})) handle(context, request);
}

void Engine::handle(Context& context, const TerminateIke& request) {
  auto* sa = table_.find(request.ike_sa);
  if (sa == nullptr) return refuse(context, request.id, RefusalCode::unknown_connection, "no such IKE SA");
  // Who takes it down does not want it to come back by itself.
  if (const auto name = SaTable::connection_of(*sa)) upkeep_.forget(*name);
  if (sa->established() != nullptr && !request.at_once)
    return drive(context, *sa,
                 [&](v2::IkeSa& owner) { (void)owner.on_request(context, v2::DeleteIkeRequest{request.id}); });
  Refusal reason;
  reason.code = RefusalCode::terminated;
  // What the peer has set up already it is told to delete, as soon as it answers.
  drive(context, *sa, [&](v2::IkeSa& owner) {
    if (request.at_once || !owner.call_off(context, reason)) owner.abandon(context, reason);
  });
  report(context, request.id, request.ike_sa, {}, std::nullopt);
}

void Engine::handle(Context& context, const TerminateChild& request) {
  const auto found = children_.find(request.child_sa);
  auto* sa = found == children_.end() ? nullptr : table_.find(found->second);
  if (sa == nullptr || sa->established() == nullptr)
    return refuse(context, request.id, RefusalCode::unknown_connection, "no such Child SA");
  const auto& children = sa->established()->children();
  if (const auto child = children.find(request.child_sa); child != children.end())
    upkeep_.forget(sa->established()->parts().connection->name, child->second.name);
  drive(context, *sa, [&](v2::IkeSa& owner) {
    (void)owner.on_request(context, v2::DeleteChildRequest{request.child_sa, request.id});
  });
}

void Engine::handle(Context& context, const RekeyIke& request) {
  auto* sa = table_.find(request.ike_sa);
  if (sa == nullptr || sa->established() == nullptr)
    return refuse(context, request.id, RefusalCode::unknown_connection, "no such IKE SA");
  if (request.reauthenticate) return reauthenticate(context, request.ike_sa, request.id);
  drive(context, *sa, [&](v2::IkeSa& owner) { (void)owner.on_request(context, v2::RekeyIkeRequest{request.id}); });
}

void Engine::handle(Context& context, const RekeyChild& request) {
  const auto found = children_.find(request.child_sa);
  auto* sa = found == children_.end() ? nullptr : table_.find(found->second);
  if (sa == nullptr || sa->established() == nullptr)
    return refuse(context, request.id, RefusalCode::unknown_connection, "no such Child SA");
  drive(context, *sa, [&](v2::IkeSa& owner) {
    (void)owner.on_request(context, v2::RekeyChildRequest{request.child_sa, request.id});
  });
}

void Engine::keep_up(Context& context) {
  for (;;) {
    std::vector<RequestDone> outcomes;
    std::erase_if(outputs_, [&](const Output& output) {
      const auto* event = std::get_if<Event>(&output);
      const auto* done = event != nullptr ? std::get_if<RequestDone>(event) : nullptr;
      if (done == nullptr || !Upkeep::is_ours(done->request)) return false;
      outcomes.push_back(*done);
      return true;
    });
    for (const auto& done : outcomes)
      if (const auto vain = upkeep_.conclude(done.request, !done.refusal, context.now, random_))
        drop_held(context, *vain);
    const auto due = upkeep_.take_due(context.now);
    if (due.empty()) return;
    for (const auto& initiate : due) begin_attempt(context, initiate);
  }
}

/// A name may lead elsewhere by now: it is asked for whenever an IKE SA is to be set up.
void Engine::begin_attempt(Context& context, const Initiate& initiate) {
  const auto connection = configuration_->connection(initiate.connection);
  if (!connection || !v2::is_known_by_name(*connection) || !table_.of_connection(initiate.connection).empty())
    return handle(context, initiate);
  context.emit(
      AddressWanted{initiate.id, initiate.connection, initiate.child, initiate.local_address, initiate.remote_address});
}

/// RFC 4301 §4.4.1: a packet asks for an SA.
void Engine::on_acquire(Context& context, PolicyId policy) {
  const auto* name = policies_.name_of(policy);
  const auto connection = name != nullptr ? configuration_->connection(name->first) : nullptr;
  const auto* child = connection ? connection->child(name->second) : nullptr;
  if (child == nullptr) return context.request(ipsec::DropHeld{policy});
  using enum config::Action;
  if (child->start_action == trap || child->start_action == trap_and_start || traps_.contains(*name))
    upkeep_.want({{}, name->first, name->second, {}, {}}, Upkeep::Patience::once, context.now);
  else if (!upkeep_.wants(name->first, name->second)) context.request(ipsec::DropHeld{policy});
}

/// What waits for this child waits in vain.
void Engine::drop_held(const Context& context, const PolicyBook::Name& child) {
  if (const auto* entry = policies_.find(child)) context.request(ipsec::DropHeld{entry->id});
}

/// What comes next is configured: dpd_action when the peer is gone, close_action when it ended them. For a trap the policy is there
/// already; from now on its packets count.
void Engine::handle(Context& context, const v2::ChildrenLost& matter) {
  const auto connection = configuration_->connection(matter.connection);
  if (!connection) return;
  using enum config::Action;
  const auto spread = matter.peer_is_gone ? kSpreadWhenGone : kSpreadWhenClosed;
  for (const auto& name : matter.children) {
    const auto* child = connection->child(name);
    const auto action = child == nullptr ? none : matter.peer_is_gone ? child->dpd_action : child->close_action;
    if (action == trap || action == trap_and_start) traps_.emplace(matter.connection, name);
    if (action == start || action == trap_and_start)
      upkeep_.want({{}, matter.connection, name, matter.local.address, matter.remote.address},
                   Upkeep::Patience::forever, context.now + v2::random_duration(context.random, spread),
                   connection->keyingtries.value_or(0));
  }
}

}  // namespace keypact::ike
