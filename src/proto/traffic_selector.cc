#include "proto/traffic_selector.h"

#include <algorithm>

namespace keypact {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case kIcmp: return "icmp";
    case 6: return "tcp";
    case 17: return "udp";
    case 47: return "gre";
    case kIcmpv6: return "ipv6-icmp";
    case 132: return "sctp";
    default: return std::to_string(protocol);
  }
}

/// RFC 4301 §4.4.1.1: an ICMP "port" is type and code.
std::string icmp_to_string(PortRange ports) {
  const auto one = [](std::uint16_t port) {
    return std::to_string(port >> 8) + '(' + std::to_string(port & 255) + ')';
  };
  if (ports.first == ports.last) return one(ports.first);
  const auto first_type = ports.first >> 8;
  const auto last_type = ports.last >> 8;
  const bool whole_types = (ports.first & 255) == 0 && (ports.last & 255) == 255;
  if (!whole_types) return one(ports.first) + '-' + one(ports.last);
  if (first_type == last_type) return std::to_string(first_type);
  return std::to_string(first_type) + '-' + std::to_string(last_type);
}

std::string ports_to_string(std::uint8_t protocol, PortRange ports) {
  if (ports.is_opaque()) return "opaque";
  if (protocol == kIcmp || protocol == kIcmpv6) return icmp_to_string(ports);
  if (ports.first == ports.last) return std::to_string(ports.first);
  return std::to_string(ports.first) + '-' + std::to_string(ports.last);
}

std::optional<PortRange> intersect_ports(PortRange a, PortRange b) {
  if (a.is_opaque() || b.is_opaque()) {
    // RFC 7296 §3.13.1: OPAQUE is a value of its own; only ANY covers it (RFC 4301 §4.4.1.1).
    if (a == b || b.is_any()) return a;
    if (a.is_any()) return b;
    return std::nullopt;
  }
  const PortRange both{std::max(a.first, b.first), std::min(a.last, b.last)};
  if (both.first > both.last) return std::nullopt;
  return both;
}

}  // namespace

TrafficSelector TrafficSelector::all(IpFamily family) {
  return {IpAddress::unspecified(family), IpAddress::highest(family), kAnyProtocol, PortRange::any()};
}

TrafficSelector TrafficSelector::of(const Prefix& prefix) {
  return {prefix.first(), prefix.last(), kAnyProtocol, PortRange::any()};
}

TrafficSelector TrafficSelector::of(const IpAddress& address) {
  return {address, address, kAnyProtocol, PortRange::any()};
}

bool TrafficSelector::is_valid() const {
  if (first.family() != last.family() || last < first) return false;
  if (ports.first > ports.last && !ports.is_opaque()) return false;
  return protocol != kAnyProtocol || ports.is_any();
}

bool TrafficSelector::contains(const TrafficSelector& other) const {
  const auto both = intersection(*this, other);
  return both && *both == other;
}

std::string TrafficSelector::to_string() const {
  std::string text;
  if (const auto prefix = prefix_from_range(first, last)) text = prefix->to_string();
  else text = first.to_string() + ".." + last.to_string();
  if (protocol == kAnyProtocol) return text;
  text += '[' + protocol_name(protocol);
  if (!ports.is_any()) text += '/' + ports_to_string(protocol, ports);
  return text + ']';
}

std::optional<TrafficSelector> intersection(const TrafficSelector& a, const TrafficSelector& b) {
  if (a.family() != b.family()) return std::nullopt;
  TrafficSelector both;
  both.first = std::max(a.first, b.first);
  both.last = std::min(a.last, b.last);
  if (both.last < both.first) return std::nullopt;
  if (a.protocol != b.protocol && a.protocol != kAnyProtocol && b.protocol != kAnyProtocol) return std::nullopt;
  both.protocol = a.protocol != kAnyProtocol ? a.protocol : b.protocol;
  const auto ports = intersect_ports(a.ports, b.ports);
  if (!ports) return std::nullopt;
  both.ports = *ports;
  return both;
}

std::vector<TrafficSelector> intersection(const std::vector<TrafficSelector>& a,
                                          const std::vector<TrafficSelector>& b) {
  std::vector<TrafficSelector> found;
  for (const auto& left : a) {
    for (const auto& right : b) {
      const auto both = intersection(left, right);
      if (!both) continue;
      if (std::ranges::any_of(found, [&](const auto& known) { return known.contains(*both); })) continue;
      std::erase_if(found, [&](const auto& known) { return both->contains(known); });
      found.push_back(*both);
    }
  }
  return found;
}

bool covers(const std::vector<TrafficSelector>& outer, const std::vector<TrafficSelector>& inner) {
  return std::ranges::all_of(inner, [&](const auto& selector) {
    return std::ranges::any_of(outer, [&](const auto& candidate) { return candidate.contains(selector); });
  });
}

std::string to_string(const std::vector<TrafficSelector>& selectors) {
  std::string text;
  for (const auto& selector : selectors) {
    if (!text.empty()) text += ", ";
    text += selector.to_string();
  }
  return text;
}

}  // namespace keypact
