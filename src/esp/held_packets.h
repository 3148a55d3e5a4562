// HeldPackets: outbound packets that wait until their policy has an SA, so that the first one is not lost. Bounded for each policy
// and in all; what came first stays.
#pragma once

#include <map>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/octets.h"

namespace keypact::esp {

class HeldPackets {
 public:
  struct Held {
    Octets packet;
    Instant since;
    [[nodiscard]] bool is_stale(Instant now) const;
  };

  /// False: there is no room for it.
  [[nodiscard]] bool hold(PolicyId policy, OctetView packet, Instant now);
  /// What is held for the policy can go.
  void release(PolicyId policy);
  /// What is held for the policy, and will never go.
  [[nodiscard]] std::vector<Held> take(PolicyId policy);

  [[nodiscard]] bool has_released() const { return !released_.empty(); }
  /// The first of them, at most so many.
  [[nodiscard]] std::vector<Held> take_released(std::size_t most);

  /// How many were forgotten because they waited too long. It looks at all of them, once a second at most.
  [[nodiscard]] std::size_t forget_stale(Instant now);

 private:
  std::map<PolicyId, std::vector<Held>> held_;
  std::vector<Held> released_;
  std::size_t octets_ = 0;  ///< of what is held
  Instant look_again_;
};

}  // namespace keypact::esp
