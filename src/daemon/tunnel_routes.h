// TunnelRoutes: leads the traffic of policies into the tunnel device, past it, or nowhere: routes in a table of our own, and the
// policy rules around that table. RFC 4301 §4.4.1. What an earlier run left holds until the policies of this one are known.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "io/network_changes.h"
#include "ipsec/stack.h"

namespace keypact::daemon {

class TunnelRoutes {
 public:
  using Problems = std::function<void(const std::string&)>;
  using Policies = std::map<PolicyId, ipsec::Policy>;

  /// The table is found by the name of the device; packets with `own_mark` pass it by.
  [[nodiscard]] static Result<TunnelRoutes> open(io::Netlink netlink, const std::string& device,
                                                 std::uint32_t own_mark);

  /// Makes the routes and rules agree with these policies. Where one cannot be changed the others are.
  void update(const Policies& policies, const Problems& problems);
  /// From now on what an earlier run left, and no policy of this one wants, is not needed.
  void forget_earlier_run(const Problems& problems);

  [[nodiscard]] io::Netlink& netlink() { return network_.netlink(); }

 private:
  using Routes = std::map<Prefix, io::Route>;
  using Addresses = std::vector<io::LocalAddress>;

  explicit TunnelRoutes(io::Netlink netlink) : network_(std::move(netlink)) {}

  [[nodiscard]] Result<void> find_earlier_run();
  [[nodiscard]] io::PolicyRule lookup_rule(IpFamily family) const;
  [[nodiscard]] io::PolicyRule landing_rule(IpFamily family) const;
  [[nodiscard]] io::Route fallback(const Prefix& destination) const;
  /// One route a destination: of several policies that share it, the first one names the source address.
  [[nodiscard]] Routes wanted_routes(const Policies& policies, const Addresses& addresses) const;
  [[nodiscard]] std::set<io::PolicyRule> wanted_rules(const Policies& policies) const;
  void update_routes(Routes wanted, const Problems& problems);
  void update_rules(std::set<io::PolicyRule> wanted, const Problems& problems);

  io::NetworkChanges network_;
  io::InterfaceIndex interface_ = 0;
  std::uint32_t table_ = 0;
  std::uint32_t own_mark_ = 0;
  std::uint32_t priority_ =
      0;           ///< of the rule that looks up our table; the one before skips it, the one after is where to
  Routes routes_;  ///< into the tunnel; each has a fallback behind it
  std::set<io::PolicyRule> rules_;
  std::set<io::Route> earlier_routes_;
  std::set<io::PolicyRule> earlier_rules_;
};

}  // namespace keypact::daemon
