// RFC 4301 §5.1: what leaves the protected side. A packet is protected, dropped and counted, or handed back for a bypass policy:
// there is no way by which one of a protect policy leaves in clear.
#include "base/check.h"
#include "base/limits.h"
#include "esp/data_plane_pass.h"
#include "esp/ipv4_fragments.h"
#include "esp/packet_too_big.h"
#include "esp/tunnel_header.h"

namespace keypact::esp {
namespace {

// The length field of an IP packet; with IPv6 its header is not counted, which only makes this stricter.
constexpr std::size_t kLargestOuter = 65535;

}  // namespace

void DataPlane::outbound(std::span<const InnerPacket> packets, Instant now, OutputBatch& output) {
  Pass pass{now, output};
  for (const auto& packet : packets) outbound_packet(packet, pass);
}

void DataPlane::outbound_packet(InnerPacket packet, Pass& pass) {
  const auto info = parse_inner(packet);
  if (!info) return drops_.count(info.error());
  const OctetView octets = packet.first(info->octets);
  SaPair* const pair = select(*info, octets, pass);
  if (pair == nullptr) return;

  auto& tunnel = pair->tunnel;
  std::size_t limit = pair->inner_mtu();
  if (octets.size() > limit && tunnel.path_mtu < options_.default_path_mtu && pass.now >= tunnel.path_mtu_until) {
    // RFC 4301 §8.2.2: what was learned about the path has aged; the next error teaches it anew.
    tunnel.path_mtu = options_.default_path_mtu;
    limit = pair->inner_mtu();
  }
  if (octets.size() > limit) return protect_large(*pair, octets, *info, limit, pass);
  // RFC 4301 §8.1: DF is copied, where the configuration says so. IPv6 behaves as if it were always set.
  protect(*pair, octets, *info, tunnel.headers.copy_df && !info->may_fragment, pass);
}

SaPair* DataPlane::select(const InnerPacketInfo& info, OctetView packet, Pass& pass) {
  const EspSpi known = flows_.find(info.selectors);
  if (known.value != 0) {
    if (SaPair* const pair = sad_.find(known)) return pair;
  }
  return search(info, packet, pass);
}

SaPair* DataPlane::search(const InnerPacketInfo& info, OctetView packet, Pass& pass) {
  using Kind = SpdDecision::Kind;
  const auto decision = spd_.find(info.selectors, sad_);
  switch (decision.kind) {
    case Kind::protect: flows_.remember(info.selectors, decision.sa); return sad_.find(decision.sa);
    case Kind::no_sa: wait_for_sa(decision.policy, packet, pass); break;
    case Kind::bypass:
      if (!pass.output.add_in_clear(packet)) drops_.count(DropReason::output_full);
      break;
    case Kind::outside: drops_.count(DropReason::outside_selectors); break;
    case Kind::discard: drops_.count(DropReason::policy_discards); break;
    case Kind::no_policy: drops_.count(DropReason::no_policy); break;
  }
  return nullptr;
}

/// RFC 4301 §5.1: the SA is asked for, and the packet waits for it where there is room.
void DataPlane::wait_for_sa(PolicyId policy, OctetView packet, Pass& pass) {
  if (spd_.start_acquire(policy, pass.now)) pass.output.add_event(ipsec::Acquire{policy});
  if (pass.has_waited || !spd_.may_get_sa(policy)) return drops_.count(DropReason::no_sa);
  if (held_.hold(policy, packet, pass.now)) return;
  for (auto stale = held_.forget_stale(pass.now); stale > 0; --stale) drops_.count(DropReason::no_sa);
  if (!held_.hold(policy, packet, pass.now)) drops_.count(DropReason::held_full);
}

void DataPlane::release(Instant now, OutputBatch& output) {
  Pass pass{now, output, true};
  for (auto& early : early_.take_released())
    if (!early.is_stale(now)) inbound_packet(early.packet(), pass);
  for (auto& held : held_.take_released(limits::kHeldPackets)) {
    if (held.is_stale(now)) drops_.count(DropReason::no_sa);
    else outbound_packet(held.packet, pass);
  }
}

void DataPlane::protect_large(SaPair& pair, OctetView packet, const InnerPacketInfo& info, std::size_t limit,
                              Pass& pass) {
  // RFC 4301 §8.2.1 case 2: fragments before encryption, which the other end forwards without putting them together.
  if (info.may_fragment) {
    Ipv4Fragments fragments(packet, info, limit);
    if (!fragments.possible()) return drops_.count(DropReason::too_big);
    while (const std::size_t size = fragments.next(scratch_)) {
      protect(pair, OctetView(scratch_).first(size), info, false, pass);
    }
    return;
  }
  const bool is_v4 = info.selectors.family == IpFamily::v4;
  // Where DF is not copied, and where IPv6 leaves no smaller packet to ask for, ESP itself is fragmented on the way.
  const bool fragment_outside = is_v4 ? !pair.tunnel.headers.copy_df : packet.size() <= kIpv6MinimumMtu;
  if (fragment_outside) return protect(pair, packet, info, false, pass);
  drops_.count(DropReason::too_big);
  report_too_big(packet, info, limit, pass);
}

void DataPlane::protect(SaPair& pair, OctetView packet, const InnerPacketInfo& info, bool dont_fragment, Pass& pass) {
  if (!may_carry(pair)) return;
  auto& [sealer, sequence] = pair.outbound;
  const auto& tunnel = pair.tunnel;
  const std::size_t size = sealer.format().sealed_octets(packet.size());
  const std::size_t around = outer_header_octets(tunnel.remote.address.family(), tunnel.udp_encapsulation);
  if (size + around > kLargestOuter) return drops_.count(DropReason::too_big);
  if (sequence.exhausted()) {
    drops_.count(DropReason::sequence_exhausted);
    return report_expiry(pair, ExpiryReport::hard, pass);
  }
  const auto memory = pass.output.allocate(size);
  if (memory.empty() ||
      !pass.output.add_to_wire({.child_sa = pair.id,
                                .local = tunnel.local,
                                .remote = tunnel.remote,
                                .udp_encapsulation = tunnel.udp_encapsulation,
                                .dont_fragment = dont_fragment,
                                .traffic_class = outer_traffic_class(info.traffic_class, tunnel.headers),
                                .octets = memory})) {
    return drops_.count(DropReason::output_full);
  }
  const auto number = sequence.next();
  CHECK(number);
  const auto next_header = info.selectors.family == IpFamily::v4 ? kNextHeaderIpv4 : kNextHeaderIpv6;
  sealer.seal(*number, next_header, packet, random_, memory);
  count_out(pair, packet.size(), pass);
  pair.counters.last_out = pass.now;
  if (sequence.at_margin()) report_expiry(pair, sequence.exhausted() ? ExpiryReport::hard : ExpiryReport::soft, pass);
}

void DataPlane::report_too_big(OctetView packet, const InnerPacketInfo& info, std::size_t limit, Pass& pass) {
  const std::size_t size = packet_too_big(packet, info, limit, scratch_);
  if (size == 0 || !errors_.permits(pass.now)) return;
  const auto memory = pass.output.allocate(size);
  if (memory.empty()) return;
  std::ranges::copy(OctetView(scratch_).first(size), memory.begin());
  if (!pass.output.add_to_tunnel(memory)) drops_.count(DropReason::output_full);
}

}  // namespace keypact::esp
