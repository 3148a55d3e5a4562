// Stragglers: Child SAs that went with their IKE SA while another one carries their policy, as after a reauthentication. What the peer
// sent on them before is on its way: they accept for a moment more, and send nothing. RFC 7296 §2.8.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "ike/core/policy_book.h"
#include "proto/spi.h"

namespace keypact::ike {

struct Straggler {
  ChildSaId id;
  EspSpi inbound_spi;
  PolicyBook::Name policy;
};

class Stragglers {
 public:
  /// How long what the peer sent on an SA before it let go of it may be on its way.
  static constexpr Duration kLife = seconds(5);

  void keep(Straggler straggler, Instant now) { kept_.push_back({std::move(straggler), now + kLife}); }
  /// One whose time is over; nothing when there is none.
  [[nodiscard]] std::optional<Straggler> take_due(Instant now);
  /// Nothing carries this policy any more.
  [[nodiscard]] std::vector<Straggler> take_all_of(const PolicyBook::Name& policy);
  [[nodiscard]] std::optional<Instant> next() const;
  [[nodiscard]] std::size_t size() const { return kept_.size(); }
  [[nodiscard]] bool contains(ChildSaId id) const;

 private:
  struct Kept {
    Straggler straggler;
    Instant until;
  };
  std::deque<Kept> kept_;  ///< the first to go first
};

}  // namespace keypact::ike
