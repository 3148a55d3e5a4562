// For the tests of io only: a fresh network namespace around each test, and short ways to make what they need.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "io/clock.h"
#include "io/file_descriptor.h"
#include "io/netlink.h"

namespace keypact::io {

inline IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
inline Prefix prefix(const char* address, int length) { return prefix_of(ip(address), length); }

/// Waits until the descriptor can be read; only a failing test waits long.
inline bool becomes_readable(int fd, int milliseconds = 2000) {
  pollfd what{fd, POLLIN, 0};
  return ::poll(&what, 1, milliseconds) > 0;
}

/// The test runs in a network namespace of its own, with the loopback interface up.
class InNetworkNamespace : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0U) << "this test makes a network namespace and needs root: run the tests with sudo";
    outside_.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(outside_);
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "the kernel refuses a new network namespace";
    auto opened = Netlink::open();
    ASSERT_TRUE(opened) << opened.error().to_string();
    netlink_ = std::make_unique<Netlink>(std::move(*opened));
    loopback_ = interface("lo");
    ASSERT_TRUE(netlink_->configure(loopback_, {.up = true}));
  }
  void TearDown() override {
    netlink_.reset();
    if (outside_) {
      ASSERT_EQ(::setns(outside_.get(), CLONE_NEWNET), 0);
    }
  }

  InterfaceIndex interface(const std::string& name) {
    const auto index = netlink_->interface_index(name);
    EXPECT_TRUE(index) << index.error().to_string();
    return index.value_or(0);
  }
  void set_mtu(InterfaceIndex index, std::uint32_t mtu) {
    const auto done = netlink_->configure(index, {.mtu = mtu});
    ASSERT_TRUE(done) << done.error().to_string();
  }
  void add_address(InterfaceIndex index, const char* address, int length) {
    const auto done = netlink_->add(InterfaceAddress{index, ip(address), length});
    ASSERT_TRUE(done) << done.error().to_string();
    if (index != loopback_) return;
    // The kernel makes an IPv6 address usable when it finds the time.
    for (int tries = 0; tries < 500 && !is_usable(ip(address)); ++tries) ::usleep(10'000);
    ASSERT_TRUE(is_usable(ip(address))) << address;
  }
  bool is_usable(const IpAddress& address) {
    const auto all = netlink_->local_addresses();
    return all &&
           std::ranges::any_of(*all, [&](const auto& each) { return each.at.address == address && each.usable; }) &&
           netlink_->route_to(address);
  }

  std::unique_ptr<Netlink> netlink_;
  InterfaceIndex loopback_ = 0;

 private:
  FileDescriptor outside_;
};

}  // namespace keypact::io
