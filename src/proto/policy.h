// The words of the Security Policy Database that configuration, IKE and the IPsec stack share. RFC 4301 §4.4.1, RFC 6040.
#pragma once

#include <cstdint>

namespace keypact {

enum class Mode : std::uint8_t { tunnel, transport };
enum class PolicyAction : std::uint8_t { protect, bypass, discard };

/// How the headers of a tunnel are made and taken off. RFC 4301 §5.1.2, RFC 6040.
struct HeaderHandling {
  bool copy_df = true;
  bool copy_ecn = true;
  bool copy_dscp_out = true;
  bool copy_dscp_in = false;
  bool operator==(const HeaderHandling&) const = default;
};

}  // namespace keypact
