// SAs whose work a network interface is asked to do, with the kernel's netdevsim, which takes ciphers and no packets, and with the
// loopback interface, which takes neither. In tests/guest; netdevsim is not in the kernel of Debian's package.
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>

#include "crypto/system_random.h"
#include "daemon/kernel_backend.h"

namespace keypact::daemon {
namespace {

constexpr const char* kNewDevice = "/sys/bus/netdevsim/new_device";
constexpr const char* kDeleteDevice = "/sys/bus/netdevsim/del_device";
constexpr std::uint32_t kLoopback = 1;
constexpr std::uint32_t kReqid = 7;

void write_to(const char* path, const char* text) { std::ofstream(path) << text << std::flush; }

ipsec::ChildSa child_sa(std::uint64_t id, HardwareOffload offload) {
  ipsec::ChildSa sa;
  sa.id = ChildSaId{id};
  sa.policy = PolicyId{1};
  sa.local = {IpAddress::v4(192, 0, 2, 1), 4500};
  sa.remote = {IpAddress::v4(192, 0, 2, 2), 4500};
  sa.inbound_spi = {static_cast<std::uint32_t>(0x1000 + id)};
  sa.outbound_spi = {static_cast<std::uint32_t>(0x2000 + id)};
  for (auto* keys : {&sa.inbound, &sa.outbound})
    *keys = {{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE}, Secret(20), {}};
  sa.replay_window = 0;
  sa.mode = Mode::transport;
  sa.local_selectors = {TrafficSelector::of(prefix_of(sa.local.address, 32))};
  sa.remote_selectors = {TrafficSelector::of(prefix_of(sa.remote.address, 32))};
  sa.offload = offload;
  return sa;
}

class KernelOffload : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root";
    auto random = crypto::SystemRandom::open();
    ASSERT_TRUE(random);
    if (const auto probed = KernelBackend::probe(**random); !probed) GTEST_SKIP() << probed.error().to_string();
    auto socket = io::XfrmSocket::open();
    auto netlink = io::Netlink::open();
    ASSERT_TRUE(socket && netlink);
    ASSERT_TRUE(netlink->configure(kLoopback, {.up = true, .mtu = {}, .automatic_ipv6_address = {}}));
    socket_ = std::make_unique<io::XfrmSocket>(std::move(*socket));
    netlink_ = std::make_unique<io::Netlink>(std::move(*netlink));
    sad_ = std::make_unique<KernelSad>(*socket_, kOwnTrafficMark, [this](const auto&) { return device_; });
  }

  /// False: this kernel has none.
  bool make_netdevsim() {
    if (::access(kNewDevice, W_OK) != 0) return false;
    write_to(kNewDevice, "77 1");
    // It is in our namespace, and the only one that is not there in every namespace.
    auto* all = ::if_nameindex();
    for (const auto* each = all; each->if_index != 0; ++each)
      if (each->if_index != kLoopback) device_ = KernelSad::Device{each->if_index, each->if_name};
    ::if_freenameindex(all);
    made_ = true;
    EXPECT_TRUE(device_);
    return device_ && netlink_->configure(device_->index, {.up = true, .mtu = {}, .automatic_ipv6_address = {}});
  }
  void TearDown() override {
    if (sad_)
      for (const auto id : sad_->all()) sad_->remove(id);
    if (made_) write_to(kDeleteDevice, "77");
  }

  std::vector<xfrm::StateReport> states() {
    std::vector<xfrm::StateReport> found;
    (void)list_from_kernel(
        *socket_, xfrm::dump_states(), [&] { found.clear(); },
        [&](const xfrm::MessageView& message) {
          if (auto report = xfrm::read_state(message)) found.push_back(std::move(*report));
        });
    return found;
  }

  std::optional<KernelSad::Device> device_ = KernelSad::Device{kLoopback, "lo"};
  std::unique_ptr<io::XfrmSocket> socket_;
  std::unique_ptr<io::Netlink> netlink_;
  std::unique_ptr<KernelSad> sad_;
  bool made_ = false;
};

