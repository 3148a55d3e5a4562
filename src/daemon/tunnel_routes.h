// TunnelRoutes: leads the traffic of policies into the tunnel device, past it, or nowhere: routes in a table of our own, and the
// policy rules around that table. RFC 4301 §4.4.1. What an earlier run left holds until the policies of this one are known.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "daemon/policy_routing.h"
#include "io/network_changes.h"
#include "ipsec/stack.h"

namespace keypact::daemon {

class TunnelRoutes {
 public:
  using Problems = std::function<void(const std::string&)>;
  using Policies = std::map<PolicyId, ipsec::Policy>;

  /// The table is found by the name of the device; packets with `own_mark` pass it by.
  [[nodiscard]] static Result<TunnelRoutes> open(io::Netlink netlink, const std::string& device, std::uint32_t own_mark,
                                                 RoutesFor what);

  /// Makes the routes and rules agree with these policies, of which the named ones are new, other or gone: the work is as much as
  /// they are. Where one route cannot be changed the others are.
  void update(const Policies& policies, const std::set<PolicyId>& changed, const Problems& problems);
  /// From now on what an earlier run left, and no policy of this one wants, is not needed.
  void forget_earlier_run(const Problems& problems);

  /// An address that a peer gave us is the device's, until it is taken back as often as it was added.
  void add_address(const IpAddress& address, const Problems& problems);
  void remove_address(const IpAddress& address, const Problems& problems);

  /// All of it stays in force when this object goes.
  void leave() { network_.leave(); }

  /// Which of them are not there any more, a sentence each.
  [[nodiscard]] std::vector<std::string> drift();

  /// Why packets to there, or to anywhere, are led as they are: a sentence for each rule, route and policy without one.
  [[nodiscard]] std::vector<std::string> explain(const Policies& policies,
                                                 const std::optional<IpAddress>& destination) const;

  /// The same, after the way that the kernel chooses for packets of this host.
  [[nodiscard]] std::vector<std::string> explain_packets(const Policies& policies, const IpAddress& destination);

  [[nodiscard]] io::Netlink& netlink() { return network_.netlink(); }

 private:
  using Routes = std::map<Prefix, io::Route>;
  using Addresses = std::vector<io::LocalAddress>;

  explicit TunnelRoutes(io::Netlink netlink) : network_(std::move(netlink)) {}

  [[nodiscard]] Result<void> find_earlier_run();
  [[nodiscard]] io::PolicyRule lookup_rule(IpFamily family) const;
  [[nodiscard]] io::PolicyRule landing_rule(IpFamily family) const;
  [[nodiscard]] io::Route fallback(const Prefix& destination) const;
  /// What one policy wants of the network.
  struct Wishes {
    std::vector<Prefix> destinations;
    std::vector<io::PolicyRule> rules;
  };
  [[nodiscard]] Wishes wishes_of(const ipsec::Policy& policy) const;
  [[nodiscard]] std::vector<io::PolicyRule> skipping_rules(const ipsec::Policy& policy) const;
  /// One route a destination: of several policies that share it, the first one names the source address.
  [[nodiscard]] std::optional<io::Route> wanted_route(const Prefix& destination, const Policies& policies) const;
  [[nodiscard]] std::string explain_table() const;
  [[nodiscard]] std::string explain_route(const Prefix& destination, const Policies& policies) const;
  void update_routes(const std::set<Prefix>& touched, const Policies& policies, const Problems& problems);
  void update_rules(const std::set<io::PolicyRule>& touched, const Problems& problems);

  io::NetworkChanges network_;
  std::string device_;
  io::InterfaceIndex interface_ = 0;
  std::uint32_t table_ = 0;
  std::uint32_t own_mark_ = 0;
  RoutesFor what_{};
  std::uint32_t priority_ =
      0;  ///< of the rule that looks up our table; the one before skips it, the one after is where to
  Addresses addresses_;
  std::map<PolicyId, Wishes> wishes_;
  std::map<Prefix, std::set<PolicyId>> leading_to_;
  std::map<io::PolicyRule, std::size_t> wanted_rules_;  ///< by so many policies
  Routes routes_;                                       ///< into the tunnel; each has a fallback behind it
  std::set<io::PolicyRule> rules_;
  std::set<io::Route> earlier_routes_;
  std::set<io::PolicyRule> earlier_rules_;
};

}  // namespace keypact::daemon
