// AddressLedger: which IKE SA has which addresses inside the tunnel: leases of ours that its peer has, and addresses that the peer
// gave us. Whatever becomes of an IKE SA, what it has here is given back. RFC 7296 §2.19.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/id.h"
#include "leases/lease.h"

namespace keypact::ike {

class AddressLedger {
 public:
  struct Held {
    std::vector<leases::Lease> leases;
    std::vector<IpAddress> own;
  };

  void add(IkeSaId owner, std::vector<leases::Lease> leases);
  void add(IkeSaId owner, const IpAddress& own);
  /// What one has goes to the other.
  void move(IkeSaId from, IkeSaId to);
  /// What it has, and it has nothing any more; nothing: it had nothing.
  [[nodiscard]] std::optional<Held> take(IkeSaId owner);
  /// IKE SAs that have something.
  [[nodiscard]] std::size_t size() const { return held_.size(); }

 private:
  std::map<IkeSaId, Held> held_;
};

}  // namespace keypact::ike
