#include "ike/core/configuration_payload.h"

#include <algorithm>

namespace keypact::ike {
namespace {

using enum CpAttributeType;

constexpr std::size_t kNameServers = 8;
constexpr std::size_t kDomains = 32;
constexpr std::size_t kDomainOctets = 253;  ///< as text: a name has no more
constexpr std::uint8_t kWholePrefix = 128;

const wire::CpPayload* configuration(const PayloadSet& payloads, CpType type) {
  const auto* cp = payloads.find<wire::CpPayload>();
  return cp != nullptr && cp->type == type ? cp : nullptr;
}

/// RFC 7296 §3.15.1: an IPv6 address has the length of its prefix behind it; not every peer writes it.
std::optional<IpAddress> address_in(const wire::CpAttribute& attribute) {
  OctetView value(attribute.value);
  if (attribute.type == INTERNAL_IP4_ADDRESS)
    return value.empty()       ? std::optional(IpAddress::unspecified(IpFamily::v4))
           : value.size() == 4 ? IpAddress::from_octets(value)
                               : std::nullopt;
  if (attribute.type != INTERNAL_IP6_ADDRESS) return std::nullopt;
  if (value.empty()) return IpAddress::unspecified(IpFamily::v6);
  return value.size() == 16 || value.size() == 17 ? IpAddress::from_octets(value.first(16)) : std::nullopt;
}

wire::CpAttribute address_attribute(const IpAddress& address) {
  auto value = address.is_unspecified() ? Octets() : to_octets(address.octets());
  if (!value.empty() && address.is_v6()) value.push_back(kWholePrefix);
  return {address.is_v4() ? INTERNAL_IP4_ADDRESS : INTERNAL_IP6_ADDRESS, std::move(value)};
}

void add_one_of_a_family(std::vector<IpAddress>& addresses, const IpAddress& address) {
  if (std::ranges::find(addresses, address.family(), &IpAddress::family) == addresses.end())
    addresses.push_back(address);
}

/// A name goes to programs and files: nothing but letters, digits, hyphens, underscores and dots.
std::optional<std::string> domain_in(const wire::CpAttribute& attribute) {
  if (attribute.type != INTERNAL_DNS_DOMAIN || attribute.value.empty() || attribute.value.size() > kDomainOctets)
    return std::nullopt;
  std::string name(attribute.value.begin(), attribute.value.end());
  static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.find_first_not_of(kAllowed) != std::string::npos || name.front() == '-') return std::nullopt;
  return name;
}

std::optional<EncryptedDns> encrypted_server_in(const wire::CpAttribute& attribute) {
  if (attribute.type == ENCDNS_IP4) return encrypted_dns_in(attribute.value, IpFamily::v4);
  return attribute.type == ENCDNS_IP6 ? encrypted_dns_in(attribute.value, IpFamily::v6) : std::nullopt;
}

}  // namespace

wire::Payload configuration_request(const std::vector<IpAddress>& addresses) {
  wire::CpPayload cp{CpType::CFG_REQUEST, {}};
  for (const auto& address : addresses) cp.attributes.push_back(address_attribute(address));
  const auto asks_for = [&](IpFamily family) {
    return std::ranges::find(addresses, family, &IpAddress::family) != addresses.end();
  };
  for (const auto& [family, plain, encrypted] : {std::tuple(IpFamily::v4, INTERNAL_IP4_DNS, ENCDNS_IP4),
                                                 std::tuple(IpFamily::v6, INTERNAL_IP6_DNS, ENCDNS_IP6)}) {
    if (!asks_for(family)) continue;
    cp.attributes.push_back({plain, {}});
    cp.attributes.push_back({encrypted, {}});
  }
  // RFC 8598 §3.1: whoever wants to be told of domains says so.
  cp.attributes.push_back({INTERNAL_DNS_DOMAIN, {}});
  return cp;
}

std::optional<std::vector<IpAddress>> requested_addresses(const PayloadSet& payloads) {
  const auto* cp = configuration(payloads, CpType::CFG_REQUEST);
  if (cp == nullptr) return std::nullopt;
  std::vector<IpAddress> addresses;
  for (const auto& attribute : cp->attributes)
    if (const auto address = address_in(attribute)) add_one_of_a_family(addresses, *address);
  return addresses;
}

wire::Payload configuration_reply(const std::vector<IpAddress>& addresses,
                                  const std::vector<config::PoolAttribute>& attributes) {
  wire::CpPayload cp{CpType::CFG_REPLY, {}};
  for (const auto& address : addresses) cp.attributes.push_back(address_attribute(address));
  for (const auto& attribute : attributes) cp.attributes.push_back({attribute.type, attribute.value});
  return cp;
}

ClientConfiguration configuration_in(const PayloadSet& payloads) {
  ClientConfiguration told;
  const auto* cp = configuration(payloads, CpType::CFG_REPLY);
  if (cp == nullptr) return told;
  for (const auto& attribute : cp->attributes) {
    const auto address = address_in(attribute);
    if (address && !address->is_unspecified()) add_one_of_a_family(told.addresses, *address);
    const bool is_server = (attribute.type == INTERNAL_IP4_DNS && attribute.value.size() == 4) ||
                           (attribute.type == INTERNAL_IP6_DNS && attribute.value.size() == 16);
    const auto server = is_server ? IpAddress::from_octets(attribute.value) : std::nullopt;
    if (server && !server->is_unspecified() && told.name_servers.size() < kNameServers)
      told.name_servers.push_back(*server);
    auto encrypted = encrypted_server_in(attribute);
    if (encrypted && told.encrypted_dns.size() < kNameServers) told.encrypted_dns.push_back(std::move(*encrypted));
    auto domain = domain_in(attribute);
    if (domain && told.domains.size() < kDomains) told.domains.push_back(std::move(*domain));
  }
  std::ranges::stable_sort(told.encrypted_dns, {}, &EncryptedDns::priority);
  return told;
}

}  // namespace keypact::ike
