#include "io/inbound_filter.h"

#include <netinet/in.h>  // before the kernel's headers, which leave out what it has defined

#include <linux/if_arp.h>
#include <linux/netfilter.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "io/nftables_batch.h"

namespace keypact::io {
namespace {

/// Before everybody else's chains, so that theirs see only what may come in.
constexpr std::int32_t kPriority = -300;
constexpr const char* kPolicies = "policies";
constexpr std::uint8_t kMobilityHeader = 135;
/// RFC 4861: solicitations, advertisements and redirects of routers and neighbours.
constexpr std::uint8_t kFirstNeighborDiscovery = 133;
constexpr std::uint8_t kLastNeighborDiscovery = 137;

using Port = std::array<std::uint8_t, 2>;
Port octets_of(std::uint16_t port) {
  return {static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port & 0xff)};
}

enum class PortKind : std::uint8_t { none, ports, type_and_code };

PortKind port_kind(std::uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
    case IPPROTO_DCCP:
    case IPPROTO_UDPLITE: return PortKind::ports;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: return PortKind::type_and_code;
    default: return PortKind::none;
  }
}

void match_address(NftablesRule& rule, const TrafficSelector& selector, bool source) {
  const bool v4 = selector.family() == IpFamily::v4;
  if (selector.first.is_unspecified() && selector.last == IpAddress::highest(selector.family())) return;
  const std::uint32_t offset = v4 ? (source ? 12 : 16) : (source ? 8 : 24);
  rule.load_payload(NFT_PAYLOAD_NETWORK_HEADER, offset, v4 ? 4 : 16)
      .between(selector.first.octets(), selector.last.octets());
}

void match_port(NftablesRule& rule, PortRange range, std::uint32_t offset) {
  if (range.is_any()) return;
  rule.load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2).between(octets_of(range.first), octets_of(range.last));
}

/// False when the rule cannot say it: an OPAQUE port, or the type of a Mobility Header.
bool match_ports(NftablesRule& rule, std::uint8_t protocol, const TrafficSelector& remote,
                 const TrafficSelector& local) {
  if (remote.ports.is_opaque() || local.ports.is_opaque()) return false;
  if (protocol == kMobilityHeader) return remote.ports.is_any();
  const auto kind = port_kind(protocol);
  if (kind != PortKind::none) match_port(rule, remote.ports, 0);
  // RFC 4301 §4.4.1.1: type and code of ICMP are compared once, on the side of the sender.
  if (kind == PortKind::ports) match_port(rule, local.ports, 2);
  return true;
}

/// What comes from `remote` to `local`.
void add_policy_rule(NftablesBatch& batch, const std::string& table, PolicyAction action, const TrafficSelector& remote,
                     const TrafficSelector& local) {
  if (remote.family() != local.family()) return;
  if (remote.protocol != kAnyProtocol && local.protocol != kAnyProtocol && remote.protocol != local.protocol) return;
  NftablesRule rule(table, kPolicies);
  const bool v4 = remote.family() == IpFamily::v4;
  rule.load_meta(NFT_META_NFPROTO).equals(static_cast<std::uint8_t>(v4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
  match_address(rule, remote, true);
  match_address(rule, local, false);
  const std::uint8_t protocol = remote.protocol != kAnyProtocol ? remote.protocol : local.protocol;
  if (protocol != kAnyProtocol) {
    rule.load_meta(NFT_META_L4PROTO).equals(protocol);
    // What cannot be compared is dropped rather than let in.
    if (!match_ports(rule, protocol, remote, local) && action == PolicyAction::bypass) return;
  }
  if (action == PolicyAction::bypass) rule.verdict(NF_ACCEPT);
  else rule.count().verdict(NF_DROP);
  batch.add(std::move(rule));
}

void let_pass(NftablesBatch& batch, NftablesRule& rule) {
  rule.verdict(NF_ACCEPT);
  batch.add(std::move(rule));
}

/// IKE and ESP of ours reach us whatever the policies say, and the neighbours that we need for that.
void add_own_traffic(NftablesBatch& batch, const std::string& table, const InboundFilterOptions& options) {
  batch.add_chain(table, "own", NftablesHook{NF_INET_LOCAL_IN, kPriority - 1});
  for (const auto port : options.own_ports) {
    NftablesRule rule(table, "own");
    rule.load_meta(NFT_META_L4PROTO).equals(std::uint8_t{IPPROTO_UDP});
    rule.load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2).compare(NFT_CMP_EQ, octets_of(port));
    batch.add(std::move(rule.set_mark(options.mark)));
  }
  NftablesRule marked(table, "input");
  let_pass(batch, marked.load_meta(NFT_META_MARK).equals(options.mark));
  NftablesRule esp(table, "input");
  let_pass(batch, esp.load_meta(NFT_META_L4PROTO).equals(std::uint8_t{IPPROTO_ESP}));
  // IPv6 is put together after this chain; a later fragment is worth nothing without the first one, which is judged.
  NftablesRule fragment(table, "input");
  fragment.load_meta(NFT_META_NFPROTO).equals(std::uint8_t{NFPROTO_IPV6});
  fragment.load_meta(NFT_META_L4PROTO).equals(std::uint8_t{IPPROTO_UDP});
  fragment.load_ipv6_fragment_offset().compare(NFT_CMP_NEQ, Port{0, 0});
  let_pass(batch, fragment);
  // RFC 4861: a hop limit of 255 shows that no router has passed it on.
  NftablesRule neighbor(table, "input");
  neighbor.load_meta(NFT_META_NFPROTO).equals(std::uint8_t{NFPROTO_IPV6});
  neighbor.load_meta(NFT_META_L4PROTO).equals(std::uint8_t{IPPROTO_ICMPV6});
  neighbor.load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1)
      .between(std::array{kFirstNeighborDiscovery}, std::array{kLastNeighborDiscovery});
  neighbor.load_payload(NFT_PAYLOAD_NETWORK_HEADER, 7, 1).equals(std::uint8_t{255});
  let_pass(batch, neighbor);
}

