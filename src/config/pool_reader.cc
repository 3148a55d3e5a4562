#include "config/pool_reader.h"

#include <algorithm>

#include "config/address_grammar.h"
#include "config/config_limits.h"
#include "config/encrypted_dns_grammar.h"
#include "config/section_reader.h"

namespace keypact::config {
namespace {

/// A word of swanctl for an attribute that has one type for each family.
struct AttributeWord {
  std::string_view word;
  CpAttributeType v4{};
  std::optional<CpAttributeType> v6;  ///< nothing: it has none
};
using enum CpAttributeType;
constexpr AttributeWord kAddressWords[] = {
    {"dns", INTERNAL_IP4_DNS, INTERNAL_IP6_DNS},          {"nbns", INTERNAL_IP4_NBNS, std::nullopt},
    {"dhcp", INTERNAL_IP4_DHCP, INTERNAL_IP6_DHCP},       {"netmask", INTERNAL_IP4_NETMASK, std::nullopt},
    {"server", INTERNAL_IP4_SERVER, INTERNAL_IP6_SERVER}, {"p_cscf", P_CSCF_IP4_ADDRESS, P_CSCF_IP6_ADDRESS},
};

constexpr std::uint64_t kHighestAttribute = 0x7fff;
constexpr std::size_t kAttributeOctets = 1024;  ///< of a text

/// RFC 7296 §3.15.1: INTERNAL_IP4_SUBNET is address and mask, INTERNAL_IP6_SUBNET address and length of the prefix.
PoolAttribute subnet_attribute(const Prefix& prefix) {
  auto value = to_octets(prefix.address.octets());
  if (prefix.address.is_v6()) {
    value.push_back(static_cast<std::uint8_t>(prefix.length));
    return {INTERNAL_IP6_SUBNET, std::move(value)};
  }
  const auto host_bits = 32 - prefix.length;
  const auto mask = IpAddress::v4(host_bits == 32 ? 0U : 0xffffffffU << host_bits);
  append(value, mask.octets());
  return {INTERNAL_IP4_SUBNET, std::move(value)};
}

class PoolReader {
 public:
  PoolReader(const SettingsSection& section, const std::string& path, Problems& problems)
      : reader_(section, path, rules::kPool, problems) {
    pool_.name = section.name;
  }
  Pool read();

 private:
  void read_addresses();
  void read_addresses_of(const AttributeWord& word);
  void read_subnets();
  void read_domains();
  void read_encrypted_dns();
  void read_numbered();
  void add(CpAttributeType type, OctetView value) { pool_.attributes.push_back({type, to_octets(value)}); }

