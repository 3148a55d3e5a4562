#include "daemon/memory_backend.h"

namespace keypact::daemon {

Result<std::unique_ptr<MemoryBackend>> MemoryBackend::open() {
  TRY(auto netlink, io::Netlink::open());
  return std::unique_ptr<MemoryBackend>(new MemoryBackend(std::move(netlink)));
}

std::optional<ipsec::StackEvent> MemoryBackend::apply(ipsec::StackRequest request) {
  if (auto* policy = std::get_if<ipsec::InstallPolicy>(&request)) {
    policies_.insert_or_assign(policy->policy.id, std::move(policy->policy));
  } else if (const auto* unwanted = std::get_if<ipsec::RemovePolicy>(&request)) {
    policies_.erase(unwanted->id);
  } else if (auto* install = std::get_if<ipsec::InstallChildSa>(&request)) {
    const auto id = install->sa.id;
    child_sas_.insert_or_assign(id, std::move(install->sa));
    return ipsec::ChildSaInstalled{id};
  } else if (const auto* remove = std::get_if<ipsec::RemoveChildSa>(&request)) {
    child_sas_.erase(remove->id);
  } else if (const auto* use = std::get_if<ipsec::UseOutbound>(&request)) {
    if (const auto found = child_sas_.find(use->id); found != child_sas_.end()) found->second.use_outbound = true;
  } else if (const auto* stop = std::get_if<ipsec::StopOutbound>(&request)) {
    if (const auto found = child_sas_.find(stop->id); found != child_sas_.end()) found->second.use_outbound = false;
  } else if (const auto* question = std::get_if<ipsec::AskUse>(&request)) {
    if (child_sas_.contains(question->id)) return ipsec::ChildSaUse{question->id, {}, {}};
  } else if (const auto* moved = std::get_if<ipsec::UpdateEndpoints>(&request)) {
    const auto found = child_sas_.find(moved->id);
    if (found == child_sas_.end()) return std::nullopt;
    found->second.local = moved->local;
    found->second.remote = moved->remote;
    found->second.udp_encapsulation = moved->udp_encapsulation;
  }
  return std::nullopt;
}

std::optional<ipsec::ChildSaCounters> MemoryBackend::counters(ChildSaId id) const {
  if (!child_sas_.contains(id)) return std::nullopt;
  return ipsec::ChildSaCounters{};
}

Result<IpAddress> MemoryBackend::source_address_to(const IpAddress& peer) {
  TRY(const auto route, netlink_.route_to(peer, 0));
  return route.source;
}

}  // namespace keypact::daemon
