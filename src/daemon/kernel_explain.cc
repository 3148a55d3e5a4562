#include "daemon/kernel_explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace keypact::daemon {
namespace {

/// Sentences: who has more policies for one address does not read them all.
constexpr std::size_t kTold = 32;

std::string ports_of(const xfrm::Selector& selector) {
  if (selector.protocol == kAnyProtocol) return {};
  auto text = fmt::format(" of protocol {}", selector.protocol);
  const auto add = [&](const char* end, const xfrm::PortMatch& match) {
    if (match.mask != 0) text += fmt::format(", {} {}/{:#x}", end, match.value, match.mask);
  };
  add("from port", selector.source_port);
  add("to port", selector.destination_port);
  return text;
}

std::string what_it_takes(const xfrm::PolicyKey& key) {
  auto text = key.selector.source.to_string() + " to " + key.selector.destination.to_string() + ports_of(key.selector);
  if (!key.lane.mark.is_any()) text += fmt::format(" with mark {:#x}/{:#x}", key.lane.mark.value, key.lane.mark.mask);
  if (key.lane.interface_id != 0) text += fmt::format(" over the XFRM interface {:#x}", key.lane.interface_id);
  if (key.device != 0) text += " over " + io::Netlink::interface_name(key.device);
  return text;
}

std::string name_of(const KernelView& view, PolicyId id) {
  const auto policy = view.policies.find(id);
  return policy == view.policies.end() ? "a child" : policy->second.name;
}

std::string by_sa(const KernelView& view, ChildSaId id, const xfrm::PolicyContent& content) {
  const auto* sa = view.sad.find(id);
  if (sa == nullptr || !content.protection) return "a Child SA that is going";
  const auto mode = sa->mode == Mode::tunnel ? "tunnel" : sa->mode == Mode::transport ? "transport" : "BEET";
  auto text = fmt::format("{} protects them by the SA {:08x} to {} ({} mode, reqid {}{})", name_of(view, sa->policy),
                          content.protection->spi.value, content.protection->destination.to_string(), mode,
                          content.protection->reqid, content.compression ? ", compressed before" : "");
  if (const auto counters = view.sad.counters(id)) text += fmt::format(", {} packets so far", counters->packets_out);
  return text;
}

std::string becomes(const KernelView& view, const KernelSpd::Met& met, Instant now) {
  const auto& content = met.content;
  if (met.owner && met.owner->kept != 0) return view.kept.describe(met.owner->kept, now);
  if (met.owner && met.owner->child_sa) return by_sa(view, *met.owner->child_sa, content);
  if (!met.owner) return content.protection ? "the previous run wanted it" : "neighbour discovery passes in clear";
  const auto name = name_of(view, *met.owner->policy);
  if (content.discard) return name + " drops them";
  if (!content.protection) return name + " lets them pass in clear";
  return name + " wants them protected and has no SA: they wait until one is negotiated, and never go in clear";
}

}  // namespace

std::vector<std::string> explain_policies(const KernelView& view, const IpAddress& destination, Instant now) {
  const auto met = view.spd.met_on_the_way_to(destination);
  std::vector<std::string> told;
  for (const auto& each : met) {
    if (told.size() == kTold) break;
    told.push_back(fmt::format("policy with priority {} for packets from {}: {}", each.content.priority,
                               what_it_takes(each.key), becomes(view, each, now)));
  }
  if (met.size() > kTold) told.push_back(fmt::format("and {} more policies", met.size() - kTold));
  if (met.size() > 1) told.emplace_back("the first of these policies that has a packet's addresses and ports decides");
  return told;
}

}  // namespace keypact::daemon
