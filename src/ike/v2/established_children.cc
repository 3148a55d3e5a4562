// The Child SAs of an established IKE SA: keys, installation in the IPsec stack, removal. RFC 7296 §2.17, RFC 4301 §4.4.2.
#include <algorithm>

#include "ike/v2/connection_choice.h"
#include "ike/v2/established_sa.h"

namespace keypact::ike::v2 {
namespace {

void export_child_keys(const Context& context, const ipsec::ChildSa& sa) {
  if (!context.options.export_keys) return;
  context.emit(ChildKeysDerived{sa.local, sa.remote, sa.outbound_spi, copy_of(sa.outbound)});
  context.emit(ChildKeysDerived{sa.remote, sa.local, sa.inbound_spi, copy_of(sa.inbound)});
}

}  // namespace

ChildSaId EstablishedSa::install(Context& context, const IkeSaRecord& record, AgreedChild agreed, const Nonces& nonces,
                                 OctetView shared_secret, bool we_began_exchange, ControlId waiter) {
  const auto id = context.ids.next<ChildSaId>();
  const auto& config = *agreed.child;
  const bool own_policy = !has_fixed_peer(agreed.child.connection());
  const PolicyBook::Name policy_name{parts_.connection->name,
                                     own_policy ? config.name + '#' + std::to_string(id.value) : config.name};
  const auto selectors =
      own_policy ? PolicyBook::Selectors{agreed.selectors.local(), agreed.selectors.remote()}
                 : PolicyBook::Selectors{resolve(config.local_ts, record.local.address),
                                         resolve(config.remote_ts, record.remote.address)};
  auto policy = context.policies.use(policy_name, id, selectors);
  for (auto& request : policy.requests) context.request(std::move(request));

  auto keys = derive_child_keys(context.library, parts_.channel.keys().prf, parts_.channel.keys().d,
                                packet_algorithms(agreed.proposal), nonces, shared_secret);
  auto& local_keys = we_began_exchange ? keys.initiator : keys.responder;
  auto& peer_keys = we_began_exchange ? keys.responder : keys.initiator;
  auto sa = child_sa_for(record, agreed, id, policy.id, std::move(local_keys), std::move(peer_keys));
  export_child_keys(context, sa);
  children_.emplace(id, ChildSa{ChildSa::Phase::installing, id, config.name, policy.name,
                                agreed.inbound_spi, agreed.outbound_spi, agreed.proposal, agreed.selectors.local(),
                                agreed.selectors.remote(), config.mode, record.udp_encapsulation, context.now, waiter});
  context.request(ipsec::InstallChildSa{std::move(sa)});
  return id;
}

void EstablishedSa::on_stack_event(Context& context, const IkeSaRecord& record, const ipsec::StackEvent& event) {
  if (ended_) return;
  if (const auto* installed = std::get_if<ipsec::ChildSaInstalled>(&event))
    on_installed(context, record, installed->id);
  if (const auto* failed = std::get_if<ipsec::ChildSaInstallFailed>(&event))
    on_install_failed(context, record, failed->id, failed->reason);
  if (const auto* expired = std::get_if<ipsec::ChildSaExpired>(&event); expired != nullptr && expired->hard)
    if (children_.contains(expired->id)) submit(context, record, DeleteChildRequest{expired->id, {}});
  start_next_exchange(context, record);
}

void EstablishedSa::on_installed(Context& context, const IkeSaRecord& record, ChildSaId id) {
  const auto found = children_.find(id);
  if (found == children_.end() || found->second.phase != ChildSa::Phase::installing) return;
  found->second.phase = ChildSa::Phase::installed;
  found->second.announced = true;
  context.emit(ChildSaUp{record.id, id});
  if (const auto waiter = std::exchange(found->second.waiter, {}))
    context.emit(RequestDone{waiter, record.id, id, std::nullopt});
  if (pending_answer_ && pending_answer_->installing == id) finish_pending_answer(context, record, true);
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
  if (pending_answer_ && pending_answer_->installing == id) {
    remove(context, record, id, refusal);
    return finish_pending_answer(context, record, false);
  }
  // The peer holds its half: it is told to let go, so that nothing one-way stays.
  found->second.phase = ChildSa::Phase::deleting;
  submit(context, record, DeleteChildRequest{id, {}});
}

void EstablishedSa::remove(Context& context, const IkeSaRecord& record, ChildSaId id, const Refusal& reason) {
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  const auto& child = found->second;
  if (child.announced) context.emit(ChildSaDown{record.id, id});
  if (child.waiter) context.emit(RequestDone{child.waiter, record.id, {}, reason});
  context.request(ipsec::RemoveChildSa{id});
  for (auto& request : context.policies.leave(child.policy_name, id)) context.request(std::move(request));
  context.esp_spis.release(child.inbound_spi);
  children_.erase(found);
}

bool EstablishedSa::is_creating(const std::string& child) const {
  const auto asks = [&](const LocalRequest& request) {
    const auto* creation = std::get_if<CreateChildRequest>(&request);
    return creation != nullptr && creation->child == child;
  };
  const auto negotiates = [&](const auto& exchange) {
    if constexpr (requires { exchange.offer; }) return exchange.offer.child->name == child;
    else if constexpr (requires { exchange.agreed; }) return exchange.agreed.child->name == child;
    else return false;
  };
  const bool answers =
      pending_answer_ && pending_answer_->awaits_key && pending_answer_->awaits_key->child->name == child;
  return answers || is_installing(child) || std::visit(negotiates, exchange_) || std::ranges::any_of(queue_, asks);
}

bool EstablishedSa::is_installing(const std::string& child) const {
  return std::ranges::any_of(children_, [&](const auto& entry) {
    return entry.second.name == child && entry.second.phase == ChildSa::Phase::installing;
  });
}

ChildSa* EstablishedSa::child_by_outbound_spi(EspSpi spi) {
  const auto found =
      std::ranges::find_if(children_, [spi](const auto& entry) { return entry.second.outbound_spi == spi; });
  return found == children_.end() ? nullptr : &found->second;
}

}  // namespace keypact::ike::v2
