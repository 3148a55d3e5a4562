// The protocols by which the kernel tells SAs apart, with their numbers in the IP header. RFC 4302 §2, RFC 4303 §2, RFC 3173 §3.
#pragma once

#include <cstdint>

#include "proto/ike_header_registries.h"

namespace keypact::xfrm {

enum class IpProtocol : std::uint8_t { esp = 50, ah = 51, comp = 108 };

[[nodiscard]] constexpr IpProtocol ip_protocol(ProtocolId id) {
  return id == ProtocolId::AH ? IpProtocol::ah : IpProtocol::esp;
}

}  // namespace keypact::xfrm
