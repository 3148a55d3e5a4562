// Our values as the kernel's structures have them, and back. For the .cc files of xfrm only.
#pragma once

#include <linux/xfrm.h>

#include "base/ip_address.h"
#include "proto/placement.h"
#include "proto/policy.h"
#include "proto/spi.h"
#include "proto/traffic_selector.h"
#include "xfrm/message.h"

namespace keypact::xfrm {

[[nodiscard]] xfrm_address_t to_kernel(const IpAddress& address);
[[nodiscard]] IpAddress address_from(const xfrm_address_t& address, std::uint16_t family);
[[nodiscard]] std::uint16_t to_kernel(IpFamily family);
[[nodiscard]] std::uint8_t to_kernel(Mode mode);
[[nodiscard]] Mode mode_from(std::uint8_t mode);
[[nodiscard]] std::uint16_t network_order(std::uint16_t value);
[[nodiscard]] std::uint32_t network_order(std::uint32_t value);

void put_mark(Message& message, const Mark& mark);
/// Of what has a body of that many octets.
[[nodiscard]] Mark mark_in(const MessageView& message, std::size_t body_octets);

}  // namespace keypact::xfrm