/// What came out of the tunnel was judged by the data plane, and what this machine says to itself crosses no boundary.
void add_protected_side(NftablesBatch& batch, const std::string& table, const std::string& chain,
                        const std::string& tunnel) {
  std::array<std::uint8_t, 16> name{};
  std::ranges::copy(tunnel, name.begin());
  NftablesRule from_tunnel(table, chain);
  let_pass(batch, from_tunnel.load_meta(NFT_META_IIFNAME).compare(NFT_CMP_EQ, name));
  NftablesRule loopback(table, chain);
  const std::uint16_t type = ARPHRD_LOOPBACK;
  std::array<std::uint8_t, sizeof type> in_memory;
  std::memcpy(in_memory.data(), &type, sizeof type);
  let_pass(batch, loopback.load_meta(NFT_META_IIFTYPE).compare(NFT_CMP_EQ, in_memory));
}

void add_policy(NftablesBatch& batch, const std::string& table, const FilterPolicy& policy) {
  for (const auto& remote : policy.remote)
    for (const auto& local : policy.local) add_policy_rule(batch, table, policy.action, remote, local);
}

void add_all(NftablesBatch& batch, const std::string& table, const InboundFilterOptions& options,
             const std::vector<FilterPolicy>& policies) {
  batch.add_table(table);
  batch.add_chain(table, kPolicies);
  batch.add_chain(table, "input", NftablesHook{NF_INET_LOCAL_IN, kPriority});
  batch.add_chain(table, "forward", NftablesHook{NF_INET_FORWARD, kPriority});
  for (const auto* chain : {"input", "forward"}) add_protected_side(batch, table, chain, options.tunnel);
  add_own_traffic(batch, table, options);
  for (const auto* chain : {"input", "forward"})
    batch.add(std::move(NftablesRule(table, chain).verdict(NFT_JUMP, kPolicies)));
  for (const auto& policy : policies) add_policy(batch, table, policy);
}

/// What `now` has more than `before`, if these all drop and nothing is missing: then their place among the others that drop does not
/// matter, and they can go to the end.
std::optional<std::vector<const FilterPolicy*>> added_drops(const std::vector<FilterPolicy>& before,
                                                            const std::vector<FilterPolicy>& now) {
  std::vector<const FilterPolicy*> added;
  auto old = before.begin();
  bool drops = false;
  for (const auto& policy : now) {
    if (drops && policy.action == PolicyAction::bypass) return std::nullopt;
    drops = drops || policy.action != PolicyAction::bypass;
    if (old != before.end() && *old == policy) ++old;
    else if (policy.action == PolicyAction::bypass) return std::nullopt;
    else added.push_back(&policy);
  }
  if (old != before.end()) return std::nullopt;
  return added;
}

/// Errors by which a kernel says that it does not know what is asked for.
bool means_unavailable(int code) {
  return code == EOPNOTSUPP || code == EPROTONOSUPPORT || code == EAFNOSUPPORT || code == ENOSYS || code == ENOENT ||
         code == EPERM;
}

}  // namespace

InboundFilter::InboundFilter(InboundFilterOptions options)
    : options_(std::move(options)), table_("keypact-" + options_.tunnel) {}

InboundFilter::InboundFilter(InboundFilter&& other) noexcept
    : options_(std::move(other.options_)),
      table_(std::move(other.table_)),
      applied_(std::move(other.applied_)),
      ours_(std::exchange(other.ours_, false)),
      available_(other.available_) {}

InboundFilter::~InboundFilter() {
  if (ours_) (void)replace({});
}

Result<void> InboundFilter::replace(const std::vector<FilterPolicy>& policies) {
  if (!extend(policies)) {
    NftablesBatch batch;
    // Adding before deleting: it need not be there.
    batch.add_table(table_);
    batch.delete_table(table_);
    if (!policies.empty()) add_all(batch, table_, options_, policies);
    const auto outcome = batch.commit();
    if (!outcome.ok()) {
      available_ = !means_unavailable(outcome.code);
      return failure(outcome.error("cannot set up the nftables table " + table_));
    }
  }
  ours_ = !policies.empty();
  applied_ = policies;
  return {};
}

/// False when that does not do, be it that somebody else took our table away.
bool InboundFilter::extend(const std::vector<FilterPolicy>& policies) const {
  const auto added = ours_ && !policies.empty() ? added_drops(applied_, policies) : std::nullopt;
  if (!added) return false;
  NftablesBatch batch;
  for (const auto* policy : *added) add_policy(batch, table_, *policy);
  return added->empty() || batch.commit().ok();
}

}  // namespace keypact::io
