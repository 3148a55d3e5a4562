// Row C07: where a URI of a peer's certificate may lead.
#include "fetch/reachable.h"

#include <gtest/gtest.h>

namespace keypact::fetch {
namespace {

TEST(Reachable, C07_OnlyWhatIsPublic) {
  for (const auto* text :
       {"0.0.0.0",          "0.1.2.3",         "10.0.0.1",        "100.64.0.1",   "127.0.0.1",     "127.255.255.255",
        "169.254.169.254",  "172.16.0.1",      "172.31.255.255",  "192.0.2.1",    "192.168.1.1",   "198.18.0.1",
        "224.0.0.1",        "240.0.0.1",       "255.255.255.255", "::",           "::1",           "fe80::1",
        "fd00::1",          "fec0::1",         "ff02::1",         "2001:db8::1",  "2002:7f00:1::", "2001::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",        "::127.0.0.1"})
    EXPECT_FALSE(is_public(*IpAddress::parse(text))) << text;
  for (const auto* text : {"1.1.1.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "172.15.255.255", "172.32.0.0",
                           "223.255.255.255", "2606:4700::1", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::101:101"})
    EXPECT_TRUE(is_public(*IpAddress::parse(text))) << text;
}

TEST(Reachable, WhatTheConfigurationAddsToo) {
  const std::vector also = {prefix_of(*IpAddress::parse("10.1.0.0"), 16), prefix_of(*IpAddress::parse("fd00::"), 8)};
  for (const auto* text : {"10.1.2.3", "fd00::1", "::ffff:10.1.2.3", "1.1.1.1"})
    EXPECT_TRUE(may_be_reached(*IpAddress::parse(text), also)) << text;
  for (const auto* text : {"10.2.0.1", "127.0.0.1", "fe80::1", "::ffff:10.2.0.1"})
    EXPECT_FALSE(may_be_reached(*IpAddress::parse(text), also)) << text;
}

}  // namespace
}  // namespace keypact::fetch
