#include "ike/v2/narrowing.h"

#include <algorithm>

#include "base/limits.h"

namespace keypact::ike::v2 {
namespace {

bool all_valid(const Selectors& selectors) {
  return !selectors.empty() && std::ranges::all_of(selectors, &TrafficSelector::is_valid);
}

/// Some packet has these at its two ends.
bool go_together(const TrafficSelector& a, const TrafficSelector& b) {
  return a.family() == b.family() &&
         (a.protocol == b.protocol || a.protocol == kAnyProtocol || b.protocol == kAnyProtocol);
}

/// No packet has two families or two protocols: what has no counterpart on the other side is of no use.
void drop_what_has_no_counterpart(Selectors& local, Selectors& remote) {
  const auto drop = [](Selectors& from, const Selectors& others) {
    std::erase_if(from, [&](const auto& selector) {
      return std::ranges::none_of(others, [&](const auto& other) { return go_together(selector, other); });
    });
  };
  drop(local, remote);
  drop(remote, local);
}

}  // namespace

Selectors resolve(const std::vector<config::SelectorPattern>& patterns, const std::vector<IpAddress>& addresses) {
  Selectors selectors;
  for (const auto& pattern : patterns) {
    if (!pattern.dynamic) {
      selectors.push_back(pattern.selector);
      continue;
    }
    for (const auto& address : addresses) {
      auto selector = pattern.selector;
      selector.first = address;
      selector.last = address.is_unspecified() ? IpAddress::highest(address.family()) : address;
      selectors.push_back(selector);
    }
  }
  return selectors;
}

std::optional<Selectors> resolve_if_known(const std::vector<config::SelectorPattern>& patterns,
                                          const std::optional<IpAddress>& address) {
  const bool depends = std::ranges::any_of(patterns, &config::SelectorPattern::dynamic);
  if (depends && !address) return std::nullopt;
  return resolve(patterns, std::vector{address.value_or(IpAddress{})});
}

std::optional<NarrowedSelectors> narrow(const Selectors& our_local, const Selectors& our_remote,
                                        const Selectors& proposed_local, const Selectors& proposed_remote) {
  if (!all_valid(proposed_local) || !all_valid(proposed_remote)) return std::nullopt;
  auto local = intersection(our_local, proposed_local);
  auto remote = intersection(our_remote, proposed_remote);
  drop_what_has_no_counterpart(local, remote);
  if (local.empty() || remote.empty()) return std::nullopt;
  // RFC 7296 §2.9: narrowing to a subset is ours to choose; the limit bounds what is stored and sent back.
  if (local.size() > limits::kTrafficSelectors) local.resize(limits::kTrafficSelectors);
  if (remote.size() > limits::kTrafficSelectors) remote.resize(limits::kTrafficSelectors);
  return NarrowedSelectors(std::move(local), std::move(remote));
}

std::optional<NarrowedSelectors> accept_narrowed(const Selectors& our_local, const Selectors& our_remote,
                                                 const Selectors& answered_local, const Selectors& answered_remote) {
  if (!all_valid(answered_local) || !all_valid(answered_remote)) return std::nullopt;
  if (!covers(our_local, answered_local) || !covers(our_remote, answered_remote)) return std::nullopt;
  return NarrowedSelectors(answered_local, answered_remote);
}

}  // namespace keypact::ike::v2