  SectionReader reader_;
  Pool pool_;
};

/// Of a block, the first and the last address stand for the network and for all hosts in it (IPv6: for all routers, RFC 4291 §2.6.1);
/// one with host bits begins there. Of a range, each is a host's.
void PoolReader::read_addresses() {
  const auto* setting = reader_.given("addrs");
  if (setting == nullptr) {
    if (reader_.section().setting("addrs") == nullptr)
      reader_.section_error({reader_.path() + " has no addresses", "a pool is a block or a range of addresses",
                             "add addrs = 10.3.0.0/24"});
    return;
  }
  const auto range = parse_address_range(setting->text());
  if (!range) return reader_.wrong(*setting, range.error());
  const auto slash = setting->text().find('/');
  const auto written =
      slash == std::string_view::npos ? std::nullopt : IpAddress::parse(setting->text().substr(0, slash));
  pool_.base = pool_.first = written.value_or(range->first);
  pool_.last = range->last;
  if (!written) return;
  const auto second = range->first.next();
  const auto last_but_one = range->last.previous();
  if (!second || !last_but_one || *last_but_one <= *second) return;
  pool_.first = std::max(pool_.first, *second);
  if (pool_.first.is_v4()) pool_.last = std::min(pool_.last, *last_but_one);
}

void PoolReader::read_addresses_of(const AttributeWord& word) {
  const auto* setting = reader_.given(word.word);
  if (setting == nullptr) return;
  for (const auto item : reader_.items(*setting)) {
    const auto address = IpAddress::parse(item);
    if (!address) reader_.wrong(*setting, {std::string(item), "expected an IP address"});
    else if (address->is_v6() && !word.v6)
      reader_.wrong(*setting, {std::string(item), "IPv6 has no such attribute (RFC 7296 §3.15.1)"});
    else add(address->is_v4() ? word.v4 : *word.v6, address->octets());
  }
}

void PoolReader::read_subnets() {
  const auto* setting = reader_.given("subnet");
  if (setting == nullptr) return;
  for (const auto item : reader_.items(*setting)) {
    const auto range = parse_address_range(item);
    const auto prefix = range ? prefix_from_range(range->first, range->last) : std::nullopt;
    if (!range) reader_.wrong(*setting, range.error());
    else if (!prefix) reader_.wrong(*setting, {std::string(item), "a subnet is a block", "write 10.1.0.0/16"});
    else pool_.attributes.push_back(subnet_attribute(*prefix));
  }
}

/// RFC 8598 §3.1: names that the client is to ask our DNS servers for.
void PoolReader::read_domains() {
  const auto* setting = reader_.given("domain");
  if (setting == nullptr) return;
  for (const auto item : reader_.items(*setting)) {
    if (is_host_name(item)) add(INTERNAL_DNS_DOMAIN, as_octets(item));
    else reader_.wrong(*setting, {std::string(item), "expected the name of a domain", "write corp.example"});
  }
}

/// RFC 9464: the first one is to be asked first.
void PoolReader::read_encrypted_dns() {
  const auto* setting = reader_.given("encrypted_dns");
  if (setting == nullptr) return;
  std::uint16_t priority = 0;
  for (const auto item : reader_.items(*setting)) {
    auto server = parse_encrypted_dns(item);
    if (!server) {
      reader_.wrong(*setting, server.error());
      continue;
    }
    server->priority = ++priority;
    if (const auto value = attribute_value(*server, IpFamily::v4)) add(ENCDNS_IP4, *value);
    if (const auto value = attribute_value(*server, IpFamily::v6)) add(ENCDNS_IP6, *value);
  }
}

/// "25 = corp.example": a number of the registry, with an address, a block or a text.
void PoolReader::read_numbered() {
  for (const auto& setting : reader_.section().settings) {
    const auto number = parse_number(setting.name, kHighestAttribute);
    if (!number || reader_.given(setting.name) == nullptr) continue;
    const auto type = static_cast<CpAttributeType>(*number);
    for (const auto item : reader_.items(setting)) {
      const auto address = IpAddress::parse(item);
      const auto range = item.find('/') != std::string_view::npos
                             ? parse_address_range(item)
                             : failure(GrammarError{std::string(item), "no block", {}});
      const auto prefix = range ? prefix_from_range(range->first, range->last) : std::nullopt;
      if (address) add(type, address->octets());
      else if (prefix) add(type, subnet_attribute(*prefix).value);
      else if (item.size() <= kAttributeOctets) add(type, as_octets(item));
      else reader_.wrong(setting, {std::string(item), "it is too long for an attribute"});
    }
  }
}

Pool PoolReader::read() {
  read_addresses();
  for (const auto& word : kAddressWords) read_addresses_of(word);
  read_subnets();
  read_domains();
  read_encrypted_dns();
  read_numbered();
  if (pool_.attributes.size() > limits::kPoolAttributes)
    reader_.section_error({reader_.path() + " has more than " + std::to_string(limits::kPoolAttributes) + " attributes",
                           "each client is told all of them in one message", "leave some out"});
  return std::move(pool_);
}

}  // namespace

std::optional<Pool> read_pool(const SettingsSection& section, const std::string& path, Problems& problems) {
  const auto errors_before = problems.errors();
  auto pool = PoolReader(section, path, problems).read();
  if (problems.errors() != errors_before) return std::nullopt;
  return pool;
}

}  // namespace keypact::config
