// What changes something, and the question for a route; lists are in netlink_listing, the exchange in netlink_exchange.
#include "io/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/netlink_implementation.h"
#include "io/network_changes.h"
#include "io/socket_address.h"

namespace keypact::io {
namespace {

NetlinkRequest link_request(InterfaceIndex interface) {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK);
  request.body<ifinfomsg>().ifi_index = static_cast<int>(interface);
  return request;
}

NetlinkRequest address_request(std::uint16_t type, std::uint16_t flags, const InterfaceAddress& address) {
  NetlinkRequest request(type, flags);
  auto& body = request.body<ifaddrmsg>();
  body.ifa_family = family_of(address.address.family());
  body.ifa_prefixlen = static_cast<unsigned char>(address.prefix_length);
  body.ifa_index = address.interface;
  put_address(request, IFA_LOCAL, address.address);
  put_address(request, IFA_ADDRESS, address.address);
  // Nobody else on a tunnel can have the address, and it must be of use at once.
  if (address.address.is_v6()) mnl_attr_put_u32(request.header(), IFA_FLAGS, IFA_F_NODAD);
  return request;
}

/// A table beyond the octet in the header stands in an attribute only.
unsigned char octet_of_table(std::uint32_t table) {
  return static_cast<unsigned char>(table < 256 ? table : RT_TABLE_UNSPEC);
}

unsigned char type_of(RouteKind kind) {
  switch (kind) {
    case RouteKind::unicast: return RTN_UNICAST;
    case RouteKind::unreachable: return RTN_UNREACHABLE;
    case RouteKind::blackhole: return RTN_BLACKHOLE;
  }
  return RTN_UNSPEC;
}

NetlinkRequest route_request(std::uint16_t type, std::uint16_t flags, const Route& route) {
  NetlinkRequest request(type, flags);
  auto& body = request.body<rtmsg>();
  body.rtm_family = family_of(route.destination.address.family());
  body.rtm_dst_len = static_cast<unsigned char>(route.destination.length);
  body.rtm_table = octet_of_table(route.table);
  body.rtm_protocol = kProtocol;
  body.rtm_type = type_of(route.kind);
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  const bool direct = route.kind == RouteKind::unicast && !route.gateway;
  if (direct && route.destination.address.is_v4()) body.rtm_scope = RT_SCOPE_LINK;
  put_address(request, RTA_DST, route.destination.address);
  mnl_attr_put_u32(request.header(), RTA_TABLE, route.table);
  if (route.interface != 0) mnl_attr_put_u32(request.header(), RTA_OIF, route.interface);
  if (route.gateway) put_address(request, RTA_GATEWAY, *route.gateway);
  if (route.preferred_source) put_address(request, RTA_PREFSRC, *route.preferred_source);
  if (route.metric != 0) mnl_attr_put_u32(request.header(), RTA_PRIORITY, route.metric);
  if (route.mtu != 0) {
    nlattr* metrics = mnl_attr_nest_start(request.header(), RTA_METRICS);
    mnl_attr_put_u32(request.header(), RTAX_MTU, route.mtu);
    mnl_attr_nest_end(request.header(), metrics);
  }
  return request;
}

std::uint8_t action_of(RuleKind kind) {
  switch (kind) {
    case RuleKind::lookup: return FR_ACT_TO_TBL;
    case RuleKind::skip_to: return FR_ACT_GOTO;
    case RuleKind::nothing: return FR_ACT_NOP;
  }
  return FR_ACT_UNSPEC;
}

NetlinkRequest rule_request(std::uint16_t type, std::uint16_t flags, const PolicyRule& rule) {
  NetlinkRequest request(type, flags);
  auto& body = request.body<fib_rule_hdr>();
  body.family = family_of(rule.family);
  if (rule.kind == RuleKind::lookup) body.table = octet_of_table(rule.table);
  body.action = action_of(rule.kind);
  if (rule.invert) body.flags |= FIB_RULE_INVERT;
  if (rule.source) body.src_len = static_cast<std::uint8_t>(rule.source->length);
  if (rule.destination) body.dst_len = static_cast<std::uint8_t>(rule.destination->length);
  mnl_attr_put_u32(request.header(), FRA_PRIORITY, rule.priority);
  if (rule.source) put_address(request, FRA_SRC, rule.source->address);
  if (rule.destination) put_address(request, FRA_DST, rule.destination->address);
  if (rule.kind == RuleKind::lookup) mnl_attr_put_u32(request.header(), FRA_TABLE, rule.table);
  if (rule.kind == RuleKind::skip_to) mnl_attr_put_u32(request.header(), FRA_GOTO, rule.target);
  mnl_attr_put_u8(request.header(), FRA_PROTOCOL, kProtocol);
  if (rule.mark) {
    mnl_attr_put_u32(request.header(), FRA_FWMARK, *rule.mark);
    mnl_attr_put_u32(request.header(), FRA_FWMASK, 0xffffffffU);
  }
  if (rule.suppress_prefix_length)
    mnl_attr_put_u32(request.header(), FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefix_length);
  return request;
}

constexpr std::uint16_t kNew = NLM_F_CREATE | NLM_F_EXCL;

/// Does the kernel take packets for that address?
bool is_local(NetlinkExchange& exchange, const IpAddress& address) {
  NetlinkRequest request(RTM_GETROUTE, 0);
  auto& body = request.body<rtmsg>();
  body.rtm_family = family_of(address.family());
  body.rtm_dst_len = static_cast<unsigned char>(address.bits());
  put_address(request, RTA_DST, address);
  bool local = false;
  exchange.run(request, [&](const nlmsghdr* message) {
    local = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message))->rtm_type == RTN_LOCAL;
  });
  return local;
}

