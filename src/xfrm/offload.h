// OffloadedTo: the network interface that does the work of an SA, or of a policy. For the .cc files of xfrm, and as part of their values.
#pragma once

#include <optional>

#include "xfrm/message.h"

namespace keypact::xfrm {

struct OffloadedTo {
  std::uint32_t device = 0;  ///< its index
  bool packet = false;       ///< all of the work, else the cipher alone
  bool operator==(const OffloadedTo&) const = default;
};

/// What the kernel needs to know of a policy: only an offload of whole packets has a part in it.
void put_policy_offload(Message& message, const OffloadedTo& offload);
void put_state_offload(Message& message, const OffloadedTo& offload, bool inbound);
/// Of a message with a body of so many octets.
[[nodiscard]] std::optional<OffloadedTo> read_offload(const MessageView& message, std::size_t body_octets);

}  // namespace keypact::xfrm
