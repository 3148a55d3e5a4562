// NetworkChanges: every address, route and policy rule that we added, each taken back by name or, at the latest, when this
// object goes; last added, first removed. What was there before us stays.
#pragma once

#include <map>
#include <variant>
#include <vector>

#include "io/netlink.h"

namespace keypact::io {

using NetworkChange = std::variant<InterfaceAddress, Route, PolicyRule>;

/// "route 10.1.0.0/16 in table 220", for logs and errors.
[[nodiscard]] std::string to_string(const NetworkChange& change);

class NetworkChanges {
 public:
  explicit NetworkChanges(Netlink netlink) : netlink_(std::move(netlink)) {}
  NetworkChanges(NetworkChanges&&) noexcept = default;
  NetworkChanges& operator=(NetworkChanges&&) = delete;
  ~NetworkChanges();

  /// Adding the same change again counts: it is removed from the kernel with its last remove().
  [[nodiscard]] Result<void> add(const NetworkChange& change);
  /// As add(); a route of ours that an earlier run left is taken over, without an instant between.
  [[nodiscard]] Result<void> take_over(const Route& route);
  /// A change that was never added is left alone.
  [[nodiscard]] Result<void> remove(const NetworkChange& change);
  /// Tries all; the first error, if there was one.
  Result<void> remove_all();

  /// All that was made stays, whatever becomes of this object.
  void leave() { made_.clear(); }

  [[nodiscard]] std::size_t size() const { return made_.size(); }
  /// For queries and links.
  [[nodiscard]] Netlink& netlink() { return netlink_; }

 private:
  struct Made {
    std::uint64_t number = 0;  ///< ascending
    std::size_t uses = 1;
    bool ours = true;  ///< false: it was there before us
  };
  Netlink netlink_;
  std::map<NetworkChange, Made> made_;
  std::uint64_t last_number_ = 0;
};

}  // namespace keypact::io