/// The kernel completes a new IPv6 address a moment after its answer (never, if the interface is down), and until then
/// refuses routes with it as source and drops packets to it.
void await_local(NetlinkExchange& exchange, const IpAddress& address) {
  for (int i = 0; i < 20 && !is_local(exchange, address); ++i) ::usleep(1000);
}

}  // namespace

Netlink::Netlink(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Netlink::Netlink(Netlink&&) noexcept = default;
Netlink& Netlink::operator=(Netlink&&) noexcept = default;
Netlink::~Netlink() = default;

Result<Netlink> Netlink::open() {
  TRY(NetlinkExchange exchange, NetlinkExchange::open());
  return Netlink(std::make_unique<Implementation>(Implementation{std::move(exchange)}));
}

Result<InterfaceIndex> Netlink::interface_index(const std::string& name) {
  NetlinkRequest request(RTM_GETLINK, 0);
  request.body<ifinfomsg>().ifi_family = AF_UNSPEC;
  mnl_attr_put_strz(request.header(), IFLA_IFNAME, name.substr(0, IFNAMSIZ - 1).c_str());
  InterfaceIndex index = 0;
  const auto outcome = implementation_->exchange.run(request, [&](const nlmsghdr* message) {
    index = static_cast<InterfaceIndex>(static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message))->ifi_index);
  });
  if (!outcome.ok()) return failure(outcome.error("there is no network interface " + name));
  return index;
}

Result<void> Netlink::configure(InterfaceIndex interface, const LinkSettings& settings) {
  const std::string what = "cannot configure the network interface " + std::to_string(interface);
  if (settings.mtu || settings.automatic_ipv6_address) {
    NetlinkRequest request = link_request(interface);
    if (settings.mtu) mnl_attr_put_u32(request.header(), IFLA_MTU, *settings.mtu);
    if (settings.automatic_ipv6_address) {
      nlattr* families = mnl_attr_nest_start(request.header(), IFLA_AF_SPEC);
      nlattr* ipv6 = mnl_attr_nest_start(request.header(), AF_INET6);
      mnl_attr_put_u8(request.header(), IFLA_INET6_ADDR_GEN_MODE,
                      *settings.automatic_ipv6_address ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE);
      mnl_attr_nest_end(request.header(), ipv6);
      mnl_attr_nest_end(request.header(), families);
    }
    const auto outcome = implementation_->exchange.run(request);
    if (!outcome.ok()) return failure(outcome.error(what));
  }
  if (settings.up) {  // in a request of its own: the kernel would set it up first and then do the rest
    NetlinkRequest request = link_request(interface);
    auto* body = static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(request.header()));
    body->ifi_change = IFF_UP;
    body->ifi_flags = *settings.up ? static_cast<unsigned>(IFF_UP) : 0U;
    const auto outcome = implementation_->exchange.run(request);
    if (!outcome.ok()) return failure(outcome.error(what));
  }
  return {};
}

Result<bool> Netlink::add(const InterfaceAddress& address) {
  const auto outcome = implementation_->exchange.run(address_request(RTM_NEWADDR, kNew | NLM_F_ACK, address));
  if (outcome.code == EEXIST) return false;
  if (!outcome.ok()) return failure(outcome.error("cannot add " + to_string(NetworkChange(address))));
  if (address.address.is_v6()) await_local(implementation_->exchange, address.address);
  return true;
}

