// Placement: where in a kernel the SAs and policies of a Child SA stand, beside their selectors: netfilter marks, ids of XFRM
// interfaces, a priority, a reqid. RFC 4301 §4.4.1 has several SPDs, and a function that chooses one for a packet: these are what it
// goes by. The words are swanctl.conf's.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace keypact {

/// Means the packets whose own mark, under the mask, is the value. Without a mask: all.
struct Mark {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  [[nodiscard]] bool is_any() const { return mask == 0; }
  auto operator<=>(const Mark&) const = default;
};

/// What packets of one direction have in common.
struct Lane {
  Mark mark;
  std::uint32_t interface_id = 0;  ///< of the XFRM interface that they pass; 0: none
  auto operator<=>(const Lane&) const = default;
};

struct Placement {
  Lane in;
  Lane out;
  bool mark_in_sa = false;  ///< the inbound SA has the mark too, not its policy only
  Mark set_mark_in;         ///< which packets get from the SA that they have passed
  Mark set_mark_out;
  std::uint32_t reqid = 0;        ///< 0: one of our own
  std::uint32_t priority = 0;     ///< of the policies; the smaller number comes first; 0: by the selectors
  std::string interface;          ///< the policies are about packets over this one; empty: over any
  bool policies = true;           ///< false: somebody else makes them
  bool policies_fwd_out = false;  ///< what is forwarded into the tunnel passes policies that drop
  bool operator==(const Placement&) const = default;

  /// The selectors alone tell which packets are meant, so that routes can lead them.
  [[nodiscard]] bool is_everywhere() const { return out == Lane{} && in == Lane{} && interface.empty() && policies; }
};

}  // namespace keypact
