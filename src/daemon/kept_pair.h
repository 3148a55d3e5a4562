// KeptPair: the SAs and policies of one Child SA that an earlier run left in the kernel, where they carry traffic still; found among what
// the kernel lists, and compared with the configuration. RFC 4301 §4.4.
#pragma once

#include <set>

#include "config/snapshot.h"
#include "xfrm/policy.h"
#include "xfrm/state.h"

namespace keypact::daemon {

struct KeptPair {
  xfrm::State outbound;
  std::vector<xfrm::StateId> inbound;  ///< more than one where it was being rekeyed: the peer may use any of them
  std::string encryption;              ///< the kernel's names
  std::string integrity;
  std::uint32_t icv_bits = 0;
  std::size_t key_octets = 0;  ///< of the encryption, salt included
  std::string interface;       ///< that its policies are about; empty: any
  std::vector<std::pair<xfrm::PolicyKey, xfrm::PolicyContent>> policies;

  /// Of the policies in one direction.
  [[nodiscard]] std::set<xfrm::PolicyKey> keys(xfrm::Direction direction) const;
  /// "c0ffee01 to 192.0.2.2", for people.
  [[nodiscard]] std::string to_string() const;
};

struct LeftBehind {
  std::vector<KeptPair> pairs;
  std::vector<xfrm::StateId> others;  ///< that carry nothing: no policy leads to them
};
/// All of them are ours; the keys are not looked at.
[[nodiscard]] LeftBehind pair_up(const std::vector<xfrm::StateReport>& states,
                                 const std::vector<xfrm::PolicyReport>& policies);

/// The child whose Child SA this may have been.
struct Fit {
  std::string connection;
  std::string child;
  bool operator==(const Fit&) const = default;
};
/// The first that fits, or a sentence that says in what the one that comes nearest differs.
[[nodiscard]] Result<Fit, std::string> find_child_of(const KeptPair& pair, const config::Snapshot& snapshot);

}  // namespace keypact::daemon
