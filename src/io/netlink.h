// Netlink: addresses, routes, policy rules and links of the kernel (rtnetlink through libmnl). Each call is one request and
// waits for its answer. What must vanish with the program goes through NetworkChanges.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace keypact::io {

/// The kernel's number of a network interface; 0 names none.
using InterfaceIndex = std::uint32_t;

inline constexpr std::uint32_t kMainTable = 254;

struct InterfaceAddress {
  InterfaceIndex interface = 0;
  IpAddress address;
  int prefix_length = 0;
  auto operator<=>(const InterfaceAddress&) const = default;
};

struct LocalAddress {
  InterfaceAddress at;
  bool loopback = false;    ///< host scope
  bool link_local = false;  ///< link scope
  bool usable = true;       ///< false: duplicate address detection not finished or failed, or deprecated
  bool temporary = false;   ///< RFC 8981
  bool operator==(const LocalAddress&) const = default;
};

enum class RouteKind : std::uint8_t {
  unicast,
  unreachable,  ///< packets are refused with an ICMP error
  blackhole,    ///< packets are dropped
};

struct Route {
  Prefix destination;
  RouteKind kind = RouteKind::unicast;
  InterfaceIndex interface = 0;        ///< unicast only
  std::optional<IpAddress> gateway{};  ///< none: directly through the interface
  std::uint32_t table = kMainTable;
  std::optional<IpAddress> preferred_source{};
  std::uint32_t metric = 0;  ///< 0: the kernel's default
  std::uint32_t mtu = 0;     ///< 0: the interface's
  auto operator<=>(const Route&) const = default;
};

enum class RuleKind : std::uint8_t {
  lookup,   ///< in `table`
  skip_to,  ///< the rules of priority `target`, which there must be
  nothing,  ///< a place to skip to
};

/// "[not] from S to D [fwmark M] lookup T [suppress_prefixlength N]", "... goto P", or "... nop"
struct PolicyRule {
  IpFamily family = IpFamily::v4;
  std::uint32_t priority = 0;
  std::uint32_t table = kMainTable;
  std::optional<std::uint32_t> mark{};
  bool invert = false;                                    ///< the rule is for packets that do NOT have the mark
  std::optional<std::uint32_t> suppress_prefix_length{};  ///< ignore routes of this length or shorter
  RuleKind kind = RuleKind::lookup;
  std::uint32_t target = 0;             ///< skip_to only
  std::optional<Prefix> source{};       ///< none: all
  std::optional<Prefix> destination{};  ///< none: all
  auto operator<=>(const PolicyRule&) const = default;
};

/// How the kernel would send to a destination.
struct RouteLookup {
  IpAddress source;
  InterfaceIndex interface = 0;
  std::optional<IpAddress> gateway{};
  std::uint32_t mtu = 0;  ///< of the route, else of its interface; 0: not known
};

struct LinkSettings {
  std::optional<bool> up{};
  std::optional<std::uint32_t> mtu{};
  /// False: no IPv6 link-local address by itself, and so no router solicitations into a tunnel. Without effect on an
  /// interface that is up.
  std::optional<bool> automatic_ipv6_address{};
};

class Netlink {
 public:
  [[nodiscard]] static Result<Netlink> open();
  Netlink(Netlink&&) noexcept;
  Netlink& operator=(Netlink&&) noexcept;
  ~Netlink();

  [[nodiscard]] Result<InterfaceIndex> interface_index(const std::string& name);
  /// Changes what is set and leaves the rest.
  [[nodiscard]] Result<void> configure(InterfaceIndex interface, const LinkSettings& settings);

  /// True: it was added now. False: it was there already and belongs to somebody else.
  /// (A policy rule of an earlier run that ended badly counts as added.)
  [[nodiscard]] Result<bool> add(const InterfaceAddress& address);
  [[nodiscard]] Result<bool> add(const Route& route);
  [[nodiscard]] Result<bool> add(const PolicyRule& rule);
  /// Adds the route, or takes the place of one with the same destination, metric and table, without an instant between.
  [[nodiscard]] Result<void> replace(const Route& route);
  /// Removing what is gone already (with its interface) is a success.
  [[nodiscard]] Result<void> remove(const InterfaceAddress& address);
  [[nodiscard]] Result<void> remove(const Route& route);
  [[nodiscard]] Result<void> remove(const PolicyRule& rule);

  /// The routes of this table that we added, also in an earlier run that ended badly. With what remove() needs: destination,
  /// kind, interface, table, metric.
  [[nodiscard]] Result<std::vector<Route>> own_routes(std::uint32_t table);
  /// The policy rules that we added, those of all of us.
  [[nodiscard]] Result<std::vector<PolicyRule>> own_rules();
  [[nodiscard]] Result<std::vector<LocalAddress>> local_addresses();
  /// Empty where there is none with this number.
  [[nodiscard]] static std::string interface_name(InterfaceIndex interface);
  /// The name of the interface that has it; empty when none has.
  [[nodiscard]] Result<std::string> interface_of(const IpAddress& local);
  /// The interfaces that are up and have a carrier.
  [[nodiscard]] Result<std::set<InterfaceIndex>> running_links();
  /// Fails when there is no route. `mark`: as if the packet had this fwmark (0: none); `local`: as if sent from there.
  [[nodiscard]] Result<RouteLookup> route_to(const IpAddress& remote, std::uint32_t mark = 0,
                                             std::optional<IpAddress> local = std::nullopt);

 private:
  struct Implementation;
  explicit Netlink(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::io
