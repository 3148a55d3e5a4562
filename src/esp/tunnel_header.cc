#include "esp/tunnel_header.h"

#include <array>

#include "base/check.h"
#include "esp/byte_order.h"

namespace keypact::esp {
namespace {

constexpr std::uint8_t kEcnBits = 0x03;

// The codepoints of ECN as numbers: Not-ECT 0, ECT(1) 1, ECT(0) 2, CE 3.
constexpr std::uint8_t kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3, kDrop = 0xff;

// RFC 6040 §4.2, figure 4: row inner, column outer, in the order of the numbers above.
constexpr std::array<std::array<std::uint8_t, 4>, 4> kDecapsulation{{
    {kNotEct, kNotEct, kNotEct, kDrop},
    {kEct1, kEct1, kEct1, kCe},
    {kEct0, kEct1, kEct0, kCe},
    {kCe, kCe, kCe, kCe},
}};

}  // namespace

std::uint8_t outer_traffic_class(std::uint8_t inner, const HeaderHandling& handling) {
  std::uint8_t outer = 0;
  if (handling.copy_dscp_out) outer |= inner & ~kEcnBits;
  // RFC 6040 §4.1: normal mode copies, compatibility mode says Not-ECT.
  if (handling.copy_ecn) outer |= inner & kEcnBits;
  return outer;
}

std::optional<std::uint8_t> decapsulated_traffic_class(std::uint8_t inner, std::uint8_t outer,
                                                       const HeaderHandling& handling) {
  std::uint8_t dscp = inner & ~kEcnBits;
  std::uint8_t ecn = inner & kEcnBits;
  // RFC 4301 §5.1.2.1: by default nothing of the outer DS field enters the protected network.
  if (handling.copy_dscp_in) dscp = outer & ~kEcnBits;
  if (handling.copy_ecn) ecn = kDecapsulation[ecn][outer & kEcnBits];
  if (ecn == kDrop) return std::nullopt;
  return static_cast<std::uint8_t>(dscp | ecn);
}

void set_traffic_class(MutableOctets packet, std::uint8_t traffic_class) {
  CHECK(packet.size() >= 20);
  const auto first_word = packet.first<2>();
  const std::uint16_t before = load16(first_word);
  if (before >> 12 == 6) {
    store16(first_word, (before & 0xf00fU) | std::uint32_t{traffic_class} << 4);
    return;
  }
  packet[1] = traffic_class;
  // RFC 1624: HC' = ~(~HC + ~m + m'), which keeps a wrong checksum wrong.
  const auto checksum = packet.subspan<10, 2>();
  std::uint32_t sum = (~load16(checksum) & 0xffffU) + (~before & 0xffffU) + load16(first_word);
  store16(checksum, checksum_finish(sum));
}

std::size_t outer_header_octets(IpFamily outer, bool udp_encapsulation) {
  return (outer == IpFamily::v4 ? 20U : 40U) + (udp_encapsulation ? 8U : 0U);
}

std::uint32_t checksum_add(std::uint32_t sum, OctetView octets) {
  std::uint64_t total = sum;
  for (; octets.size() >= 2; octets = octets.subspan(2)) total += load16(octets.first<2>());
  if (!octets.empty()) total += std::uint32_t{octets[0]} << 8;
  return static_cast<std::uint32_t>(total % 0xffffU == 0 && total != 0 ? 0xffffU : total % 0xffffU);
}

std::uint16_t checksum_finish(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace keypact::esp
