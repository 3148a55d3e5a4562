#include "xfrm/selector.h"

namespace keypact::xfrm {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kMobility = 135;
constexpr unsigned kPortBits = 16;

struct Ports {
  PortMatch source;
  PortMatch destination;
};

std::vector<Ports> pairs_of(const std::vector<PortMatch>& source, const std::vector<PortMatch>& destination) {
  std::vector<Ports> pairs;
  for (const auto& from : source)
    for (const auto& to : destination) pairs.push_back({from, to});
  return pairs;
}

/// An octet where the kernel has two.
PortMatch octet_match(unsigned value, unsigned mask) {
  return {static_cast<std::uint16_t>(value), static_cast<std::uint16_t>(mask == 0 ? 0 : 0xff00 | mask)};
}

std::vector<Ports> ports_of(std::uint8_t protocol, PortRange source, PortRange destination) {
  // RFC 4301 §4.4.1.3: type and code are compared with the sender's side only, where the upper octet is the type.
  if (protocol == kIcmp || protocol == kIcmp6) {
    std::vector<Ports> pairs;
    for (const auto& [value, mask] : port_matches(source))
      pairs.push_back({octet_match(value >> 8U, mask >> 8U), octet_match(value & 0xffU, mask & 0xffU)});
    return pairs;
  }
  if (protocol == kMobility) {
    std::vector<Ports> pairs;
    for (const auto& type :
         port_matches({static_cast<std::uint16_t>(source.first >> 8), static_cast<std::uint16_t>(source.last >> 8)}))
      pairs.push_back({source.is_any() ? PortMatch{} : type, {}});
    return source.is_any() ? std::vector<Ports>{{}} : pairs;
  }
  return pairs_of(port_matches(source), port_matches(destination));
}

/// The protocol that both ends can mean; nothing when they exclude each other.
std::optional<std::uint8_t> common_protocol(const TrafficSelector& a, const TrafficSelector& b) {
  if (a.protocol == kAnyProtocol) return b.protocol;
  if (b.protocol == kAnyProtocol || a.protocol == b.protocol) return a.protocol;
  return std::nullopt;
}

}  // namespace

std::vector<PortMatch> port_matches(PortRange range) {
  std::vector<PortMatch> matches;
  std::uint32_t first = range.first;
  while (first <= range.last) {
    // The largest block that begins here and does not go beyond the end.
    unsigned bits = 0;
    while (bits < kPortBits && (first & ((2U << bits) - 1)) == 0 && first + (2U << bits) - 1 <= range.last) ++bits;
    matches.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(0xffffU << bits)});
    first += 1U << bits;
  }
  return matches;
}

Result<std::vector<Selector>, std::string> selectors_between(const std::vector<TrafficSelector>& source,
                                                             const std::vector<TrafficSelector>& destination) {
  std::vector<Selector> selectors;
  for (const auto& from : source) {
    for (const auto& to : destination) {
      const auto protocol = common_protocol(from, to);
      if (from.family() != to.family() || !protocol) continue;
      // RFC 4301 §4.4.1.1: OPAQUE is for packets that do not show their ports, which the kernel cannot ask for.
      if (from.ports.is_opaque() || to.ports.is_opaque()) return failure(std::string("the kernel has no OPAQUE ports"));
      const auto ports = ports_of(*protocol, from.ports, to.ports);
      const auto sources = prefixes_covering(from.first, from.last);
      const auto destinations = prefixes_covering(to.first, to.last);
      if (ports.size() * sources.size() * destinations.size() + selectors.size() > kSelectors)
        return failure("the traffic selectors make more than " + std::to_string(kSelectors) +
                       " policies of the kernel");
      for (const auto& s : sources)
        for (const auto& d : destinations)
          for (const auto& p : ports) selectors.push_back({s, d, *protocol, p.source, p.destination});
    }
  }
  return selectors;
}

}  // namespace keypact::xfrm
