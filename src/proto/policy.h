// The words of the Security Policy Database that configuration, IKE and the IPsec stack share. RFC 4301 §4.4.1, RFC 6040.
#pragma once

#include <cstdint>

namespace keypact {

enum class Mode : std::uint8_t { tunnel, transport };
enum class PolicyAction : std::uint8_t { protect, bypass, discard };

/// RFC 4301 §4.4.1 has policies in order. Ours: what passes in clear, then what is protected, then what is dropped; so an exception
/// needs no place in the file, and a last "drop everything" lets the tunnels work. The smaller number comes first.
[[nodiscard]] constexpr int precedence(PolicyAction action) {
  switch (action) {
    case PolicyAction::bypass: return 0;
    case PolicyAction::protect: return 1;
    case PolicyAction::discard: return 2;
  }
  return 2;
}

/// How the headers of a tunnel are made and taken off. RFC 4301 §5.1.2, RFC 6040.
struct HeaderHandling {
  bool copy_df = true;
  bool copy_ecn = true;
  bool copy_dscp_out = true;
  bool copy_dscp_in = false;
  bool operator==(const HeaderHandling&) const = default;
};

}  // namespace keypact
