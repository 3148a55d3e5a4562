// What the kernel tells by itself: a packet needs an SA, a lifetime is over, a peer sends from elsewhere. RFC 4301 §4.4.2.1.
#pragma once

#include <variant>

#include "xfrm/state.h"

namespace keypact::xfrm {

/// A packet matches a policy whose SA is not there.
struct AcquireNotice {
  std::uint32_t policy_index = 0;
  std::uint32_t sequence = 0;  ///< the kernel's number of the question
  Mark mark{};                 ///< of the policy: only an SA with the same one is an answer
};
struct ExpireNotice {
  StateId id;
  bool hard = false;
};
/// An authentic packet in UDP came from another endpoint than the SA has.
struct MappingNotice {
  StateId id;  ///< without its mark, which is not told
  Endpoint source;
};
using Notification = std::variant<AcquireNotice, ExpireNotice, MappingNotice>;

/// Nothing for other messages.
[[nodiscard]] std::optional<Notification> read_notification(const MessageView& message);

}  // namespace keypact::xfrm
