// Traffic selector narrowing, and the evidence that a Child SA's selectors were narrowed to the policy. RFC 7296 §2.9.
#pragma once

#include <optional>

#include "config/snapshot.h"
#include "proto/traffic_selector.h"

namespace keypact::ike::v2 {

using Selectors = std::vector<TrafficSelector>;

/// Selectors of both sides that lie inside our policy and inside what the peer said. Only narrow and accept_narrowed make it.
class NarrowedSelectors {
 public:
  [[nodiscard]] const Selectors& local() const { return local_; }
  [[nodiscard]] const Selectors& remote() const { return remote_; }

 private:
  NarrowedSelectors(Selectors local, Selectors remote) : local_(std::move(local)), remote_(std::move(remote)) {}
  friend std::optional<NarrowedSelectors> narrow(const Selectors&, const Selectors&, const Selectors&,
                                                 const Selectors&);
  friend std::optional<NarrowedSelectors> accept_narrowed(const Selectors&, const Selectors&, const Selectors&,
                                                          const Selectors&);
  Selectors local_;
  Selectors remote_;
};

/// A child's configured selectors with "dynamic" replaced by each of the addresses of that side; an unspecified one stands for any
/// of its family.
[[nodiscard]] Selectors resolve(const std::vector<config::SelectorPattern>& patterns,
                                const std::vector<IpAddress>& addresses);

/// The same where the address may not be known yet: nothing if a selector depends on it.
[[nodiscard]] std::optional<Selectors> resolve_if_known(const std::vector<config::SelectorPattern>& patterns,
                                                        const std::optional<IpAddress>& address);

/// As responder: our policy cut to what was proposed; nothing when one side is left empty.
[[nodiscard]] std::optional<NarrowedSelectors> narrow(const Selectors& our_local, const Selectors& our_remote,
                                                      const Selectors& proposed_local,
                                                      const Selectors& proposed_remote);

/// As initiator: the responder's answer, if it is a subset of what we proposed.
[[nodiscard]] std::optional<NarrowedSelectors> accept_narrowed(const Selectors& our_local, const Selectors& our_remote,
                                                               const Selectors& answered_local,
                                                               const Selectors& answered_remote);

}  // namespace keypact::ike::v2
