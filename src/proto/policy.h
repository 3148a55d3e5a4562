// The words of the Security Policy Database that configuration, IKE and the IPsec stack share. RFC 4301 §4.4.1, RFC 6040.
#pragma once

#include <cstdint>
#include <string_view>

namespace keypact {

enum class Mode : std::uint8_t {
  tunnel,
  transport,
  beet,  ///< between one inner address each side, of which no packet carries the header (draft-ietf-ipsecme-ikev2-beet-mode)
};
/// For people.
[[nodiscard]] constexpr std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::tunnel: return "tunnel";
    case Mode::transport: return "transport";
    case Mode::beet: return "BEET";
  }
  return "tunnel";
}

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
