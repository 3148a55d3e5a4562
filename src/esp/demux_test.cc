#include "esp/demux.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace keypact::esp {
namespace {

TEST(Demux, J13_tells_ike_esp_and_keepalives_apart) {
  Octets ike(4 + 28);
  EXPECT_EQ(classify(ike), DatagramKind::ike);
  EXPECT_EQ(ike_message_of(ike).size(), 28U);
  EXPECT_EQ(ike_message_of(ike).data(), ike.data() + 4);
  ike[4] = 1;
  EXPECT_EQ(classify(ike), DatagramKind::ike);
  for (std::size_t i = 0; i < 4; ++i) {
    Octets esp(60);
    esp[i] = 1;
    EXPECT_EQ(classify(esp), DatagramKind::esp) << i;
  }
  EXPECT_EQ(classify(Octets{0xff}), DatagramKind::keepalive);
}

TEST(Demux, J13_drops_what_is_too_short_for_either) {
  EXPECT_EQ(classify({}), DatagramKind::garbage);
  EXPECT_EQ(classify(Octets{0xfe}), DatagramKind::garbage);
  EXPECT_EQ(classify(Octets{0xff, 0xff}), DatagramKind::garbage);
  EXPECT_EQ(classify(Octets(8, 0xff)), DatagramKind::garbage);
  EXPECT_EQ(classify(Octets(9, 0xff)), DatagramKind::esp);
  for (std::size_t size = 0; size < 32; ++size) EXPECT_EQ(classify(Octets(size)), DatagramKind::garbage) << size;
  EXPECT_EQ(classify(Octets(32)), DatagramKind::ike);
}

TEST(Demux, H08_only_the_one_octet_is_a_keepalive) {
  EXPECT_EQ(classify(Octets{0xff}), DatagramKind::keepalive);
  for (std::size_t size = 2; size < 9; ++size) EXPECT_EQ(classify(Octets(size, 0xff)), DatagramKind::garbage) << size;
  // Longer ones name an SPI that is never chosen.
  for (std::size_t size = 9; size < 100; ++size) EXPECT_EQ(classify(Octets(size, 0xff)), DatagramKind::esp) << size;
}

RC_GTEST_PROP(Demux, J13_no_datagram_is_two_things, (const std::vector<std::uint8_t>& datagram)) {
  switch (classify(datagram)) {
    case DatagramKind::ike:
      RC_ASSERT(datagram.size() >= 32 && ike_message_of(datagram).size() + 4 == datagram.size());
      break;
    case DatagramKind::esp:
      RC_ASSERT(datagram.size() > 8 && !std::ranges::equal(OctetView(datagram).first(4), Octets(4)));
      break;
    case DatagramKind::keepalive: RC_ASSERT(datagram == Octets{0xff}); break;
    case DatagramKind::garbage: RC_ASSERT(datagram.size() < 32); break;
  }
}

}  // namespace
}  // namespace keypact::esp
