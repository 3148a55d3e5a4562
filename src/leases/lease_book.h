// LeaseBook: who has which address of which pool. A client gets the address again that it had, as long as nobody needed it since;
// what it has not is never given to it and to somebody else. One book for all engines, used by several threads.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "leases/lease_store.h"

namespace keypact::leases {

class LeaseBook {
 public:
  /// `store` may be nullptr: then leases are forgotten with the book; else it outlives the book.
  explicit LeaseBook(LeaseStore* store = nullptr);

  /// For each address that is wished for, one of its family where a pool has one left.
  [[nodiscard]] std::vector<Lease> lease(const LeaseWish& wish);
  /// One call of `lease` gave them; each is given back once.
  void release(const std::vector<Lease>& leases);

  struct Entry {
    IpAddress address;
    Identification client;
    bool online = false;
  };
  /// Those within the pool as it is now, by address.
  [[nodiscard]] std::vector<Entry> entries(const config::Pool& pool) const;
  struct Counts {
    std::size_t online = 0;
    std::size_t offline = 0;
  };
  [[nodiscard]] Counts counts(const config::Pool& pool) const;

 private:
  struct Holding {
    Identification client;
    IpAddress from;
    unsigned users = 0;          ///< IKE SAs; 0: offline
    std::uint64_t released = 0;  ///< when, counted in releases
  };
  /// Of one name; a pool that is configured with other addresses does not see what lies outside.
  struct Leases {
    std::map<IpAddress, Holding> held;
    std::map<std::string, std::set<IpAddress>> of_client;  ///< by a text that two identities never share
    std::map<std::uint64_t, IpAddress> offline;            ///< by `released`
    std::optional<IpAddress> fresh;                        ///< none above it was ever given
  };
  using Position = std::map<IpAddress, Holding>::iterator;

  [[nodiscard]] std::optional<IpAddress> lease_from(const config::Pool& pool, const LeaseWish& wish,
                                                    const IpAddress& wanted);
  [[nodiscard]] std::optional<Position> own(const config::Pool& pool, Leases& leases, const LeaseWish& wish,
                                            const IpAddress& wanted);
  [[nodiscard]] std::optional<IpAddress> unused(const config::Pool& pool, Leases& leases, const IpAddress& wanted);
  void use(Leases& leases, Position position, const LeaseWish& wish);
  static void put(Leases& leases, const IpAddress& address, const Identification& client, std::uint64_t released);
  static void forget(Leases& leases, Position position);

  mutable std::mutex mutex_;
  LeaseStore* store_;
  std::map<std::string, Leases> pools_;
  std::uint64_t releases_ = 0;
};

}  // namespace keypact::leases
