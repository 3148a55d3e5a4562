// The Child SAs of an established IKE SA: keys, installation in the IPsec stack, removal. RFC 7296 §2.17, RFC 4301 §4.4.2.
#include <algorithm>

#include "ike/v2/child_mode.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/established_sa.h"

namespace keypact::ike::v2 {
namespace {

/// Both ends know, and may have sent something before they knew.
bool ended_by_agreement(const Refusal& reason) {
  return reason.code == RefusalCode::deleted_by_peer || reason.code == RefusalCode::terminated;
}

void export_child_keys(const Context& context, const ipsec::ChildSa& sa) {
  // For what is encrypted.
  if (!context.options.export_keys || sa.protocol != ProtocolId::ESP) return;
  context.emit(ChildKeysDerived{sa.local, sa.remote, sa.outbound_spi, copy_of(sa.outbound)});
  context.emit(ChildKeysDerived{sa.remote, sa.local, sa.inbound_spi, copy_of(sa.inbound)});
}

}  // namespace

ChildSaId EstablishedSa::install(Context& context, const IkeSaRecord& record, AgreedChild agreed, const Nonces& nonces,
                                 const SharedSecrets& secrets, Installation installation) {
  const auto id = context.ids.next<ChildSaId>();
  const auto& config = *agreed.child;
  const bool own_policy = !has_lasting_policy(agreed.child.connection(), config);
  const PolicyBook::Name policy_name{parts_.connection->name,
                                     own_policy ? config.name + '#' + std::to_string(id.value) : config.name};
  const auto selectors = own_policy ? SelectorPair{agreed.selectors.local(), agreed.selectors.remote()}
                                    : SelectorPair{resolve(config.local_ts, record.dynamic_local()),
                                                   resolve(config.remote_ts, record.dynamic_remote())};
  auto policy = context.policies.use(policy_name, id, policy_of(config, context.options, selectors),
                                     placement_for(config, installation.origin.replaces));
  for (auto& request : policy.requests) context.request(std::move(request));

  auto keys = derive_child_keys(context.library, parts_.channel.keys().prf, parts_.channel.keys().d,
                                packet_algorithms(agreed.proposal), nonces, secrets);
  const bool ours = installation.origin.ours;
  auto sa = child_sa_for(record, agreed, id, policy.id, std::move(ours ? keys.initiator : keys.responder),
                         std::move(ours ? keys.responder : keys.initiator));
  // RFC 7296 §2.8: the responder goes on with what it has until the initiator has shown that it has the new one. So also where this
  // one replaces nothing by name, as in a reauthentication.
  sa.use_outbound = ours;
  const auto [path, udp_encapsulation] = esp_path(record);
  sa.local = path.local;
  sa.remote = path.remote;
  sa.udp_encapsulation = udp_encapsulation;
  sa.soft = soft_limit_of(config, context.random);
  sa.hard = hard_limit_of(config);
  sa.life = config.life_time;
  sa.placement = policy.placed;
  export_child_keys(context, sa);
  ChildSa child;
  child.id = id;
  child.name = config.name;
  child.policy_name = policy.name;
  child.inbound_spi = agreed.inbound_spi;
  child.outbound_spi = agreed.outbound_spi;
  child.proposal = agreed.proposal;
  child.local = agreed.selectors.local();
  child.remote = agreed.selectors.remote();
  child.mode = agreed.mode;
  child.compression = agreed.compression;
  child.placement = std::move(policy.placed);
  child.udp_encapsulation = udp_encapsulation;
  child.created = child.used = context.now;
  if (config.inactivity > Duration{}) child.idle_at = context.now + config.inactivity;
  child.waiter = installation.waiter;
  child.origin = std::move(installation.origin);
  child.lifetime = lifetime_of(config, context.now, context.random);
  children_.emplace(id, std::move(child));
  context.request(ipsec::InstallChildSa{std::move(sa)});
  return id;
}

/// What is left to choose of where it stands: a successor stands where its predecessor did, and the ids of interfaces that a
/// connection leaves to us are the same for all Child SAs of the IKE SA.
config::PlacementSetting EstablishedSa::placement_for(const config::ChildConfig& config,
                                                      const std::optional<ChildSaId>& replaces) const {
  if (const auto old = replaces ? children_.find(*replaces) : children_.end(); old != children_.end())
    return {old->second.placement};
  auto setting = config.placement;
  if (!setting.if_ids_of_connection) return setting;
  const auto sibling = std::ranges::find_if(children_, [&](const auto& entry) {
    const auto* other = parts_.connection->child(entry.second.name);
    return other != nullptr && other->placement.if_ids_of_connection;
  });
  if (sibling == children_.end()) return setting;
  setting.in.interface_id = sibling->second.placement.in.interface_id;
  setting.out.interface_id = sibling->second.placement.out.interface_id;
  setting.if_id_in = setting.if_id_out = config::Choice::given;
  return setting;
}

void EstablishedSa::on_stack_event(Context& context, IkeSaRecord& record, const ipsec::StackEvent& event) {
  if (ended_) return;
  if (const auto* moved = std::get_if<ipsec::PeerMoved>(&event)) on_peer_moved(context, record, *moved);
  if (const auto* installed = std::get_if<ipsec::ChildSaInstalled>(&event))
    on_installed(context, record, installed->id);
  if (const auto* failed = std::get_if<ipsec::ChildSaInstallFailed>(&event))
    on_install_failed(context, record, failed->id, failed->reason);
  if (const auto* use = std::get_if<ipsec::ChildSaUse>(&event)) note_use(context, record, *use);
  if (const auto* expired = std::get_if<ipsec::ChildSaExpired>(&event)) {
    if (expired->hard) let_expire(context, record, expired->id);
    else if (children_.contains(expired->id)) submit(context, record, RekeyChildRequest{expired->id, {}});
  }
  after_event(context, record);
}

void EstablishedSa::on_installed(Context& context, const IkeSaRecord& record, ChildSaId id) {
  const auto found = children_.find(id);
  if (found == children_.end() || found->second.phase != ChildSa::Phase::installing) return;
  auto& child = found->second;
  child.phase = ChildSa::Phase::installed;
  child.in_stack = true;
  if (child.moved) move_child(context, record, child);
  if (pending_child_ && pending_child_->installing == id) finish_pending_answer(context, record, true);
  // One that replaces another, or that met one of the other end, is announced when it is clear which of them stays.
  if (child.origin.lower_nonce.empty()) announce(context, record, child);
}

void EstablishedSa::announce(Context& context, const IkeSaRecord& record, ChildSa& child) {
  if (!std::exchange(child.announced, true)) context.emit(ChildSaUp{record.id, child.id});
  if (const auto waiter = std::exchange(child.waiter, {}))
    context.emit(RequestDone{waiter, record.id, child.id, std::nullopt});
}

void EstablishedSa::on_install_failed(Context& context, const IkeSaRecord& record, ChildSaId id,
                                      const std::string& reason) {
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  Refusal refusal;
  refusal.code = RefusalCode::ipsec_stack;
  refusal.detail = reason;
  context.emit(Refused{record.id, record.remote, parts_.connection->name, refusal});
  if (const auto waiter = std::exchange(found->second.waiter, {}))
    context.emit(RequestDone{waiter, record.id, {}, refusal});
  if (pending_child_ && pending_child_->installing == id) {
    remove(context, record, id, refusal);
    return finish_pending_answer(context, record, false);
  }
  if (found->second.origin.ours && found->second.origin.replaces)
    postpone(context, RekeyChildRequest{*found->second.origin.replaces, {}}, 0);
  // The peer holds its half: it is told to let go, so that nothing one-way stays.
  found->second.phase = ChildSa::Phase::deleting;
  submit(context, record, DeleteChildRequest{id, {}});
}

void EstablishedSa::remove(Context& context, const IkeSaRecord& record, ChildSaId id, const Refusal& reason) {
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  const auto& child = found->second;
  if (child.announced) context.emit(ChildSaDown{record.id, id});
  let_go_of_policy(context, child, ended_by_agreement(reason) && child.in_stack);
  const auto gone = std::move(children_.extract(found).mapped());
  conclude_creation(context, record, {gone.name, gone.waiter, gone.origin.replaces}, reason);
}

/// Nothing came of it. But where the peer deleted it because both ends had created it at once, the other one is what was wanted.
void EstablishedSa::conclude_creation(Context& context, const IkeSaRecord& record, const VainCreation& vain,
                                      const Refusal& reason) {
  if (!vain.waiter) return;
  const auto rival = std::ranges::find_if(children_, [&](const auto& entry) {
    const auto& other = entry.second;
    return other.name == vain.child && other.id != vain.replaces &&
           (other.is_current() || other.phase == ChildSa::Phase::installing) && !other.waiter;
  });
  if (reason.code != RefusalCode::deleted_by_peer || rival == children_.end())
    return context.emit(RequestDone{vain.waiter, record.id, {}, reason});
  rival->second.waiter = vain.waiter;
  if (rival->second.announced) announce(context, record, rival->second);
}

/// Where another IKE SA's Child SA carries the policy from now on, what comes late on this one is still accepted.
void EstablishedSa::let_go_of_policy(Context& context, const ChildSa& child, bool stragglers_may_come) {
  const auto remove_sa = [&](ChildSaId id, EspSpi inbound_spi) {
    context.request(ipsec::RemoveChildSa{id});
    context.esp_spis.release(inbound_spi);
  };
  const bool carried = context.policies.has_other_user(child.policy_name, child.id);
  if (carried && stragglers_may_come) {
    context.request(ipsec::StopOutbound{child.id});
    context.stragglers.keep({child.id, child.inbound_spi, child.policy_name}, context.now);
  } else {
    remove_sa(child.id, child.inbound_spi);
  }
  if (!carried)
    for (const auto& other : context.stragglers.take_all_of(child.policy_name)) remove_sa(other.id, other.inbound_spi);
  for (auto& request : context.policies.leave(child.policy_name, child.id)) context.request(std::move(request));
}

bool EstablishedSa::is_creating(const std::string& child) const {
  const auto asks = [&](const QueuedRequest& queued) {
    const auto* creation = std::get_if<CreateChildRequest>(&queued.request);
    return creation != nullptr && creation->child == child;
  };
  const auto negotiates = [&](const auto& exchange) {
    if constexpr (requires { exchange.offer; }) return exchange.offer.child->name == child;
    else if constexpr (requires { exchange.agreed.child; }) return exchange.agreed.child->name == child;
    else return false;
  };
  return peer_is_making_child(child) || is_installing(child) || std::visit(negotiates, exchange_) ||
         std::ranges::any_of(queue_, asks);
}

bool EstablishedSa::is_installing(const std::string& child) const {
  return std::ranges::any_of(children_, [&](const auto& entry) {
    return entry.second.name == child && entry.second.phase == ChildSa::Phase::installing;
  });
}

/// One that the peer still knows.
ChildSa* EstablishedSa::child_the_peer_calls(const SaName& outbound) {
  const auto found = std::ranges::find_if(children_, [&](const auto& entry) {
    return entry.second.outbound() == outbound && entry.second.phase != ChildSa::Phase::retired;
  });
  return found == children_.end() ? nullptr : &found->second;
}

const ChildSa* EstablishedSa::current_child(const std::string& name) const {
  const auto found = std::ranges::find_if(
      children_, [&](const auto& entry) { return entry.second.name == name && entry.second.is_current(); });
  return found == children_.end() ? nullptr : &found->second;
}

std::size_t EstablishedSa::count_children() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      children_, [](const auto& entry) { return entry.second.phase != ChildSa::Phase::retired; }));
}

}  // namespace keypact::ike::v2
