#include "sim/simulated_stack.h"

#include "base/check.h"

namespace keypact::sim {

std::optional<ipsec::StackEvent> SimulatedStack::apply(ipsec::StackRequest request) {
  if (auto* install = std::get_if<ipsec::InstallPolicy>(&request)) {
    policies_.insert_or_assign(install->policy.id, std::move(install->policy));
  } else if (const auto* remove = std::get_if<ipsec::RemovePolicy>(&request)) {
    CHECK(policies_.erase(remove->id) == 1);
  } else if (auto* sa = std::get_if<ipsec::InstallChildSa>(&request)) {
    const auto id = sa->sa.id;
    if (refusals_left_ > 0) {
      --refusals_left_;
      return ipsec::ChildSaInstallFailed{id, "refused by the simulation"};
    }
    CHECK(policies_.contains(sa->sa.policy));
    CHECK(child_sas_.emplace(id, std::move(sa->sa)).second);
    return ipsec::ChildSaInstalled{id};
  } else if (const auto* gone = std::get_if<ipsec::RemoveChildSa>(&request)) {
    child_sas_.erase(gone->id);
  } else if (const auto* use = std::get_if<ipsec::UseOutbound>(&request)) {
    child_sas_.at(use->id).use_outbound = true;
  } else if (const auto* moved = std::get_if<ipsec::UpdateEndpoints>(&request)) {
    auto& updated = child_sas_.at(moved->id);
    updated.local = moved->local;
    updated.remote = moved->remote;
    updated.udp_encapsulation = moved->udp_encapsulation;
  }
  return std::nullopt;
}

}  // namespace keypact::sim
