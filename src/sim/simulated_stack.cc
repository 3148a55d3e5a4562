#include "sim/simulated_stack.h"

#include <algorithm>

namespace keypact::sim {

void SimulatedStack::complain_unless(bool sound, const char* complaint) {
  if (!sound && complaint_.empty()) complaint_ = complaint;
}

std::optional<ipsec::StackEvent> SimulatedStack::install(ipsec::ChildSa sa) {
  const auto id = sa.id;
  if (const auto expected = expected_.extract(sa.inbound_spi)) {
    const auto& protocols = expected.mapped().protocols;
    complain_unless(std::ranges::count(protocols, sa.protocol) == 1, "a Child SA has a protocol that was not offered");
  }
  if (refusals_left_ > 0) {
    --refusals_left_;
    return ipsec::ChildSaInstallFailed{id, "refused by the simulation"};
  }
  complain_unless(policies_.contains(sa.policy), "a Child SA without a policy is installed");
  by_inbound_spi_[sa.inbound_spi] = id;
  const bool fresh = child_sas_.emplace(id, std::move(sa)).second;
  complain_unless(fresh, "a Child SA is installed twice");
  return ipsec::ChildSaInstalled{id};
}

const ipsec::ChildSa* SimulatedStack::by_inbound_spi(EspSpi spi) const {
  const auto found = by_inbound_spi_.find(spi);
  return found == by_inbound_spi_.end() ? nullptr : &child_sas_.at(found->second);
}

std::vector<IpAddress> SimulatedStack::inner_addresses() const {
  std::vector<IpAddress> addresses;
  for (const auto& [address, count] : inner_addresses_) addresses.push_back(address);
  return addresses;
}

std::optional<ipsec::StackEvent> SimulatedStack::apply(ipsec::StackRequest request) {
  if (auto* policy = std::get_if<ipsec::InstallPolicy>(&request)) {
    policies_.insert_or_assign(policy->policy.id, std::move(policy->policy));
  } else if (const auto* remove = std::get_if<ipsec::RemovePolicy>(&request)) {
    complain_unless(policies_.erase(remove->id) == 1, "a policy is removed that is not there");
  } else if (auto* wanted = std::get_if<ipsec::InstallChildSa>(&request)) {
    return install(std::move(wanted->sa));
  } else if (auto* early = std::get_if<ipsec::ExpectChildSa>(&request)) {
    complain_unless(by_inbound_spi(early->inbound_spi) == nullptr, "a Child SA is expected that is there");
    complain_unless(!early->protocols.empty(), "a Child SA is expected with no protocol");
    const auto spi = early->inbound_spi;
    complain_unless(expected_.emplace(spi, std::move(*early)).second, "a Child SA is expected twice");
  } else if (const auto* vain = std::get_if<ipsec::ForgoChildSa>(&request)) {
    complain_unless(expected_.erase(vain->inbound_spi) == 1, "an offer is forgone that was not expected");
  } else if (const auto* hold = std::get_if<ipsec::HoldEarlierRun>(&request)) {
    held_earlier_.insert(hold->connection);
  } else if (const auto* carry = std::get_if<ipsec::CarryEarlierRun>(&request)) {
    held_earlier_.erase(carry->connection);
  } else if (const auto* gone = std::get_if<ipsec::RemoveChildSa>(&request)) {
    last_out_.erase(gone->id);
    const auto found = child_sas_.find(gone->id);
    if (found == child_sas_.end()) return std::nullopt;
    const auto spi = by_inbound_spi_.find(found->second.inbound_spi);
    if (spi != by_inbound_spi_.end() && spi->second == gone->id) by_inbound_spi_.erase(spi);
    child_sas_.erase(found);
  } else if (const auto* use = std::get_if<ipsec::UseOutbound>(&request)) {
    const auto found = child_sas_.find(use->id);
    complain_unless(found != child_sas_.end(), "a Child SA is to be used that is not there");
    if (found != child_sas_.end()) found->second.use_outbound = true;
  } else if (const auto* question = std::get_if<ipsec::AskUse>(&request)) {
    if (!child_sas_.contains(question->id)) return std::nullopt;
    const auto last_out = last_out_.find(question->id);
    return ipsec::ChildSaUse{question->id, {}, last_out != last_out_.end() ? last_out->second : Instant()};
  } else if (std::holds_alternative<ipsec::DropHeld>(request)) {
    ++dropped_held_;
  } else if (const auto* stop = std::get_if<ipsec::StopOutbound>(&request)) {
    const auto found = child_sas_.find(stop->id);
    complain_unless(found != child_sas_.end(), "a Child SA is to send nothing more that is not there");
    if (found != child_sas_.end()) found->second.use_outbound = false;
  } else if (const auto* moved = std::get_if<ipsec::UpdateEndpoints>(&request)) {
    const auto found = child_sas_.find(moved->id);
    complain_unless(found != child_sas_.end(), "a Child SA is moved that is not there");
    if (found == child_sas_.end()) return std::nullopt;
    found->second.local = moved->local;
    found->second.remote = moved->remote;
    found->second.udp_encapsulation = moved->udp_encapsulation;
  } else if (const auto* given = std::get_if<ipsec::AddInnerAddress>(&request)) {
    ++inner_addresses_[given->address];
  } else if (const auto* back = std::get_if<ipsec::RemoveInnerAddress>(&request)) {
    const auto found = inner_addresses_.find(back->address);
    complain_unless(found != inner_addresses_.end(), "an address is given back that is not there");
    if (found != inner_addresses_.end() && --found->second == 0) inner_addresses_.erase(found);
  }
  return std::nullopt;
}

}  // namespace keypact::sim
