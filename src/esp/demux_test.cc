#include "esp/demux.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace keypact::esp
