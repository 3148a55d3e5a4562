#include "xfrm/message.h"

#include <gtest/gtest.h>

#include <cstring>

namespace keypact::xfrm {
namespace {

struct WithAGap {
  std::uint32_t number;
  std::uint8_t flags;
  // Three octets that belong to no member.
};

#if __has_builtin(__builtin_clear_padding)
TEST(Message, WhatLiesBetweenTheMembersOfAStructureIsWrittenAsZero) {
  WithAGap dirty;
  std::memset(&dirty, 0xff, sizeof dirty);
  dirty.number = 1;
  dirty.flags = 2;
  Message message(0, 0);
  message.body(dirty).structure(28, dirty);
  const std::string clean = to_hex(octets_of(dirty.number)) + "02000000";
  const auto written = to_hex(message.octets());
  EXPECT_EQ(written.substr(32, 16), clean);
  EXPECT_EQ(written.substr(written.size() - 16), clean);
}
#endif

}  // namespace
}  // namespace keypact::xfrm
