#include "config/service_names.h"

#include <algorithm>
#include <array>

#include "config/value_grammar.h"

namespace keypact::config {
namespace {

struct Protocol {
  std::string_view name;
  std::uint8_t number;
};
struct Service {
  std::string_view name;
  std::uint16_t port;
};

constexpr std::array<Protocol, 24> kProtocols = {{
    {"icmp", 1},       {"igmp", 2},     {"ipip", 4},   {"ipencap", 4}, {"tcp", 6},    {"egp", 8},
    {"udp", 17},       {"dccp", 33},    {"ipv6", 41},  {"rsvp", 46},   {"gre", 47},   {"esp", 50},
    {"ipv6-icmp", 58}, {"icmpv6", 58},  {"ah", 51},    {"skip", 57},   {"eigrp", 88}, {"ospf", 89},
    {"pim", 103},      {"ipcomp", 108}, {"vrrp", 112}, {"l2tp", 115},  {"sctp", 132}, {"udplite", 136},
}};

constexpr std::array<Service, 46> kServices = {{
    {"echo", 7},           {"discard", 9},       {"ftp-data", 20}, {"ftp", 21},           {"ssh", 22},
    {"telnet", 23},        {"smtp", 25},         {"time", 37},     {"tacacs", 49},        {"domain", 53},
    {"bootps", 67},        {"bootpc", 68},       {"tftp", 69},     {"http", 80},          {"www", 80},
    {"kerberos", 88},      {"pop3", 110},        {"sunrpc", 111},  {"ntp", 123},          {"netbios-ns", 137},
    {"netbios-dgm", 138},  {"netbios-ssn", 139}, {"imap", 143},    {"imap2", 143},        {"snmp", 161},
    {"snmp-trap", 162},    {"bgp", 179},         {"ldap", 389},    {"https", 443},        {"microsoft-ds", 445},
    {"isakmp", 500},       {"syslog", 514},      {"ipp", 631},     {"ldaps", 636},        {"rsync", 873},
    {"imaps", 993},        {"pop3s", 995},       {"l2f", 1701},    {"l2tp", 1701},        {"radius", 1812},
    {"radius-acct", 1813}, {"nfs", 2049},        {"mysql", 3306},  {"ipsec-nat-t", 4500}, {"sip", 5060},
    {"postgresql", 5432},
}};

template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  names.reserve(table.size());
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

}  // namespace

std::optional<std::uint8_t> protocol_number(std::string_view name) {
  const auto found = std::ranges::find_if(kProtocols, [name](const auto& p) { return same_word(p.name, name); });
  return found == kProtocols.end() ? std::nullopt : std::optional(found->number);
}

std::optional<std::uint16_t> service_port(std::string_view name) {
  const auto found = std::ranges::find_if(kServices, [name](const auto& s) { return same_word(s.name, name); });
  return found == kServices.end() ? std::nullopt : std::optional(found->port);
}

std::vector<std::string_view> protocol_names() { return names_of(kProtocols); }
std::vector<std::string_view> service_names() { return names_of(kServices); }

}  // namespace keypact::config
