// NatSituation: which ends of an IKE SA are behind a NAT. RFC 7296 §2.23.
#pragma once

namespace keypact::ike {

struct NatSituation {
  bool supported = false;  ///< the peer sent NAT_DETECTION notifies
  bool local_behind_nat = false;
  bool peer_behind_nat = false;
  [[nodiscard]] bool any() const { return local_behind_nat || peer_behind_nat; }
  bool operator==(const NatSituation&) const = default;
};

}  // namespace keypact::ike
