// KeptPair: the SAs and policies of one Child SA that an earlier run left in the kernel, where they carry traffic still; found among what
// the kernel lists, and compared with the configuration. RFC 4301 §4.4.
#pragma once

#include <map>
#include <set>

#include "config/snapshot.h"
#include "xfrm/policy.h"
#include "xfrm/state.h"

namespace keypact::daemon {

struct Lanes {
  Lane in;
  Lane out;
  bool operator==(const Lanes&) const = default;
};

struct KeptPair {
  xfrm::State outbound;
  std::vector<xfrm::StateId> inbound;  ///< more than one where it was being rekeyed: the peer may use any of them
  std::optional<xfrm::StateId> compression{};  ///< outbound; inbound ones are among the others
  Mode mode = Mode::tunnel;
  std::string encryption;  ///< the kernel's names
  std::string integrity;
  std::uint32_t icv_bits = 0;
  std::size_t key_octets = 0;  ///< of the encryption, salt included
  std::uint64_t packets = 0;   ///< that went out by it until it was found
  std::string interface;       ///< that its policies are about; empty: any
  std::vector<std::pair<xfrm::PolicyKey, xfrm::PolicyContent>> policies;

  [[nodiscard]] std::vector<xfrm::StateId> states() const;
  /// Of the policies in one direction.
  [[nodiscard]] std::set<xfrm::PolicyKey> keys(xfrm::Direction direction) const;
  /// Those of its policies; nothing where they differ, or it has none in.
  [[nodiscard]] std::optional<Lanes> lanes() const;
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
/// Finds the child of a pair among those of a configuration, which outlives it.
class ChildFinder {
 public:
  explicit ChildFinder(const config::Snapshot& snapshot);
  /// The first that fits, or a sentence that says in what the one that comes nearest differs.
  [[nodiscard]] Result<Fit, std::string> find(const KeptPair& pair) const;

 private:
  using Connections = std::vector<const config::Connection*>;
  std::map<IpAddress, Connections> with_;  ///< this peer
  Connections with_others_;                ///< that have not one address
};

}  // namespace keypact::daemon
