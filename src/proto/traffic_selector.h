// TrafficSelector: a range of addresses, ports and one protocol, with the set algebra that narrowing needs. RFC 7296 §2.9,
// §3.13.1, RFC 4301 §4.4.1.
#pragma once

#include <optional>
#include <vector>

#include "base/ip_address.h"

namespace keypact {

/// Ports first..last. RFC 7296 §3.13.1: 0-65535 is ANY; first 65535 with last 0 is OPAQUE (the port is not available, as in
/// non-first fragments). For ICMP the port is type * 256 + code.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 65535;

  static constexpr PortRange any() { return {0, 65535}; }
  static constexpr PortRange opaque() { return {65535, 0}; }
  static constexpr PortRange single(std::uint16_t port) { return {port, port}; }
  [[nodiscard]] constexpr bool is_any() const { return first == 0 && last == 65535; }
  [[nodiscard]] constexpr bool is_opaque() const { return first == 65535 && last == 0; }
  auto operator<=>(const PortRange&) const = default;
};

/// Protocol 0 is "any protocol"; then the ports are ANY too.
inline constexpr std::uint8_t kAnyProtocol = 0;

struct TrafficSelector {
  IpAddress first;
  IpAddress last;
  std::uint8_t protocol = kAnyProtocol;
  PortRange ports;

  /// All traffic of one family.
  static TrafficSelector all(IpFamily family);
  static TrafficSelector of(const Prefix& prefix);
  static TrafficSelector of(const IpAddress& address);

  [[nodiscard]] IpFamily family() const { return first.family(); }
  /// first <= last of one family, ports in order or OPAQUE, no ports without a protocol.
  [[nodiscard]] bool is_valid() const;
  [[nodiscard]] bool contains(const IpAddress& address) const { return first <= address && address <= last; }
  [[nodiscard]] bool contains(const TrafficSelector& other) const;
  /// "10.1.0.0/24", "10.0.0.1..10.0.0.9", "10.1.0.0/24[tcp/22]" as swanctl prints them.
  [[nodiscard]] std::string to_string() const;

  bool operator==(const TrafficSelector&) const = default;
};

/// What both cover; nothing when they are disjoint.
[[nodiscard]] std::optional<TrafficSelector> intersection(const TrafficSelector& a, const TrafficSelector& b);

/// Pairwise intersections of two sets, without those that another one contains; at most a.size() * b.size() before.
[[nodiscard]] std::vector<TrafficSelector> intersection(const std::vector<TrafficSelector>& a,
                                                        const std::vector<TrafficSelector>& b);

/// True when every selector of `inner` lies inside one selector of `outer`.
[[nodiscard]] bool covers(const std::vector<TrafficSelector>& outer, const std::vector<TrafficSelector>& inner);

/// The selectors joined by ", ".
[[nodiscard]] std::string to_string(const std::vector<TrafficSelector>& selectors);

}  // namespace keypact
