#include "esp/ipv4_fragments.h"

#include <algorithm>

#include "base/check.h"
#include "base/reader.h"
#include "esp/byte_order.h"
#include "esp/tunnel_header.h"

namespace keypact::esp {
namespace {

constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetBits = 0x1fff;
constexpr std::size_t kFixedHeader = 20;

/// RFC 791 §3.1: options with the copied flag stand in every fragment, the others in the first only. Returns the octets
/// written, padded to a multiple of 4.
std::size_t copy_options(OctetView options, MutableOctets out) {
  constexpr std::uint8_t kEnd = 0, kNoOperation = 1, kCopied = 0x80;
  Reader reader(options);
  std::size_t written = 0;
  while (const auto type = reader.u8()) {
    if (*type == kEnd) break;
    if (*type == kNoOperation) continue;
    const auto length = reader.u8();
    if (!length || *length < 2) break;
    const auto body = reader.octets(std::size_t{*length} - 2);
    if (!body) break;
    if ((*type & kCopied) == 0) continue;
    out[written++] = *type;
    out[written++] = *length;
    std::ranges::copy(*body, out.subspan(written).begin());
    written += body->size();
  }
  while (written % 4 != 0) out[written++] = kEnd;
  return written;
}

}  // namespace

Ipv4Fragments::Ipv4Fragments(OctetView packet, const InnerPacketInfo& info, std::size_t limit)
    : header_(packet.first(info.header_octets)), payload_(packet.subspan(info.header_octets)) {
  if (limit >= info.header_octets + 8) piece_ = (limit - info.header_octets) / 8 * 8;
}

std::size_t Ipv4Fragments::next(MutableOctets out) {
  const OctetView rest = payload_.subspan(passed_);
  if (rest.empty() || !possible()) return 0;
  const OctetView piece = rest.first(std::min(piece_, rest.size()));
  const std::size_t header = write_header(out);
  CHECK(out.size() >= header + piece.size());

  const std::uint16_t original = load16(header_.subspan<6, 2>());
  const bool more = piece.size() < rest.size() || (original & kMoreFragments) != 0;
  const std::size_t offset = (original & kOffsetBits) + passed_ / 8;
  store16(out.subspan<2, 2>(), static_cast<std::uint32_t>(header + piece.size()));
  store16(out.subspan<6, 2>(), static_cast<std::uint32_t>(offset & kOffsetBits) | (more ? kMoreFragments : 0U));
  store16(out.subspan<10, 2>(), 0);
  store16(out.subspan<10, 2>(), checksum_finish(checksum_add(0, out.first(header))));

  std::ranges::copy(piece, out.subspan(header).begin());
  passed_ += piece.size();
  return header + piece.size();
}

std::size_t Ipv4Fragments::write_header(MutableOctets out) const {
  CHECK(out.size() >= header_.size());
  if (passed_ == 0) {
    std::ranges::copy(header_, out.begin());
    return header_.size();
  }
  std::ranges::copy(header_.first(kFixedHeader), out.begin());
  const std::size_t header = kFixedHeader + copy_options(header_.subspan(kFixedHeader), out.subspan(kFixedHeader));
  out[0] = static_cast<std::uint8_t>(0x40 | header / 4);
  return header;
}

}  // namespace keypact::esp
