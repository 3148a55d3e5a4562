#include "wire/vendor_id_name.h"

#include <algorithm>

namespace keypact::wire {
namespace {

struct Known {
  std::string_view prefix;  ///< hexadecimal; the ID may go on with a version
  std::string_view name;
};

// Most are the MD5 of a text that the vendor published. The list is that of ike-scan, as far as IKEv2 peers send them.
constexpr Known kKnown[] = {
    {"882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan"},
    {"1e2b516905991c7d7c96fcbfb587e461", "Microsoft Windows (MS NT5 ISAKMPOAKLEY)"},
    {"fb1de3cdf341b7ea16b7e5be0855f120", "Microsoft MS-Negotiation Discovery Capable"},
    {"26244d38eddb61b3172a36e3d0cfb819", "Microsoft Vid-Initial-Contact"},
    {"e3a5966a76379fe707228231e5ce8652", "Microsoft IKE CGA version 1"},
    {"214ca4faffa7f32d6748e5303395ae83", "Microsoft MS-MamieExists"},
    {"f4ed19e0c114eb516faaac0ee37daf2807b4381f", "Check Point"},
    {"12f5f28c457168a9702d9fe274cc", "Cisco Unity"},
    {"1f07f70eaa6514d3b0fa96542a", "Cisco VPN 3000"},
    {"afcad71368a1f1c96b8696fc7757", "Dead Peer Detection"},
    {"09002689dfd6b712", "XAUTH"},
    {"4048b7d56ebce88525e7de7f00d6c2d3", "IKE fragmentation (IKEv1)"},
    {"4a131c81070358455c5728f20e95452f", "RFC 3947 NAT traversal"},
    {"7003cbc1097dbe9c2600ba6983bc8b35", "KAME/racoon"},
    {"1d6e178f6c2c0be284985465450fe9d4", "Fortinet FortiGate"},
    {"5b362bc820f6", "SonicWall"},
    {"b858d1addd08c1e8adafea150608aa4497aa6cc8", "ZyXEL ZyWALL"},
    {"da8e9378", "SafeNet or WatchGuard"},
    {"299ee8289f40a8973bc78687e2e7226b532c3b76", "Juniper NetScreen"},
    {"166f932d55eb64d8e4df4fd37e2313f0d0fd8451", "Juniper NetScreen"},
};

constexpr std::size_t kOctetsShown = 32;
constexpr std::size_t kShortestText = 4;

bool is_text(OctetView data) {
  return data.size() >= kShortestText &&
         std::ranges::all_of(data, [](std::uint8_t octet) { return octet >= 0x20 && octet < 0x7f; });
}

}  // namespace

std::string vendor_id_name(OctetView data) {
  const auto shown = data.first(std::min(data.size(), kOctetsShown));
  const std::string more = shown.size() < data.size() ? "..." : "";
  const std::string hex = to_hex(shown);
  for (const auto& known : kKnown) {
    if (hex.starts_with(known.prefix)) return std::string(known.name);
  }
  if (is_text(data)) return '"' + std::string(as_text(shown)) + '"' + more;
  return hex + more;
}

}  // namespace keypact::wire