TEST_F(KernelOffload, WhoAsksForWhatTheInterfaceDoesNotDoIsRefusedAndToldWhatToChange) {
  for (const auto offload : {HardwareOffload::crypto, HardwareOffload::packet}) {
    const auto done = sad_->add(child_sa(1, offload), kReqid);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find(std::string("hw_offload = ") + to_string(offload) + ": lo does not take the"),
              std::string::npos)
        << done.error();
    EXPECT_NE(done.error().find("hw_offload = auto"), std::string::npos) << done.error();
    EXPECT_TRUE(states().empty());
    EXPECT_EQ(sad_->find(ChildSaId{1}), nullptr);
  }
}

TEST_F(KernelOffload, AutomaticallyTheCpuDoesTheWorkWhereNobodyElseDoesAndThatIsSaid) {
  ASSERT_TRUE(sad_->add(child_sa(1, HardwareOffload::automatic), kReqid));
  EXPECT_EQ(states().size(), 2u);
  EXPECT_EQ(sad_->offload(ChildSaId{1}), std::nullopt);
  EXPECT_NE(sad_->why_not_offloaded(ChildSaId{1}).find("hw_offload = auto: lo does not take the packets"),
            std::string::npos);
  EXPECT_EQ(sad_->counters(ChildSaId{1})->offload, HardwareOffload::none);
}

TEST_F(KernelOffload, WithoutARouteThereIsNoInterfaceToAsk) {
  device_.reset();
  const auto done = sad_->add(child_sa(1, HardwareOffload::crypto), kReqid);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().find("no route leads to 192.0.2.2"), std::string::npos) << done.error();
  ASSERT_TRUE(sad_->add(child_sa(2, HardwareOffload::automatic), kReqid));
  ASSERT_TRUE(sad_->add(child_sa(3, HardwareOffload::none), kReqid));
  EXPECT_EQ(sad_->counters(ChildSaId{3})->offload, std::nullopt) << "nobody asked";
  EXPECT_EQ(sad_->why_not_offloaded(ChildSaId{3}), "");
}

TEST_F(KernelOffload, TheCipherIsGivenToTheInterfaceAndThatIsReadBack) {
  if (!make_netdevsim()) GTEST_SKIP() << "this kernel has no netdevsim";
  for (const auto offload : {HardwareOffload::crypto, HardwareOffload::automatic}) {
    const auto done = sad_->add(child_sa(1, offload), kReqid);
    ASSERT_TRUE(done) << done.error();
    const xfrm::OffloadedTo expected{device_->index, false};
    EXPECT_EQ(sad_->offload(ChildSaId{1}), expected);
    EXPECT_EQ(sad_->why_not_offloaded(ChildSaId{1}), "");
    EXPECT_EQ(sad_->counters(ChildSaId{1})->offload, HardwareOffload::crypto);
    const auto all = states();
    ASSERT_EQ(all.size(), 2u);
    for (const auto& report : all) EXPECT_EQ(report.state.offload, expected);
    sad_->remove(ChildSaId{1});
    EXPECT_TRUE(states().empty());
  }
}

TEST_F(KernelOffload, WhatTheDriverRefusesIsInItsWords) {
  if (!make_netdevsim()) GTEST_SKIP() << "this kernel has no netdevsim";
  const auto done = sad_->add(child_sa(1, HardwareOffload::packet), kReqid);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().find(device_->name + " does not take the packets (the kernel refuses the SA"),
            std::string::npos)
      << done.error();
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelOffload, AnSaThatBeginsToCarryAndOneThatIsMovedStayWithTheInterface) {
  if (!make_netdevsim()) GTEST_SKIP() << "this kernel has no netdevsim";
  auto sa = child_sa(1, HardwareOffload::crypto);
  sa.use_outbound = false;
  ASSERT_TRUE(sad_->add(std::move(sa), kReqid));
  EXPECT_TRUE(sad_->begin_to_carry(ChildSaId{1}));
  for (const auto& report : states()) {
    EXPECT_TRUE(report.state.offload);
    EXPECT_EQ(report.state.limits.soft.packets, 0u);
  }
  const auto moved =
      sad_->move({ChildSaId{1}, {IpAddress::v4(192, 0, 2, 11), 500}, {IpAddress::v4(192, 0, 2, 2), 500}});
  ASSERT_TRUE(moved) << moved.error();
  EXPECT_EQ(states().size(), 2u);
  for (const auto& report : states()) EXPECT_TRUE(report.state.offload);
}

}  // namespace
}  // namespace keypact::daemon
