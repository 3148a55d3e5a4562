#include "xfrm/offload.h"

#include <linux/xfrm.h>

#include <array>

namespace keypact::xfrm {
namespace {

// The first bit means nothing: programs set it that shall not be refused for it.
constexpr std::uint8_t kInbound = 2;
constexpr std::uint8_t kPacket = 4;  // Linux 6.2

/// As the kernel has it, with names for the octets behind the flags, which it leaves without one.
struct UserOffload {
  std::uint32_t device = 0;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 3> unused{};
};
static_assert(sizeof(UserOffload) == sizeof(xfrm_user_offload));

void put(Message& message, const OffloadedTo& offload, unsigned flags) {
  message.structure(XFRMA_OFFLOAD_DEV, UserOffload{offload.device, static_cast<std::uint8_t>(flags), {}});
}

}  // namespace

void put_policy_offload(Message& message, const OffloadedTo& offload) {
  if (offload.packet) put(message, offload, kPacket);
}

void put_state_offload(Message& message, const OffloadedTo& offload, bool inbound) {
  put(message, offload, (inbound ? kInbound : 0U) | (offload.packet ? kPacket : 0U));
}

std::optional<OffloadedTo> read_offload(const MessageView& message, std::size_t body_octets) {
  const auto payload = message.attribute(body_octets, XFRMA_OFFLOAD_DEV);
  const auto value = payload ? structure_from<UserOffload>(*payload) : std::nullopt;
  if (!value) return std::nullopt;
  return OffloadedTo{value->device, (value->flags & kPacket) != 0};
}

}  // namespace keypact::xfrm
