#include "esp/packet_too_big.h"

#include <algorithm>

#include "base/check.h"
#include "esp/byte_order.h"
#include "esp/tunnel_header.h"

namespace keypact::esp {
namespace {

constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58;
constexpr std::uint8_t kHopLimit = 64;
// RFC 1812 §4.3.2.3: as much of the packet as possible without the error exceeding 576 octets.
constexpr std::size_t kIcmpv4Limit = 576;

bool is_one_ipv4_host(std::uint64_t address) {
  const std::uint64_t first = address >> 24;
  return first != 0 && first != 127 && first < 224;  // neither "this network", loopback, multicast nor broadcast
}

bool is_one_ipv6_host(const AddressNumber& address) {
  const bool multicast = address.high >> 56 == 0xff;
  const bool unspecified_or_loopback = address.high == 0 && address.low <= 1;
  return !multicast && !unspecified_or_loopback;
}

/// RFC 1122 §3.2.2, RFC 4443 §2.4: never about an error, a later fragment, or an address of many.
bool may_be_reported(const PacketSelectors& selectors, bool is_initial) {
  if (!is_initial) return false;
  const unsigned type = selectors.source_port.value >> 8;
  const bool knows_type = selectors.protocol_known && selectors.source_port.knowledge == PortKnowledge::known;
  if (selectors.family == IpFamily::v4) {
    const bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    if (selectors.protocol == kIcmp && (!knows_type || is_error)) return false;
    return is_one_ipv4_host(selectors.source.low) && is_one_ipv4_host(selectors.destination.low);
  }
  if (selectors.protocol == kIcmpv6 && (!knows_type || type < 128)) return false;
  return is_one_ipv6_host(selectors.source) && is_one_ipv6_host(selectors.destination);
}

std::size_t write_icmpv4(OctetView packet, std::size_t mtu, MutableOctets out) {
  constexpr std::uint8_t kUnreachable = 3, kFragmentationNeeded = 4;
  const OctetView quote = packet.first(std::min(packet.size(), kIcmpv4Limit - 28));
  const std::size_t size = 28 + quote.size();
  std::ranges::fill(out.first(28), std::uint8_t{0});
  const auto header = out.first<20>();
  header[0] = 0x45;
  header[1] = 0xc0;  // RFC 1812 §4.3.2.5: errors travel as internetwork control
  store16(header.subspan<2, 2>(), static_cast<std::uint32_t>(size));
  store16(header.subspan<6, 2>(), 0x4000);
  header[8] = kHopLimit;
  header[9] = kIcmp;
  std::ranges::copy(packet.subspan<16, 4>(), header.subspan<12, 4>().begin());
  std::ranges::copy(packet.subspan<12, 4>(), header.subspan<16, 4>().begin());
  store16(header.subspan<10, 2>(), checksum_finish(checksum_add(0, header)));

  out[20] = kUnreachable;
  out[21] = kFragmentationNeeded;
  store16(out.subspan<26, 2>(), static_cast<std::uint32_t>(std::min<std::size_t>(mtu, 0xffff)));
  std::ranges::copy(quote, out.subspan(28).begin());
  store16(out.subspan<22, 2>(), checksum_finish(checksum_add(0, out.subspan(20, size - 20))));
  return size;
}

std::size_t write_icmpv6(OctetView packet, std::size_t mtu, MutableOctets out) {
  constexpr std::uint8_t kPacketTooBig = 2;
  const OctetView quote = packet.first(std::min(packet.size(), kIpv6MinimumMtu - 48));
  const std::size_t size = 48 + quote.size();
  const auto payload_octets = static_cast<std::uint32_t>(size - 40);
  std::ranges::fill(out.first(48), std::uint8_t{0});
  const auto header = out.first<40>();
  header[0] = 0x60;
  store16(header.subspan<4, 2>(), payload_octets);
  header[6] = kIcmpv6;
  header[7] = kHopLimit;
  std::ranges::copy(packet.subspan<24, 16>(), header.subspan<8, 16>().begin());
  std::ranges::copy(packet.subspan<8, 16>(), header.subspan<24, 16>().begin());

  out[40] = kPacketTooBig;
  store32(out.subspan<44, 4>(), static_cast<std::uint32_t>(mtu));
  std::ranges::copy(quote, out.subspan(48).begin());
  // RFC 8200 §8.1: the checksum covers the addresses, the length and the protocol number too.
  std::uint32_t sum = checksum_add(payload_octets + kIcmpv6, header.subspan<8, 32>());
  sum = checksum_add(sum, out.subspan(40, payload_octets));
  store16(out.subspan<42, 2>(), checksum_finish(sum));
  return size;
}

}  // namespace

std::size_t packet_too_big(OctetView packet, const InnerPacketInfo& info, std::size_t mtu, MutableOctets out) {
  CHECK(out.size() >= kPacketTooBigOctets && packet.size() >= info.header_octets);
  if (!may_be_reported(info.selectors, info.is_initial)) return 0;
  if (info.selectors.family == IpFamily::v4) return write_icmpv4(packet, mtu, out);
  return write_icmpv6(packet, std::max(mtu, kIpv6MinimumMtu), out);
}

}  // namespace keypact::esp
