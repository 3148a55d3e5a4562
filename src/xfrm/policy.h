// PolicyEntry: one policy of the kernel's SPD, the messages about it, and what tells it from others'. RFC 4301 §4.4.1.
#pragma once

#include "ipsec/stack.h"
#include "xfrm/ip_protocol.h"
#include "xfrm/message.h"
#include "xfrm/offload.h"
#include "xfrm/selector.h"

namespace keypact::xfrm {

enum class Direction : std::uint8_t { in, out, forward };

/// Which packets, which way: the kernel has at most one policy for each.
struct PolicyKey {
  Direction direction{};
  Selector selector;
  Lane lane{};
  std::uint32_t device = 0;  ///< the index of the interface that packets pass; 0: any
  auto operator<=>(const PolicyKey&) const = default;
};

/// Which SA a packet needs, or must have come by.
struct Template {
  IpAddress source;  ///< of the outer header; unspecified: any
  IpAddress destination;
  EspSpi spi;  ///< 0: any
  std::uint32_t reqid = 0;
  Mode mode = Mode::tunnel;
  IpProtocol protocol = IpProtocol::esp;
  bool operator==(const Template&) const = default;
};

struct PolicyContent {
  std::uint32_t priority = 0;  ///< the smaller number comes first
  bool discard = false;
  std::optional<Template> protection{};   ///< none: what it matches passes in clear, or is dropped
  std::optional<Template> compression{};  ///< before protection; what comes in may do without
  std::optional<OffloadedTo> offload{};   ///< of whole packets
  bool operator==(const PolicyContent&) const = default;
};

/// As strongSwan's charon computes it, so that both can be used with the same `ip xfrm policy` in mind: first what passes, then what
/// is protected, then what is dropped; of these the more specific selector first; and a policy with an SA before one without.
[[nodiscard]] std::uint32_t priority_of(PolicyAction action, const Selector& selector, bool has_sa);

/// Between the last of what is protected and the first of what is dropped.
inline constexpr std::uint32_t kBehindWhatIsProtected = 434000;

/// `index`: the kernel's number of the policy, whose lowest bits the direction gives.
[[nodiscard]] Message new_policy(const PolicyKey& key, const PolicyContent& content, std::uint32_t index);
/// Takes the place of one with this key without an instant between, or is new.
[[nodiscard]] Message update_policy(const PolicyKey& key, const PolicyContent& content, std::uint32_t index);
[[nodiscard]] Message delete_policy(const PolicyKey& key);
[[nodiscard]] Message dump_policies();

struct PolicyReport {
  PolicyKey key;
  PolicyContent content;
  std::uint32_t index = 0;
};
/// From an answer to dump_policies.
[[nodiscard]] std::optional<PolicyReport> read_policy(const MessageView& message);

}  // namespace keypact::xfrm
