#include "esp/inner_packet.h"

#include "base/reader.h"
#include "esp/byte_order.h"

namespace keypact::esp {
namespace {

using Parsed = std::expected<InnerPacketInfo, DropReason>;

// Protocol numbers, as registered with IANA.
constexpr std::uint8_t kHopByHop = 0, kIcmp = 1, kTcp = 6, kUdp = 17, kDccp = 33, kRouting = 43, kFragment = 44,
                       kIcmpv6 = 58, kDestinationOptions = 60, kSctp = 132, kMobility = 135, kUdpLite = 136;

/// Where the next layer's ports stand, or that it has none. False: they should be there and are not.
[[nodiscard]] bool read_ports(std::uint8_t protocol, OctetView payload, PacketSelectors& selectors) {
  switch (protocol) {
    case kTcp:
    case kUdp:
    case kDccp:
    case kSctp:
    case kUdpLite:
      if (payload.size() < 4) return false;
      selectors.source_port = {PortKnowledge::known, load16(payload.subspan<0, 2>())};
      selectors.destination_port = {PortKnowledge::known, load16(payload.subspan<2, 2>())};
      return true;
    case kIcmp:
    case kIcmpv6:
      // RFC 4301 §4.4.1.3: type and code are compared with the sender's side only.
      if (payload.size() < 2) return false;
      selectors.source_port = {PortKnowledge::known, load16(payload.first<2>())};
      selectors.destination_port = {PortKnowledge::matches, 0};
      return true;
    case kMobility:
      if (payload.size() < 3) return false;
      selectors.source_port = {PortKnowledge::known, static_cast<std::uint16_t>(payload[2] << 8)};
      selectors.destination_port = {PortKnowledge::matches, 0};
      return true;
    default: return true;
  }
}

/// RFC 791 §3.1. A source route names the real destination in an option, where no selector looks.
[[nodiscard]] bool acceptable_options(OctetView options) {
  constexpr std::uint8_t kEnd = 0, kNoOperation = 1, kLooseRoute = 131, kStrictRoute = 137;
  Reader reader(options);
  while (const auto type = reader.u8()) {
    if (*type == kEnd) return true;
    if (*type == kNoOperation) continue;
    if (*type == kLooseRoute || *type == kStrictRoute) return false;
    const auto length = reader.u8();
    if (!length || *length < 2 || !reader.skip(std::size_t{*length} - 2)) return false;
  }
  return true;
}

Parsed parse_ipv4(OctetView octets) {
  if (octets.size() < 20) return std::unexpected(DropReason::inner_length);
  const auto header = octets.first<20>();
  InnerPacketInfo info;
  info.header_octets = std::size_t{header[0] & 0xfU} * 4;
  info.octets = load16(header.subspan<2, 2>());
  if (info.header_octets < 20 || info.octets < info.header_octets || info.octets > octets.size()) {
    return std::unexpected(DropReason::inner_length);
  }
  if (info.header_octets > 20 && !acceptable_options(octets.first(info.header_octets).subspan(20))) {
    return std::unexpected(DropReason::inner_options);
  }
  const std::uint16_t fragment = load16(header.subspan<6, 2>());
  const unsigned offset = fragment & 0x1fffU;
  info.traffic_class = header[1];
  info.may_fragment = (fragment & 0x4000U) == 0;
  info.is_initial = offset == 0;
  auto& selectors = info.selectors;
  selectors.protocol = header[9];
  selectors.source.low = load32(header.subspan<12, 4>());
  selectors.destination.low = load32(header.subspan<16, 4>());
  // RFC 1858 §4.2: a fragment at offset 1 could overwrite the flags of a TCP header that was passed already.
  if (offset == 1 && selectors.protocol == kTcp) return std::unexpected(DropReason::inner_fragment);
  // RFC 1858 §3.2: nor may the first fragment be too short for the ports.
  if (info.is_initial &&
      !read_ports(selectors.protocol, octets.first(info.octets).subspan(info.header_octets), selectors)) {
    return std::unexpected(DropReason::inner_fragment);
  }
  return info;
}

constexpr bool is_skipped(std::uint8_t next_header) {
  // RFC 4301 §4.4.1.1: these are passed over; AH and ESP are next layers.
  return next_header == kHopByHop || next_header == kRouting || next_header == kFragment ||
         next_header == kDestinationOptions;
}

/// RFC 5095: type 0 is dead. Others with segments left name the real destination where no selector looks, except type 2, whose
/// one segment is the same node's home address (RFC 6275).
bool is_route(OctetView body) {
  constexpr std::uint8_t kHomeAddress = 2;
  return body.size() < 2 || (body[0] != kHomeAddress && body[1] != 0);
}

/// A header after its Next Header octet, RFC 8200 §4.3, §4.4, §4.6: the length in units of 8 octets, then the body.
std::optional<OctetView> extension_body(Reader& reader) {
  const auto length = reader.u8();
  if (!length) return std::nullopt;
  return reader.octets(std::size_t{*length} * 8 + 6);
}

/// The fragment header after its Next Header octet, RFC 8200 §4.5. False: the walk ends, what follows is not the beginning.
std::optional<bool> pass_fragment_header(Reader& reader, InnerPacketInfo& info) {
  const auto reserved = reader.u8();
  const auto offset = reader.u16();
  if (!reserved || !offset || !reader.skip(4)) return std::nullopt;
  info.is_initial = (*offset & 0xfff8U) == 0;
  return info.is_initial;
}

std::expected<void, DropReason> walk_extension_headers(std::uint8_t next_header, OctetView payload,
                                                       InnerPacketInfo& info) {
  Reader reader(payload);
  bool first = true;
  for (int passed = 0; is_skipped(next_header); ++passed) {
    const std::uint8_t current = next_header;
    const auto following = reader.u8();
    // RFC 8200 §4.3: hop-by-hop options come first or not at all.
    if (!following || passed == kExtensionHeaders || (current == kHopByHop && !first)) {
      return std::unexpected(DropReason::inner_extension_headers);
    }
    first = false;
    next_header = *following;
    if (current == kFragment) {
      const auto goes_on = pass_fragment_header(reader, info);
      if (!goes_on) return std::unexpected(DropReason::inner_extension_headers);
      if (*goes_on) continue;
      // RFC 4301 §7: a later fragment tells the protocol only if that follows the fragment header at once, and no ports.
      info.selectors.protocol = next_header;
      info.selectors.protocol_known = !is_skipped(next_header);
      return {};
    }
    const auto body = extension_body(reader);
    if (!body || (current == kRouting && is_route(*body))) {
      return std::unexpected(DropReason::inner_extension_headers);
    }
  }
  info.selectors.protocol = next_header;
  if (!read_ports(next_header, reader.rest(), info.selectors)) return std::unexpected(DropReason::inner_fragment);
  return {};
}

Parsed parse_ipv6(OctetView octets) {
  if (octets.size() < 40) return std::unexpected(DropReason::inner_length);
  const auto header = octets.first<40>();
  InnerPacketInfo info;
  info.header_octets = 40;
  // A jumbogram (payload length 0, its real one in an option) is no packet of a tunnel: its walk meets the end at once.
  info.octets = std::size_t{40} + load16(header.subspan<4, 2>());
  if (info.octets > octets.size()) return std::unexpected(DropReason::inner_length);
  info.traffic_class = static_cast<std::uint8_t>(load16(header.first<2>()) >> 4);
  auto& selectors = info.selectors;
  selectors.family = IpFamily::v6;
  selectors.source = {load64(header.subspan<8, 8>()), load64(header.subspan<16, 8>())};
  selectors.destination = {load64(header.subspan<24, 8>()), load64(header.subspan<32, 8>())};
  if (const auto walked = walk_extension_headers(header[6], octets.first(info.octets).subspan(40), info); !walked) {
    return std::unexpected(walked.error());
  }
  return info;
}

}  // namespace

Parsed parse_inner(OctetView octets) {
  if (octets.empty()) return std::unexpected(DropReason::inner_length);
  switch (octets[0] >> 4) {
    case 4: return parse_ipv4(octets);
    case 6: return parse_ipv6(octets);
    default: return std::unexpected(DropReason::inner_version);
  }
}

}  // namespace keypact::esp
