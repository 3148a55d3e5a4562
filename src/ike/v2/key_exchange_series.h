// The key exchanges of one CREATE_CHILD_SA exchange: that of its KE payloads, and behind it one IKE_FOLLOWUP_KE exchange for each
// additional one. What they make has no keys before the last one is done. RFC 9370 §2.2.4.
#pragma once

#include <vector>

#include "ike/v2/keys.h"
#include "proto/proposal.h"

namespace keypact::ike::v2 {

class KeyExchangeSeries {
 public:
  /// No key exchange at all.
  KeyExchangeSeries() = default;
  /// Those of a chosen proposal, in their order.
  explicit KeyExchangeSeries(const Proposal& chosen);

  /// It does not end with the CREATE_CHILD_SA exchange.
  [[nodiscard]] bool has_follow_ups() const { return follow_ups_ > 0; }
  [[nodiscard]] std::size_t follow_ups() const { return follow_ups_; }
  [[nodiscard]] bool is_complete() const { return to_come_.empty(); }
  /// None follows the current one.
  [[nodiscard]] bool is_last() const { return to_come_.size() == 1; }
  /// The one that runs or is to begin. Not when it is complete.
  [[nodiscard]] KeyExchangeMethod current() const { return to_come_.front(); }
  /// The current one is done.
  void add(OctetView shared_secret);
  /// Of those that are done.
  [[nodiscard]] SharedSecrets secrets() const { return {first_.reveal(), additional_.reveal()}; }

 private:
  std::vector<KeyExchangeMethod> to_come_;
  std::size_t follow_ups_ = 0;
  bool begun_ = false;
  Secret first_;
  Secret additional_;
};

}  // namespace keypact::ike::v2
