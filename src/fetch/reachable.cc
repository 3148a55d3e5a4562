#include "fetch/reachable.h"

#include <algorithm>

#include "base/check.h"

namespace keypact::fetch {
namespace {

/// IANA's registries of special-purpose addresses (RFC 6890), and multicast. Of IPv6 only 2000::/3 is given out at all.
constexpr const char* kNotPublic[] = {
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3",  "2001::/23",      "2001:db8::/32",  "2002::/16",      "3fff::/20"};

Prefix prefix(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  CHECK(address);
  int length = 0;
  for (const char digit : text.substr(slash + 1)) length = length * 10 + (digit - '0');
  return {*address, length};
}

bool is_in(const IpAddress& address, const Prefix& block) {
  return address.family() == block.address.family() && block.contains(address);
}

/// Mapped (RFC 4291 §2.5.5.2) and translated (RFC 6052).
std::optional<IpAddress> carried(const IpAddress& address) {
  static const Prefix kCarriers[] = {prefix("::ffff:0:0/96"), prefix("64:ff9b::/96")};
  if (address.is_v4() || std::ranges::none_of(kCarriers, [&](const auto& each) { return is_in(address, each); }))
    return std::nullopt;
  return IpAddress::from_octets(address.octets().last(4));
}

}  // namespace

bool is_public(const IpAddress& address) {
  static const std::vector<Prefix> blocks = [] {
    std::vector<Prefix> made;
    for (const auto* text : kNotPublic) made.push_back(prefix(text));
    return made;
  }();
  static const Prefix given_out = prefix("2000::/3");
  if (const auto v4 = carried(address)) return is_public(*v4);
  if (address.is_v6() && !is_in(address, given_out)) return false;
  return std::ranges::none_of(blocks, [&](const auto& block) { return is_in(address, block); });
}

bool may_be_reached(const IpAddress& address, const std::vector<Prefix>& also) {
  const auto v4 = carried(address);
  return is_public(address) || std::ranges::any_of(also, [&](const auto& block) {
           return is_in(address, block) || (v4 && is_in(*v4, block));
         });
}

}  // namespace keypact::fetch
