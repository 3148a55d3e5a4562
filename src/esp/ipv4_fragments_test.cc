#include "esp/ipv4_fragments.h"

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::checksum_is_right;
using testing::make_packet;

struct Piece {
  Octets octets;
  std::size_t offset;
  bool more;
  std::size_t header;
};

std::vector<Piece> fragments_of(const Octets& packet, std::size_t limit) {
  const auto info = parse_inner(packet).value();
  Ipv4Fragments fragments(OctetView(packet).first(info.octets), info, limit);
  std::vector<Piece> pieces;
  Octets out(limit + 64);
  while (const std::size_t size = fragments.next(out)) {
    EXPECT_LE(size, limit);
    Piece piece;
    piece.octets.assign(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
    piece.header = std::size_t{out[0] & 15U} * 4;
    piece.offset = (std::size_t{out[6] & 0x1fU} << 8 | out[7]) * 8;
    piece.more = (out[6] & 0x20) != 0;
    EXPECT_EQ((std::size_t{out[2]} << 8) + out[3], size);
    EXPECT_TRUE(checksum_is_right(piece.octets));
    EXPECT_TRUE(parse_inner(piece.octets));
    pieces.push_back(piece);
  }
  return pieces;
}

/// RFC 791 §3.2: the payload put together again; empty when a piece is missing or more follows.
Octets reassembled(const std::vector<Piece>& pieces, std::size_t first_offset = 0, bool more_follows = false) {
  Octets payload;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].offset != first_offset + payload.size()) return {};
    if (pieces[i].more != (i + 1 < pieces.size() || more_follows)) return {};
    append(payload, OctetView(pieces[i].octets).subspan(pieces[i].header));
  }
  return payload;
}

TEST(Ipv4Fragments, CarryTheWholePayloadWithinTheLimit) {
  for (const std::size_t size : {29U, 100U, 576U, 1400U, 1500U, 9000U, 65535U}) {
    for (const std::size_t limit : {28U, 35U, 576U, 1401U}) {
      const Octets packet = make_packet({.octets = size});
      const auto pieces = fragments_of(packet, limit);
      EXPECT_EQ(reassembled(pieces), to_octets(OctetView(packet).subspan(20))) << size << ' ' << limit;
      for (const auto& piece : pieces) EXPECT_EQ(OctetView(piece.octets)[9], 17);
    }
  }
}

TEST(Ipv4Fragments, KeepThePlaceOfAPacketThatIsAFragmentItself) {
  Octets packet = make_packet({.octets = 1020});
  packet[6] = 0x20;
  packet[7] = 50;
  auto pieces = fragments_of(packet, 500);
  EXPECT_EQ(reassembled(pieces, 400, true), to_octets(OctetView(packet).subspan(20)));
  packet[6] = 0;
  pieces = fragments_of(packet, 500);
  EXPECT_EQ(reassembled(pieces, 400), to_octets(OctetView(packet).subspan(20)));
}

TEST(Ipv4Fragments, RepeatTheOptionsWithTheCopiedFlagOnly) {
  Octets packet = make_packet({.octets = 200});
  const auto options =
      from_hex("44080500000000000194040000000000").value();  // timestamp, padding, router alert (copied)
  packet.insert(packet.begin() + 20, options.begin(), options.end());
  packet[0] = 0x49;
  packet[3] = static_cast<std::uint8_t>(packet.size());
  const auto pieces = fragments_of(packet, 100);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].header, 36U);
  EXPECT_EQ(pieces[1].header, 24U);
  EXPECT_EQ(to_hex(OctetView(pieces[1].octets).subspan(20, 4)), "94040000");
  EXPECT_EQ(reassembled(pieces), to_octets(OctetView(packet).subspan(36)));
}

TEST(Ipv4Fragments, AreImpossibleWithoutRoomForEightOctets) {
  const Octets packet = make_packet({.octets = 200});
  const auto info = parse_inner(packet).value();
  EXPECT_FALSE(Ipv4Fragments(packet, info, 27).possible());
  EXPECT_FALSE(Ipv4Fragments(packet, info, 0).possible());
  EXPECT_TRUE(Ipv4Fragments(packet, info, 28).possible());
}

}  // namespace
}  // namespace keypact::esp
