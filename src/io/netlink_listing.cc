// What the kernel has: addresses, and the routes and rules of ours.
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <net/if.h>

#include <array>
#include <cerrno>

#include "io/netlink_implementation.h"

namespace keypact::io {
namespace {

LocalAddress parse_local_address(const nlmsghdr* message, const IpAddress& address, std::uint32_t flags) {
  const auto* body = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  LocalAddress local;
  local.at = {body->ifa_index, address, body->ifa_prefixlen};
  local.loopback = body->ifa_scope == RT_SCOPE_HOST;
  local.link_local = body->ifa_scope == RT_SCOPE_LINK;
  local.usable =
      (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) == 0 || (flags & IFA_F_OPTIMISTIC) != 0;
  local.temporary = address.is_v6() && (flags & IFA_F_TEMPORARY) != 0;
  return local;
}

RouteKind kind_of(unsigned char type) {
  if (type == RTN_UNREACHABLE) return RouteKind::unreachable;
  return type == RTN_BLACKHOLE ? RouteKind::blackhole : RouteKind::unicast;
}

std::optional<Prefix> get_prefix(const NetlinkAttributes& attributes, std::uint16_t attribute, int length) {
  const auto address = get_address(attributes.find(attribute));
  return address ? std::optional(Prefix{*address, length}) : std::nullopt;
}

/// Nothing for a rule of somebody else, or of a kind that we never make.
std::optional<PolicyRule> parse_own_rule(const nlmsghdr* message, IpFamily family) {
  const auto* body = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(message));
  const NetlinkAttributes attributes(message, sizeof(fib_rule_hdr));
  const auto* protocol = attributes.find(FRA_PROTOCOL);
  if (protocol == nullptr || mnl_attr_get_u8(protocol) != kProtocol) return std::nullopt;
  PolicyRule rule;
  switch (body->action) {
    case FR_ACT_TO_TBL: rule.kind = RuleKind::lookup; break;
    case FR_ACT_GOTO: rule.kind = RuleKind::skip_to; break;
    case FR_ACT_NOP: rule.kind = RuleKind::nothing; break;
    default: return std::nullopt;
  }
  rule.family = family;
  rule.priority = attributes.u32(FRA_PRIORITY).value_or(0);
  if (rule.kind == RuleKind::lookup) rule.table = attributes.u32(FRA_TABLE).value_or(body->table);
  rule.target = attributes.u32(FRA_GOTO).value_or(0);
  rule.mark = attributes.u32(FRA_FWMARK);
  rule.invert = (body->flags & FIB_RULE_INVERT) != 0;
  const auto suppressed = attributes.u32(FRA_SUPPRESS_PREFIXLEN);
  if (suppressed != UINT32_MAX) rule.suppress_prefix_length = suppressed;
  rule.source = get_prefix(attributes, FRA_SRC, body->src_len);
  rule.destination = get_prefix(attributes, FRA_DST, body->dst_len);
  return rule;
}

}  // namespace

Result<std::vector<LocalAddress>> Netlink::local_addresses() {
  NetlinkRequest request(RTM_GETADDR, NLM_F_DUMP);
  request.body<ifaddrmsg>().ifa_family = AF_UNSPEC;
  std::vector<LocalAddress> found;
  const auto outcome = implementation_->exchange.run(request, [&](const nlmsghdr* message) {
    const NetlinkAttributes attributes(message, sizeof(ifaddrmsg));
    // On a point-to-point link IFA_ADDRESS is the other end's.
    const auto* own = attributes.find(IFA_LOCAL);
    const auto address = get_address(own != nullptr ? own : attributes.find(IFA_ADDRESS));
    const auto* body = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    if (address)
      found.push_back(parse_local_address(message, *address, attributes.u32(IFA_FLAGS).value_or(body->ifa_flags)));
  });
  if (!outcome.ok()) return failure(outcome.error("cannot list the addresses of this machine"));
  return found;
}

std::string Netlink::interface_name(InterfaceIndex interface) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(interface, name.data()) == nullptr ? std::string() : std::string(name.data());
}

Result<std::string> Netlink::interface_of(const IpAddress& local) {
  TRY(const auto all, local_addresses());
  for (const auto& address : all) {
    std::array<char, IF_NAMESIZE> name{};
    if (address.at.address == local && ::if_indextoname(address.at.interface, name.data()) != nullptr)
      return name.data();
  }
  return std::string();
}

Result<std::set<InterfaceIndex>> Netlink::running_links() {
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP);
  request.body<ifinfomsg>().ifi_family = AF_UNSPEC;
  std::set<InterfaceIndex> running;
  const auto outcome = implementation_->exchange.run(request, [&](const nlmsghdr* message) {
    const auto* body = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    if ((body->ifi_flags & IFF_UP) != 0 && (body->ifi_flags & IFF_RUNNING) != 0)
      running.insert(static_cast<InterfaceIndex>(body->ifi_index));
  });
  if (!outcome.ok()) return failure(outcome.error("cannot list the interfaces of this machine"));
  return running;
}

Result<std::vector<Route>> Netlink::own_routes(std::uint32_t table) {
  std::vector<Route> found;
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP);
    request.body<rtmsg>().rtm_family = family_of(family);
    const auto outcome = implementation_->exchange.run(request, [&](const nlmsghdr* message) {
      const auto* body = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
      const NetlinkAttributes attributes(message, sizeof(rtmsg));
      if (body->rtm_protocol != kProtocol || attributes.u32(RTA_TABLE).value_or(body->rtm_table) != table) return;
      Route route;
      const auto destination = get_address(attributes.find(RTA_DST)).value_or(IpAddress::unspecified(family));
      route.destination = {destination, body->rtm_dst_len};
      route.kind = kind_of(body->rtm_type);
      if (route.kind == RouteKind::unicast) route.interface = attributes.u32(RTA_OIF).value_or(0);
      route.table = table;
      route.metric = attributes.u32(RTA_PRIORITY).value_or(0);
      found.push_back(route);
    });
    if (!outcome.ok()) return failure(outcome.error("cannot list the routes of table " + std::to_string(table)));
  }
  return found;
}

Result<std::vector<PolicyRule>> Netlink::own_rules() {
  std::vector<PolicyRule> found;
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    NetlinkRequest request(RTM_GETRULE, NLM_F_DUMP);
    request.body<fib_rule_hdr>().family = family_of(family);
    const auto outcome = implementation_->exchange.run(request, [&](const nlmsghdr* message) {
      if (const auto rule = parse_own_rule(message, family)) found.push_back(*rule);
    });
    // A machine without IPv6 has no rules of it.
    if (!outcome.ok() && outcome.code != EAFNOSUPPORT && outcome.code != EOPNOTSUPP)
      return failure(outcome.error("cannot list the policy rules"));
  }
  return found;
}

}  // namespace keypact::io
