// For tests of what the kernel makes of what we ask of it. Each is skipped where the kernel has no ESP, or we may not ask: tests/guest
// has a kernel that does. The keys are nobody's.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "crypto/packet_cipher.h"
#include "crypto/system_random.h"
#include "daemon/kernel_backend.h"

namespace keypact::daemon {

inline constexpr std::uint32_t kMark = 0x6f00'0000;

inline IpAddress ip(const char* text) { return *IpAddress::parse(text); }

inline TrafficSelector net(const char* address, int length) {
  return TrafficSelector::of(prefix_of(ip(address), length));
}

inline Secret pattern(std::size_t size, std::uint8_t first) {
  Secret secret(size);
  for (auto& octet : secret.reveal_mutable()) octet = first++;
  return secret;
}

inline PacketKeys keys_for(const PacketAlgorithms& algorithms, std::uint8_t first) {
  const auto sizes = crypto::packet_sizes(algorithms);
  return {algorithms, pattern(sizes.encryption_key, first), pattern(sizes.integrity_key, first)};
}

inline constexpr PacketAlgorithms kGcm{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE};

inline ipsec::ChildSa child_sa(std::uint64_t id, const PacketAlgorithms& algorithms = kGcm) {
  ipsec::ChildSa sa;
  sa.id = ChildSaId{id};
  sa.policy = PolicyId{1};
  sa.local = {ip("192.0.2.1"), 4500};
  sa.remote = {ip("192.0.2.2"), 4500};
  sa.inbound_spi = {static_cast<std::uint32_t>(0x1000 + id)};
  sa.outbound_spi = {static_cast<std::uint32_t>(0x2000 + id)};
  sa.inbound = keys_for(algorithms, 1);
  sa.outbound = keys_for(algorithms, 101);
  sa.local_selectors = {net("10.1.0.0", 24)};
  sa.remote_selectors = {net("10.2.0.0", 24)};
  return sa;
}

/// Each test has a network namespace of its own, and so SAs and policies of its own.
class KernelStack : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root";
    auto random = crypto::SystemRandom::open();
    ASSERT_TRUE(random);
    if (const auto probed = KernelBackend::probe(**random); !probed) GTEST_SKIP() << probed.error().to_string();
    auto socket = io::XfrmSocket::open();
    ASSERT_TRUE(socket);
    socket_ = std::make_unique<io::XfrmSocket>(std::move(*socket));
    sad_ = std::make_unique<KernelSad>(*socket_, kOwnTrafficMark);
    spd_ = std::make_unique<KernelSpd>(*socket_, kMark);
  }

  std::vector<xfrm::StateReport> states() {
    std::vector<xfrm::StateReport> found;
    const auto listed = list_from_kernel(
        *socket_, xfrm::dump_states(), [&] { found.clear(); },
        [&](const xfrm::MessageView& message) {
          if (auto report = xfrm::read_state(message)) found.push_back(std::move(*report));
        });
    EXPECT_TRUE(listed.ok()) << listed.reason();
    return found;
  }
  std::vector<xfrm::PolicyReport> policies() {
    std::vector<xfrm::PolicyReport> found;
    const auto listed = list_from_kernel(
        *socket_, xfrm::dump_policies(), [&] { found.clear(); },
        [&](const xfrm::MessageView& message) {
          if (auto report = xfrm::read_policy(message)) found.push_back(*report);
        });
    EXPECT_TRUE(listed.ok()) << listed.reason();
    return found;
  }
  const xfrm::StateReport* find(const std::vector<xfrm::StateReport>& all, EspSpi spi) {
    const auto found = std::ranges::find_if(all, [&](const auto& report) { return report.state.id.spi == spi; });
    return found == all.end() ? nullptr : &*found;
  }
  void ask(xfrm::Message message) {
    std::vector<xfrm::Message> messages;
    messages.push_back(std::move(message));
    const auto answer = ask_kernel(*socket_, messages).front();
    ASSERT_TRUE(answer.ok()) << answer.reason();
  }
  Result<void, std::string> move(const ipsec::UpdateEndpoints& request) {
    TRY(const auto superseded, sad_->move(request));
    auto done = spd_->move(*sad_->find(request.id));
    sad_->remove_states(superseded);
    return done;
  }
  Result<void, std::string> install(ipsec::ChildSa sa) {
    const auto id = sa.id;
    const auto reqid = spd_->reqid_for(sa);
    TRY_VOID(sad_->add(std::move(sa), reqid));
    return spd_->attach(*sad_->find(id));
  }

  std::unique_ptr<io::XfrmSocket> socket_;
  std::unique_ptr<KernelSad> sad_;
  std::unique_ptr<KernelSpd> spd_;
};

}  // namespace keypact::daemon
