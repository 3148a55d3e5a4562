#include "ike/engine/engine.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "ike/v2/child_mode.h"
#include "ike/v2/connection_choice.h"
#include "ipsec/steering.h"

namespace keypact::ike {
namespace {

bool may_become_trap(const config::ChildConfig& child) {
  using enum config::Action;
  const auto makes_trap = [](config::Action action) { return action == trap || action == trap_and_start; };
  return makes_trap(child.close_action) || makes_trap(child.dpd_action);
}

}  // namespace

Engine::Engine(Options options, crypto::Library& library, RandomSource& random, Instant now)
    : options_(options),
      library_(library),
      random_(random),
      configuration_(std::make_shared<const config::Snapshot>()),
      credentials_(std::make_shared<const Credentials>()),
      esp_spis_(options.engine_index % ipsec::SpiLayout::kEngines, random),
      ids_{options.engine_index, options.engines},
      policies_(options.engine_index, options.engines),
      cookies_(random, now),
      admission_(options_.budgets, random),
      keepalives_(options_.keep_alive),
      upkeep_(options.engine_index) {
  esp_spis_.avoid(options_.esp_spis_taken);
}

Context Engine::context(Instant now) {
  return {now,       options_, library_,     random_,          configuration_,     credentials_,
          esp_spis_, *this,    ids_,         local_addresses_, policies_,          stragglers_,
          counters_, outputs_, fresh_peers_, next_attempts_,   reauthentications_, tracing_};
}

void Engine::settle(Context& context, std::size_t first_output, IkeSaId id) {
  const bool established = note_outputs(context, first_output, id);
  std::vector<v2::FamilyMatter> matters;
  if (auto* sa = table_.find(id)) {
    matters = sa->take_family_matters();
    table_.refile(*sa);
    file_path(*sa, context.now);
    if (sa->is_closed()) give_back_addresses(context, id);
    if (sa->is_over(context.now)) table_.erase(id);
  }
  for (auto& matter : matters) std::visit([&](auto& family) { handle(context, std::move(family)); }, matter);
  if (established) on_established(context, id);
  for (const auto due : std::exchange(reauthentications_, {})) reauthenticate(context, due, {});
  for (auto& fresh : std::exchange(fresh_peers_, {})) {
    settle_others(context, fresh);
    if (options_.engines > 1 && concerns_others(fresh)) contacts_.push_back(std::move(fresh));
  }
  for (const auto& next : std::exchange(next_attempts_, {})) begin_again(context, next);
  if (!waiting_.empty()) retry_waiting(context);
}

void Engine::give_back_addresses(const Context& context, IkeSaId id) {
  auto held = addresses_.take(id);
  if (!held) return;
  for (const auto& address : held->own) context.request(ipsec::RemoveInnerAddress{address});
  if (!held->leases.empty()) (void)context.start(JobClass::established, ReleaseAddresses{std::move(held->leases)});
}

/// True when the IKE SA was established.
bool Engine::note_outputs(const Context& context, std::size_t first, IkeSaId id) {
  bool established = false;
  const auto* sa = table_.find(id);
  const auto traffic_class = static_cast<std::uint8_t>(sa != nullptr ? sa->record().dscp << 2 : 0);
  for (auto i = first; i < outputs_.size(); ++i) {
    if (const auto* event = std::get_if<Event>(&outputs_[i]))
      established = established || std::holds_alternative<IkeSaEstablished>(*event);
    if (const auto* job = std::get_if<Job>(&outputs_[i])) jobs_.emplace(job->id, id);
    if (auto* datagram = std::get_if<Datagram>(&outputs_[i])) {
      datagram->traffic_class = traffic_class;
      if (!keepalives_.empty()) keepalives_.sent({datagram->local, datagram->remote}, context.now);
    }
    const auto* request = std::get_if<ipsec::StackRequest>(&outputs_[i]);
    if (request == nullptr) continue;
    if (const auto* install = std::get_if<ipsec::InstallChildSa>(request)) children_.emplace(install->sa.id, id);
    if (const auto* remove = std::get_if<ipsec::RemoveChildSa>(request)) children_.erase(remove->id);
    if (const auto* add = std::get_if<ipsec::AddInnerAddress>(request)) addresses_.add(id, add->address);
  }
  return established;
}

void Engine::on_contact_elsewhere(Instant now, const FreshPeer& fresh) {
  auto ctx = context(now);
  settle_others(ctx, fresh);
  keep_up(ctx);
}

void Engine::set_configuration(Instant now, std::shared_ptr<const config::Snapshot> snapshot,
                               std::shared_ptr<const Credentials> credentials) {
  auto ctx = context(now);
  configuration_ = std::move(snapshot);
  credentials_ = credentials != nullptr ? std::move(credentials) : std::make_shared<const Credentials>();
  release_stale_policies(ctx);
  for (const auto& connection : configuration_->connections)
    if (is_home_of(*connection)) hold_policies(ctx, *connection);
  table_.for_each([&](v2::IkeSa& sa) { sa.follow(*configuration_, *credentials_); });
  const auto is_configured = [&](const PolicyBook::Name& name) {
    const auto connection = configuration_->connection(name.first);
    return connection && connection->child(name.second) != nullptr;
  };
  upkeep_.forget_unless([&](const Initiate& wanted) { return is_configured({wanted.connection, wanted.child}); });
  // One that has no such action any more is none.
  std::erase_if(traps_, [&](const auto& name) {
    return !is_configured(name) || !may_become_trap(*configuration_->connection(name.first)->child(name.second));
  });
  keep_up(ctx);
}

void Engine::set_local_addresses(Instant now, std::vector<IpAddress> addresses) {
  if (addresses == local_addresses_) return;
  local_addresses_ = std::move(addresses);
  if (local_addresses_.empty()) return;
  auto ctx = context(now);
  std::vector<IkeSaId> all;
  for (const auto& [id, sa] : table_.all()) all.push_back(id);
  for (const auto id : all)
    if (auto* sa = table_.find(id)) drive(ctx, *sa, [&](v2::IkeSa& each) { each.on_local_addresses(ctx); });
  keep_up(ctx);
}

void Engine::release_stale_policies(const Context& context) {
  std::vector<PolicyBook::Name> stale;
  for (const auto& [name, entry] : policies_.all()) {
    const auto connection = configuration_->connection(name.first);
    const auto child = name.second.substr(0, name.second.find('#'));
    if (!connection || connection->child(child) == nullptr) stale.push_back(name);
  }
  for (const auto& name : stale)
    for (auto& request : policies_.forget(name)) context.request(std::move(request));
}

/// One engine asks the IPsec stack for the policies of a connection: the one that the peer's address leads to.
bool Engine::is_home_of(const config::Connection& connection) const {
  const auto remote = v2::only_address(connection.remote_addrs);
  return (remote ? ipsec::engine_for(*remote, options_.engines) : 0) == options_.engine_index;
}

void Engine::hold_policies(const Context& context, const config::Connection& connection) {
  const auto local = v2::only_address(connection.local_addrs);
  const auto remote = v2::only_address(connection.remote_addrs);
  for (const auto& child : connection.children) {
    const auto local_selectors = v2::resolve_if_known(child.local_ts, local);
    const auto remote_selectors = v2::resolve_if_known(child.remote_ts, remote);
    // RFC 4301 §4.4.1: the SPD says what is protected, whether or not there is an SA.
    // What passes in clear or is dropped needs no peer.
    const bool lasts = v2::has_lasting_policy(connection, child);
    if ((child.action == PolicyAction::protect && !lasts) || !local_selectors || !remote_selectors) continue;
    for (auto& request : policies_.configure({connection.name, child.name},
                                             v2::policy_of(child, options_, {*local_selectors, *remote_selectors})))
      context.request(std::move(request));
  }
}

void Engine::on_deadline(Instant now) {
  auto ctx = context(now);
  if (const auto first = table_.next_deadline(); first && *first < now) {
    const auto late = std::chrono::duration_cast<microseconds>(now - *first).count();
    counters_.deadline_lateness_us = std::max(counters_.deadline_lateness_us, static_cast<std::uint64_t>(late));
  }
  while (const auto id = table_.due(now)) {
    auto* sa = table_.find(*id);
    counters_.half_open_expired += sa->is_half_open() && sa->is_over(now) ? 1 : 0;
    if (sa->is_over(now)) {
      give_back_addresses(ctx, *id);
      table_.erase(*id);
    } else {
      drive(ctx, *sa, [&](v2::IkeSa& due) { due.on_deadline(ctx); });
    }
  }
  send_keepalives(ctx);
  release_stragglers(ctx);
  keep_up(ctx);
}

void Engine::release_stragglers(Context& context) {
  while (const auto gone = stragglers_.take_due(context.now)) {
    context.request(ipsec::RemoveChildSa{gone->id});
    esp_spis_.release(gone->inbound_spi);
    children_.erase(gone->id);
  }
}

std::optional<Instant> Engine::deadline() const {
  std::optional<Instant> first;
  for (const auto& next : {table_.next_deadline(), upkeep_.next(), keepalives_.next(), stragglers_.next()})
    if (next && (!first || *next < *first)) first = next;
  return first;
}

void Engine::on_job_done(Instant now, JobDone done) {
  const auto found = jobs_.find(done.id);
  if (found == jobs_.end()) return;
  const auto owner = found->second;
  auto* sa = table_.find(owner);
  jobs_.erase(found);
  auto ctx = context(now);
  // Whoever waited for them may be gone: they are its own all the same, and are given back with it.
  if (const auto* leased = std::get_if<Leased>(&done.result)) addresses_.add(owner, leased->leases);
  if (sa == nullptr) return give_back_addresses(ctx, owner);
  drive(ctx, *sa, [&](v2::IkeSa& waiting) { waiting.on_job_done(ctx, std::move(done)); });
  keep_up(ctx);
}

void Engine::on_stack_event(Instant now, const ipsec::StackEvent& event) {
  auto ctx = context(now);
  if (const auto* acquire = std::get_if<ipsec::Acquire>(&event)) on_acquire(ctx, acquire->policy);
  if (const auto* unknown = std::get_if<ipsec::UnknownSpi>(&event)) on_unknown_esp_spi(ctx, *unknown);
  const auto child = std::visit(
      [](const auto& e) {
        if constexpr (requires { e.id; }) return e.id;
        else return ChildSaId{};
      },
      event);
  const auto found = children_.find(child);
  auto* sa = found == children_.end() ? nullptr : table_.find(found->second);
  if (const auto* use = std::get_if<ipsec::ChildSaUse>(&event); use != nullptr && sa != nullptr)
    note_use(ctx, *use, sa->record().id);
  if (sa != nullptr) drive(ctx, *sa, [&](v2::IkeSa& owner) { owner.on_stack_event(ctx, event); });
  keep_up(ctx);
}

void Engine::on_datagram_in_place(Instant now, const DatagramView& datagram) {
  auto ctx = context(now);
  if (screen(ctx, datagram)) return;
  take(ctx, {datagram.local, datagram.remote, to_octets(datagram.octets)});
}

void Engine::on_datagram(Instant now, const Datagram& datagram) {
  auto ctx = context(now);
  if (screen(ctx, datagram)) return;
  take(ctx, datagram);
}

/// What passed the screen.
void Engine::take(Context& context, const Datagram& datagram) {
  const auto header = wire::parse_header(datagram.octets);
  CHECK(header.has_value());
  if (header->major_version != 2) return on_other_version(context, datagram, *header);
  const auto message = wire::parse_message(datagram.octets);
  if (!message) return on_unparsable(context, datagram, message.error());
  on_message(context, {datagram, *message});
  keep_up(context);
}

void Engine::on_control(Instant now, const ControlRequest& request) {
  auto ctx = context(now);
  std::visit([&](const auto& wanted) { handle(ctx, wanted); }, request);
  keep_up(ctx);
}

void Engine::on_message(Context& context, const v2::Received& received) {
  const auto& header = received.message.header;
  if (begins_an_ike_sa(header)) return on_sa_init_request(context, received);
  drive(context, *find_addressed(header), [&](v2::IkeSa& owner) { owner.on_message(context, received); });
}

/// RFC 9370 §2.2.1: what an initiator gets out of one IKE_SA_INIT is as many key exchanges as were agreed on.
void Engine::charge_further_key_exchanges(Instant now, const v2::State& half_open) {
  const auto* begun = std::get_if<v2::AwaitResponderValue>(&half_open);
  if (begun == nullptr) return;
  for (const auto method : v2::additional_key_exchanges(begun->proposal)) admission_.charge(now, method);
}

void Engine::on_sa_init_request(Context& context, const v2::Received& received) {
  const auto& header = received.message.header;
  if (auto* known = table_.find_begun(header.initiator_spi, received.datagram.remote))
    return drive(context, *known, [&](v2::IkeSa& sa) { sa.on_message(context, received); });
  if (!keeps_contract(context, received)) return;

  context.half_open_life = admission_.half_open_life(table_.half_open());
  v2::IkeSaRecord record;
  record.id = ids_.next<IkeSaId>();
  record.initiator_spi = header.initiator_spi;
  record.responder_spi = fresh_ike_spi();
  record.local = received.datagram.local;
  record.remote = received.datagram.remote;
  record.reached_by_peer = true;
  record.created = context.now;
  v2::trace_message(context, record.id, false, received.message, nullptr, received.datagram.octets.size());
  const auto first_output = outputs_.size();
  auto state = v2::begin_responder(context, record, received);
  const auto id = record.id;
  if (state) charge_further_key_exchanges(context.now, *state);
  if (state) table_.insert({std::move(record), std::move(*state)});
  settle(context, first_output, id);
}

}  // namespace keypact::ike
