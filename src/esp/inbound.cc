// RFC 4301 §5.2, RFC 4303 §3.4: what comes from the wire. Nothing but counters changes before the ICV of a packet is verified.
#include "esp/data_plane_pass.h"
#include "esp/tunnel_header.h"

namespace keypact::esp {
namespace {

// RFC 4303 §3.4.3 and its appendix on lost synchronization: after so many failures in a row one packet is tried with the next
// upper halves of the number, so a flood of forged packets costs at most an eighth more.
constexpr std::uint32_t kFailuresBeforeResync = 32;
constexpr std::uint64_t kResyncAttempts = 4;

/// What the peer is told is not larger than what it sent: an IKE header and a notify with an SPI, behind a marker.
constexpr std::size_t kTold = 44;

/// Whoever sits on the path could send each packet on from somewhere else.
constexpr Duration kBetweenMoveReports = seconds(1);

}  // namespace

void DataPlane::inbound(std::span<const OuterPacket> packets, Instant now, OutputBatch& output) {
  Pass pass{now, output};
  for (const auto& packet : packets) inbound_packet(packet, pass);
}

void DataPlane::inbound_packet(const OuterPacket& packet, Pass& pass) {
  const auto header = EspHeader::of(packet.octets);
  // RFC 3948 §2.2: zero stands for IKE; RFC 4303 §2.1: what is below 256 never was an SA.
  if (!header || header->spi.value < kFirstUsableEspSpi) return drops_.count(DropReason::not_esp);
  SaPair* const pair = sad_.find(header->spi);
  if (pair == nullptr) return on_unknown_spi(packet, header->spi, pass);
  if (!may_carry(*pair)) return;
  if (!pair->inbound.opener.accepts_size(packet.octets.size())) return drops_.count(DropReason::esp_length);
  const auto highest_before = pair->inbound.window.highest();
  if (!authenticate(*pair, header->sequence, packet.octets, pass)) return;
  report_move(*pair, packet, highest_before, pass);
  admit(*pair, packet, pass);
}

void DataPlane::on_unknown_spi(const OuterPacket& packet, EspSpi spi, Pass& pass) {
  drops_.count(DropReason::unknown_spi);
  early_.keep(packet, spi, pass.now);
  // RFC 7296 §1.5: the peer may have to be told; anybody can send such packets.
  if (packet.octets.size() >= kTold && unknown_spis_.permits(pass.now))
    pass.output.add_event(ipsec::UnknownSpi{packet.local, packet.remote, spi});
}

/// RFC 7296 §2.23: only a new packet tells where the peer is, and only where replays are told apart. One that others overtook may
/// have taken the way that was.
void DataPlane::report_move(SaPair& pair, const OuterPacket& packet, std::uint64_t highest_before, Pass& pass) {
  const auto& tunnel = pair.tunnel;
  if (!packet.udp_encapsulation || !tunnel.udp_encapsulation || packet.remote == tunnel.remote) return;
  const auto& window = pair.inbound.window;
  if (window.size() == 0 || window.highest() <= highest_before || packet.local.address != tunnel.local.address) return;
  if (pair.move_reported && pass.now < *pair.move_reported + kBetweenMoveReports) return;
  pair.move_reported = pass.now;
  pass.output.add_event(ipsec::PeerMoved{pair.id, packet.remote});
}

bool DataPlane::authenticate(SaPair& pair, std::uint32_t transmitted, MutableOctets packet, Pass& pass) {
  auto& sa = pair.inbound;
  const auto sequence = sa.window.infer(transmitted);
  if (!sequence || !sa.window.is_fresh(*sequence)) {
    ++pair.counters.replays;
    drops_.count(DropReason::replayed);
    return false;
  }
  const bool try_again = sa.opener.format().esn() && (sa.failures_in_a_row + 1) % kFailuresBeforeResync == 0;
  if (try_again) std::ranges::copy(packet, scratch_.begin());
  if (!sa.opener.open(*sequence, packet)) {
    ++sa.failures_in_a_row;
    if (try_again && resynchronize(sa, *sequence, packet)) return true;
    ++pair.counters.authentication_failures;
    drops_.count(DropReason::authentication_failed);
    return false;
  }
  sa.failures_in_a_row = 0;
  // RFC 4303 §3.4.3: the window moves only now.
  sa.window.mark(*sequence);
  if (*sequence >= ipsec::SequenceCounter::margin(sa.opener.format().esn() ? UINT64_MAX : UINT32_MAX)) {
    report_expiry(pair, ExpiryReport::soft, pass);
  }
  return true;
}

bool DataPlane::resynchronize(InboundSa& sa, std::uint64_t inferred, MutableOctets packet) {
  constexpr std::uint64_t kSubspace = std::uint64_t{1} << 32;
  for (std::uint64_t attempt = 1; attempt <= kResyncAttempts; ++attempt) {
    if (inferred > UINT64_MAX - attempt * kSubspace) return false;
    std::ranges::copy(OctetView(scratch_).first(packet.size()), packet.begin());
    if (!sa.opener.open(inferred + attempt * kSubspace, packet)) continue;
    sa.window.mark(inferred + attempt * kSubspace);
    sa.failures_in_a_row = 0;
    return true;
  }
  return false;
}

void DataPlane::admit(SaPair& pair, const OuterPacket& outer, Pass& pass) {
  const auto opened = pair.inbound.opener.take_off_trailer(outer.octets);
  if (!opened) return drops_.count(opened.error());
  // RFC 4303 §2.6: dummy packets are discarded without prejudice; the peer lives.
  pair.counters.last_in = pass.now;
  // RFC 7296 §2.8: what is authentic here shows that the peer has this SA.
  if (pair.stands_by) use_outbound(pair);
  const std::uint8_t next_header = opened->next_header;
  if (next_header == kNextHeaderNone) return drops_.count(DropReason::dummy);
  if (next_header != kNextHeaderIpv4 && next_header != kNextHeaderIpv6) return drops_.count(DropReason::next_header);

  const auto info = parse_inner(opened->payload);
  if (!info) return drops_.count(info.error());
  const auto family = next_header == kNextHeaderIpv4 ? IpFamily::v4 : IpFamily::v6;
  if (info->selectors.family != family) return drops_.count(DropReason::inner_version);
  if (!pair.selectors.covers_inbound(info->selectors)) {
    // RFC 4301 §5.2: the peer may send only what it negotiated.
    ++pair.counters.selector_mismatches;
    return drops_.count(DropReason::selector_mismatch);
  }
  const auto traffic_class = decapsulated_traffic_class(info->traffic_class, outer.traffic_class, pair.tunnel.headers);
  if (!traffic_class) return drops_.count(DropReason::congestion);
  // RFC 4303 §2.7: what lies behind the inner packet is TFC padding.
  const auto inner = opened->payload.first(info->octets);
  if (*traffic_class != info->traffic_class) set_traffic_class(inner, *traffic_class);
  if (!pass.output.add_to_tunnel(inner)) return drops_.count(DropReason::output_full);
  count_in(pair, inner.size(), pass);
}

}  // namespace keypact::esp