Result<bool> Netlink::add(const Route& route) {
  const auto outcome = implementation_->exchange.run(route_request(RTM_NEWROUTE, kNew | NLM_F_ACK, route));
  if (outcome.code == EEXIST) return false;
  if (!outcome.ok()) return failure(outcome.error("cannot add " + to_string(NetworkChange(route))));
  return true;
}

Result<void> Netlink::replace(const Route& route) {
  const auto outcome =
      implementation_->exchange.run(route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, route));
  if (!outcome.ok()) return failure(outcome.error("cannot add " + to_string(NetworkChange(route))));
  return {};
}

Result<bool> Netlink::add(const PolicyRule& rule) {
  const auto outcome = implementation_->exchange.run(rule_request(RTM_NEWRULE, kNew | NLM_F_ACK, rule));
  if (outcome.code == EEXIST) return true;  // the kernel compares the protocol too, so it is ours
  if (!outcome.ok()) return failure(outcome.error("cannot add " + to_string(NetworkChange(rule))));
  return true;
}

Result<void> Netlink::remove(const InterfaceAddress& address) {
  const auto outcome = implementation_->exchange.run(address_request(RTM_DELADDR, NLM_F_ACK, address));
  if (outcome.ok() || outcome.code == EADDRNOTAVAIL || outcome.code == ENODEV) return {};
  return failure(outcome.error("cannot remove " + to_string(NetworkChange(address))));
}

Result<void> Netlink::remove(const Route& route) {
  const auto outcome = implementation_->exchange.run(route_request(RTM_DELROUTE, NLM_F_ACK, route));
  if (outcome.ok() || outcome.code == ESRCH || outcome.code == ENODEV) return {};
  return failure(outcome.error("cannot remove " + to_string(NetworkChange(route))));
}

Result<void> Netlink::remove(const PolicyRule& rule) {
  const auto outcome = implementation_->exchange.run(rule_request(RTM_DELRULE, NLM_F_ACK, rule));
  if (outcome.ok() || outcome.code == ENOENT) return {};
  return failure(outcome.error("cannot remove " + to_string(NetworkChange(rule))));
}

std::uint32_t Netlink::Implementation::link_mtu(InterfaceIndex interface) {
  NetlinkRequest request(RTM_GETLINK, 0);
  request.body<ifinfomsg>().ifi_index = static_cast<int>(interface);
  std::uint32_t mtu = 0;
  const auto outcome = exchange.run(request, [&](const nlmsghdr* message) {
    mtu = NetlinkAttributes(message, sizeof(ifinfomsg)).u32(IFLA_MTU).value_or(0);
  });
  return outcome.ok() ? mtu : 0;
}

Result<RouteLookup> Netlink::route_to(const IpAddress& remote, std::uint32_t mark, std::optional<IpAddress> local) {
  NetlinkRequest request(RTM_GETROUTE, 0);
  auto& body = request.body<rtmsg>();
  body.rtm_family = family_of(remote.family());
  body.rtm_dst_len = static_cast<unsigned char>(remote.bits());
  put_address(request, RTA_DST, remote);
  if (local) {
    body.rtm_src_len = static_cast<unsigned char>(local->bits());
    put_address(request, RTA_SRC, *local);
  }
  if (mark != 0) mnl_attr_put_u32(request.header(), RTA_MARK, mark);
  RouteLookup route;
  route.source = IpAddress::unspecified(remote.family());
  bool reachable = false;
  auto outcome = implementation_->exchange.run(request, [&](const nlmsghdr* message) {
    const auto* answer = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    reachable = answer->rtm_type == RTN_UNICAST || answer->rtm_type == RTN_LOCAL;
    const NetlinkAttributes attributes(message, sizeof(rtmsg));
    route.interface = attributes.u32(RTA_OIF).value_or(0);
    route.gateway = get_address(attributes.find(RTA_GATEWAY));
    route.mtu = NetlinkAttributes(attributes.find(RTA_METRICS)).u32(RTAX_MTU).value_or(0);
    if (const auto source = get_address(attributes.find(RTA_PREFSRC))) route.source = *source;
    else if (local) route.source = *local;
  });
  // For IPv6 the kernel answers with a route that leads nowhere.
  if (outcome.ok() && (!reachable || route.source.is_unspecified())) outcome.code = ENETUNREACH;
  if (!outcome.ok()) return failure(outcome.error("no route to " + remote.to_string()));
  if (route.mtu == 0) route.mtu = implementation_->link_mtu(route.interface);
  return route;
}

}  // namespace keypact::io
