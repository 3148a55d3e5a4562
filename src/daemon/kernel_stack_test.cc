// What the kernel makes of the SAs and policies that we give it (daemon/test_kernel.h says where these tests run).
#include <array>

#include "base/limits.h"
#include "crypto/library.h"
#include "daemon/supported.h"
#include "daemon/test_kernel.h"
#include "io/system_setting.h"
#include "xfrm/algorithm.h"

namespace keypact::daemon {
namespace {

void expect_holds(const xfrm::StateReport* report, const PacketKeys& keys, const xfrm::State& expected) {
  ASSERT_NE(report, nullptr);
  const auto& state = report->state;
  const auto cipher = *xfrm::algorithm_name(keys.algorithms.encryption);
  EXPECT_EQ(report->encryption, cipher.name);
  EXPECT_TRUE(secret_equal(report->encryption_key.reveal(), keys.encryption.reveal()));
  EXPECT_TRUE(secret_equal(report->integrity_key.reveal(), keys.integrity.reveal()));
  EXPECT_EQ(report->icv_bits, crypto::packet_sizes(keys.algorithms).icv * 8);
  EXPECT_EQ(state.source, expected.source);
  EXPECT_EQ(state.id.destination, expected.id.destination);
  EXPECT_EQ(state.mode, expected.mode);
  EXPECT_EQ(state.esn, expected.esn);
  EXPECT_EQ(state.replay_window, expected.replay_window);
  EXPECT_EQ(state.headers, expected.headers);
  EXPECT_EQ(state.udp, expected.udp);
  EXPECT_EQ(state.limits.soft.octets, expected.limits.soft.octets);
  EXPECT_EQ(state.limits.hard.packets, expected.limits.hard.packets);
}

TEST_F(KernelStack, EverySuiteThatIsNegotiatedIsReadBackAsItWasGiven) {
  const crypto::Library library;
  std::set<IntegrityId> integrity;
  std::vector<PacketAlgorithms> suites;
  const auto supported = supported_transforms(library);
  for (const auto& transform : supported)
    if (transform.type == TransformType::INTEG) integrity.insert(static_cast<IntegrityId>(transform.id));
  integrity.insert(IntegrityId::NONE);
  for (const auto& transform : supported)
    for (const auto id : integrity) {
      if (transform.type != TransformType::ENCR) continue;
      const PacketAlgorithms suite{static_cast<EncryptionId>(transform.id), transform.key_bits.value_or(0), id};
      if (crypto::packet_sizes(suite).icv != 0) suites.push_back(suite);
    }
  EXPECT_GE(suites.size(), 40u);
  std::uint64_t id = 0;
  for (const auto& suite : suites) {
    const auto name =
        to_string(suite.encryption) + "/" + std::to_string(suite.key_bits) + "/" + to_string(suite.integrity);
    SCOPED_TRACE(name);
    auto sa = child_sa(++id, suite);
    const auto outbound_spi = sa.outbound_spi;
    const auto done = sad_->add(std::move(sa), 7);
    if (!done && done.error().find("not found") != std::string::npos) {
      GTEST_LOG_(INFO) << name << ": " << done.error();  // this kernel is built without it
      continue;
    }
    ASSERT_TRUE(done) << done.error();
    const auto all = states();
    xfrm::State expected;
    expected.id.destination = ip("192.0.2.2");
    expected.source = ip("192.0.2.1");
    expected.replay_window = 32;
    expect_holds(find(all, outbound_spi), keys_for(suite, 101), expected);
    sad_->remove(ChildSaId{id});
  }
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelStack, EveryPropertyOfAnSaIsReadBackAsItWasGiven) {
  auto sa = child_sa(1);
  sa.local = {ip("2001:db8::1"), 4500};
  sa.remote = {ip("2001:db8::2"), 31000};
  sa.mode = Mode::transport;
  sa.esn = true;
  sa.replay_window = 4096;
  sa.headers = {false, false, false, true};
  sa.soft = {1000000, 500};
  sa.hard = {2000000, 900};
  sa.inbound_sequence = 0x1'0000'0005;
  sa.outbound_sequence = 0x2'0000'0007;
  const auto inbound_spi = sa.inbound_spi;
  const auto outbound_spi = sa.outbound_spi;
  ASSERT_TRUE(sad_->add(std::move(sa), 7));
  const auto all = states();
  xfrm::State expected;
  expected.id.destination = ip("2001:db8::1");
  expected.source = ip("2001:db8::2");
  expected.mode = Mode::transport;
  expected.esn = true;
  expected.replay_window = 4096;
  expected.headers = {false, false, false, true};
  expected.limits.soft = {1000000, 500};
  expected.limits.hard = {2000000, 900};
  const auto* inbound = find(all, inbound_spi);
  expect_holds(inbound, keys_for(kGcm, 1), expected);
  EXPECT_EQ(inbound->state.received, 0x1'0000'0005);
  const auto* outbound = find(all, outbound_spi);
  ASSERT_NE(outbound, nullptr);
  EXPECT_EQ(outbound->state.sent, 0x2'0000'0007);
  EXPECT_EQ(outbound->state.set_mark, (Mark{kOwnTrafficMark, ~0U}));
}

TEST_F(KernelStack, K17_an_spi_that_is_reserved_never_gets_to_the_kernel) {
  auto sa = child_sa(1);
  sa.inbound_spi = {0};
  EXPECT_FALSE(sad_->add(std::move(sa), 7));
  sa = child_sa(1);
  sa.outbound_spi = {255};
  EXPECT_FALSE(sad_->add(std::move(sa), 7));
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelStack, I08_where_one_sa_is_refused_neither_is_there) {
  for (const bool inbound : {true, false}) {
    auto sa = child_sa(1);
    xfrm::State taken;
    taken.id =
        inbound ? xfrm::StateId{sa.local.address, sa.inbound_spi} : xfrm::StateId{sa.remote.address, sa.outbound_spi};
    taken.source = ip("192.0.2.99");
    ask(*xfrm::new_state(taken, keys_for(kGcm, 1)));
    const auto done = install(std::move(sa));
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find("exists"), std::string::npos) << done.error();
    EXPECT_EQ(sad_->find(ChildSaId{1}), nullptr);
    EXPECT_EQ(states().size(), 1u) << "that of somebody else";
    EXPECT_TRUE(policies().empty());
    ask(xfrm::delete_state(taken.id));
  }
}

TEST_F(KernelStack, I08_where_one_policy_is_refused_none_is_there_and_the_one_of_another_program_stays) {
  for (const auto direction : {xfrm::Direction::in, xfrm::Direction::out, xfrm::Direction::forward}) {
    const auto from = prefix_of(ip("10.1.0.0"), 24);
    const auto to = prefix_of(ip("10.2.0.0"), 24);
    const bool out = direction == xfrm::Direction::out;
    const xfrm::PolicyKey key{direction, {out ? from : to, out ? to : from}};
    ask(xfrm::new_policy(key, {1, true, std::nullopt}, 0));
    const auto done = install(child_sa(1));
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find("another program"), std::string::npos) << done.error();
    const auto left = policies();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_TRUE(left[0].content.discard);
    spd_->detach(ChildSaId{1});
    sad_->remove(ChildSaId{1});
    ask(xfrm::delete_policy(key));
  }
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelStack, OurPoliciesHaveTheirNumbersAndGoByThem) {
  ASSERT_TRUE(spd_->install({PolicyId{1}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}}));
  ASSERT_TRUE(spd_->install({PolicyId{2}, "a/c", PolicyAction::bypass, {net("10.1.0.0", 24)}, {net("10.2.0.7", 32)}}));
  EXPECT_TRUE(spd_->flush().empty());
  ASSERT_TRUE(install(child_sa(1)));
  auto all = policies();
  EXPECT_EQ(all.size(), 6u);
  for (const auto& report : all) EXPECT_EQ(report.index >> 24, kMark >> 24);
  KernelSpd next(*socket_, kMark);  // of a run after one that was killed
  ASSERT_TRUE(next.find_earlier_run());
  ASSERT_TRUE(next.install({PolicyId{1}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}}));
  EXPECT_TRUE(next.flush().empty());
  EXPECT_EQ(policies().size(), 6u);
  next.forget_earlier_run();
  EXPECT_TRUE(next.flush().empty());
  all = policies();
  ASSERT_EQ(all.size(), 3u);
  for (const auto& report : all) EXPECT_EQ(report.content.protection->spi.value, 0u);
  EXPECT_TRUE(sad_->remove_all_of([](std::uint32_t reqid) { return reqid >> 24 == kMark >> 24; }));
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelStack, AMovedSaKeepsItsKeysAndItsNumbers) {
  auto sa = child_sa(1);
  sa.outbound_sequence = 70;
  sa.inbound_sequence = 50;
  const auto inbound_spi = sa.inbound_spi;
  const auto outbound_spi = sa.outbound_spi;
  ASSERT_TRUE(install(std::move(sa)));
  const ipsec::UpdateEndpoints request{ChildSaId{1}, {ip("192.0.2.11"), 4500}, {ip("198.51.100.2"), 20000}, true};
  ASSERT_TRUE(move(request));
  const auto all = states();
  ASSERT_EQ(all.size(), 2u);
  const auto* inbound = find(all, inbound_spi);
  const auto* outbound = find(all, outbound_spi);
  ASSERT_TRUE(inbound != nullptr && outbound != nullptr);
  EXPECT_EQ(inbound->state.id.destination, ip("192.0.2.11"));
  EXPECT_EQ(inbound->state.source, ip("198.51.100.2"));
  EXPECT_EQ(inbound->state.received, 50u);
  EXPECT_EQ(inbound->state.udp, (xfrm::UdpPorts{20000, 4500}));
  EXPECT_GT(outbound->state.sent, 70u);
  EXPECT_EQ(outbound->state.udp, (xfrm::UdpPorts{4500, 20000}));
  EXPECT_TRUE(secret_equal(outbound->encryption_key.reveal(), keys_for(kGcm, 101).encryption.reveal()));
  for (const auto& policy : policies()) {
    if (policy.key.direction != xfrm::Direction::out) continue;
    EXPECT_EQ(policy.content.protection->destination, ip("198.51.100.2"));
  }
}

TEST_F(KernelStack, K15_what_was_lost_unheard_is_found_by_looking) {
  ASSERT_TRUE(install(child_sa(1)));
  ASSERT_TRUE(install(child_sa(2)));
  EXPECT_TRUE(sad_->overdue().empty());
  const auto* sa = sad_->find(ChildSaId{2});
  ask(xfrm::delete_state({sa->remote.address, sa->outbound_spi}));
  const auto overdue = sad_->overdue();
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_TRUE(overdue[0].hard);
  EXPECT_EQ(sad_->owner_of(overdue[0].id)->id, ChildSaId{2});
}

/// 10.1.0.1, and a way to everybody, which nobody goes.
io::TunDevice make_network() {
  auto tun = io::TunDevice::create("kpnet");
  auto netlink = io::Netlink::open();
  EXPECT_TRUE(tun && netlink);
  const auto index = netlink->interface_index("kpnet").value_or(0);
  EXPECT_TRUE(netlink->configure(index, {.up = true, .mtu = {}, .automatic_ipv6_address = false}));
  EXPECT_TRUE(netlink->add(io::InterfaceAddress{index, ip("10.1.0.1"), 24}));
  EXPECT_TRUE(netlink->add(io::Route{.destination = prefix_of(ip("0.0.0.0"), 0), .interface = index}));
  return std::move(*tun);
}

void send_packet(std::uint32_t mark = 0) {
  auto socket = io::RawIpSocket::open(IpFamily::v4, mark);
  ASSERT_TRUE(socket);
  const std::array<std::uint8_t, 28> packet = {0x45, 0, 0, 28, 0, 0, 0, 0, 61, 253, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1};
  (void)socket->send(packet);
}

/// The sequence numbers of ESP in UDP that goes out, `count` of them or as many as come in a second.
std::vector<std::uint32_t> sent_numbers(io::TunDevice& tun, std::size_t count) {
  constexpr std::size_t kHeaders = 20 + 8;
  std::vector<std::uint32_t> numbers;
  for (int tries = 0; tries < 100 && numbers.size() < count; ++tries) {
    const auto report = tun.read();
    for (const auto packet : report.packets) {
      if (packet.size() < kHeaders + 8 || packet[0] != 0x45 || packet[9] != 17) continue;
      const auto number = OctetView(packet).subspan(kHeaders + 4, 4);
      numbers.push_back(std::uint32_t{number[0]} << 24 | number[1] << 16 | number[2] << 8 | number[3]);
    }
    if (report.packets.empty()) ::usleep(10000);
  }
  return numbers;
}

TEST_F(KernelStack, NoPacketIsLostAndNoNumberIsUsedTwiceWhileAnSaMoves) {
  auto listener = io::XfrmListener::open(std::array{1U});  // whom the kernel can ask
  const auto hold = io::SystemSetting::set("net/core/xfrm_larval_drop", "0");
  ASSERT_TRUE(listener && hold);
  auto tun = make_network();
  auto sa = child_sa(1);
  sa.local = {ip("10.1.0.1"), 4500};
  sa.udp_encapsulation = true;
  ASSERT_TRUE(install(std::move(sa)));
  std::uint32_t last = 0;
  for (std::uint16_t round = 0; round < 40; ++round) {
    const bool only_ports = round % 4 != 0;
    const auto remote = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(10 + round / 4 % 2));
    send_packet();
    const Endpoint there{remote, static_cast<std::uint16_t>(20000 + round)};
    const auto superseded = sad_->move({ChildSaId{1}, {ip("10.1.0.1"), 4500}, there, true});
    ASSERT_TRUE(superseded) << superseded.error();
    send_packet();  // where the policy still names the SA that there was
    ASSERT_TRUE(spd_->move(*sad_->find(ChildSaId{1})));
    sad_->remove_states(*superseded);
    send_packet();
    const auto numbers = sent_numbers(tun, 3);
    EXPECT_EQ(numbers.size(), 3u) << "lost in round " << round;
    for (const auto number : numbers) {
      EXPECT_GT(number, last);
      EXPECT_TRUE(number == last + 1 || !only_ports) << "the SA itself stays";
      last = number;
    }
    const auto all = states();
    ASSERT_EQ(all.size(), 2u);
    const auto* outbound = find(all, EspSpi{0x2001});
    const auto* inbound = find(all, EspSpi{0x1001});
    ASSERT_TRUE(inbound != nullptr && outbound != nullptr);
    EXPECT_EQ(outbound->state.id.destination, remote);
    EXPECT_EQ(outbound->state.udp, (xfrm::UdpPorts{4500, there.port}));
    EXPECT_EQ(inbound->state.source, remote);
    EXPECT_EQ(inbound->state.udp, (xfrm::UdpPorts{there.port, 4500}));
  }
}

TEST_F(KernelStack, K15_a_question_that_was_not_heard_is_found_by_looking_and_asked_again_once_it_is_answered) {
  constexpr unsigned kQuestions = 1;  // XFRMNLGRP_ACQUIRE
  auto listener = io::XfrmListener::open(std::array{kQuestions});
  ASSERT_TRUE(listener);
  const auto tun = make_network();
  const auto is_ours = [&](std::uint32_t reqid) { return spd_->is_ours(reqid); };
  // Of one with a mark only an answer with that mark is taken for one.
  for (const std::uint32_t mark : {0U, 0U, 7U, 7U}) {
    ipsec::Policy policy{PolicyId{9}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}};
    policy.placement.out.mark = {mark, mark == 0 ? 0 : ~0U};
    ASSERT_TRUE(spd_->install(policy));
    EXPECT_TRUE(spd_->flush().empty());
    send_packet(mark);
    send_packet(mark);
    std::vector<xfrm::AcquireNotice> told;
    EXPECT_TRUE(listener->receive([&](OctetView octets) {
      while (const auto message = xfrm::MessageView::take(octets))
        told.push_back(std::get<xfrm::AcquireNotice>(*xfrm::read_notification(*message)));
    }));
    ASSERT_EQ(told.size(), 1u) << "the kernel asks once";
    EXPECT_EQ(spd_->asker(told[0].policy_index)->policy, PolicyId{9});
    const auto questions = sad_->questions(is_ours);
    ASSERT_TRUE(questions);
    ASSERT_EQ(questions->size(), 1u);
    EXPECT_EQ(questions->front().number, told[0].sequence);
    EXPECT_EQ(spd_->policy_with(questions->front().reqid), PolicyId{9});
    EXPECT_EQ(told[0].mark, questions->front().mark);
    KernelBackend::answer(*socket_, questions->front());
    EXPECT_TRUE(sad_->questions(is_ours)->empty()) << "of packets with mark " << mark;
    spd_->remove(PolicyId{9});
  }
}

TEST_F(KernelStack, K15_a_listener_that_is_told_more_than_it_can_hold_says_so_and_goes_on) {
  constexpr unsigned kAboutSas = 3;  // XFRMNLGRP_SA
  auto listener = io::XfrmListener::open(std::array{kAboutSas});
  ASSERT_TRUE(listener);
  std::size_t told = 0;
  const auto count = [&](OctetView octets) {
    while (xfrm::MessageView::take(octets)) ++told;
  };
  bool all = true;
  for (std::uint64_t round = 0; round < 200 && all; ++round) {
    for (std::uint64_t id = 1; id <= 50; ++id) ASSERT_TRUE(sad_->add(child_sa(id), 7));
    for (std::uint64_t id = 1; id <= 50; ++id) sad_->remove(ChildSaId{id});
    if (round % 50 == 49) all = listener->receive(count);
  }
  EXPECT_FALSE(all);
  EXPECT_GT(told, 100u);
  told = 0;
  ASSERT_TRUE(sad_->add(child_sa(1), 7));
  EXPECT_TRUE(listener->receive(count));
  EXPECT_EQ(told, 2u);
}

xfrm::State numbered_state(std::uint32_t number) {
  xfrm::State state;
  state.id = {ip("192.0.2.2"), {0x5000 + number}};
  state.source = ip("192.0.2.1");
  state.reqid = kMark | xfrm::Reqids::scatter(number);
  return state;
}

TEST_F(KernelStack, ManySasAreAddedInOneCall) {
  std::vector<xfrm::Message> messages;
  constexpr std::uint32_t kCount = 300;
  for (std::uint32_t i = 0; i < kCount; ++i) messages.push_back(*xfrm::new_state(numbered_state(i), keys_for(kGcm, 1)));
  messages.push_back(xfrm::delete_state({ip("192.0.2.2"), {0x9999}}));
  const auto answers = ask_kernel(*socket_, messages);
  ASSERT_EQ(answers.size(), kCount + 1);
  for (std::uint32_t i = 0; i < kCount; ++i) EXPECT_TRUE(answers[i].ok());
  EXPECT_FALSE(answers[kCount].ok());
  EXPECT_EQ(states().size(), kCount);
}

TEST_F(KernelStack, OfABatchEachRequestHasItsOwnAnswer) {
  std::vector<xfrm::Message> messages;
  constexpr std::uint32_t kCount = 150;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const auto state = numbered_state(i);
    const bool missing = i % 3 == 1;
    messages.push_back(missing ? xfrm::delete_state(state.id) : *xfrm::new_state(state, keys_for(kGcm, 1)));
  }
  const auto answers = ask_kernel(*socket_, messages);
  ASSERT_EQ(answers.size(), kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) EXPECT_EQ(answers[i].ok(), i % 3 != 1) << i;
  EXPECT_EQ(states().size(), kCount / 3 * 2);
}

std::optional<xfrm::HashedBits> hashed_bits(io::XfrmSocket& socket) {
  std::vector<xfrm::Message> request;
  request.push_back(xfrm::get_hashed_bits());
  std::optional<xfrm::HashedBits> bits;
  (void)ask_kernel(socket, request,
                   [&](const xfrm::MessageView& message) { bits = xfrm::read_hashed_bits(message, IpFamily::v4); });
  return bits;
}

TEST_F(KernelStack, ManyPoliciesAreHashedByTheirRemoteEndAndTheKernelGetsItsSettingBack) {
  const auto before = hashed_bits(*socket_);
  ASSERT_TRUE(before);
  for (std::uint32_t i = 1; i <= 200; ++i) {
    const auto client = TrafficSelector::of(prefix_of(IpAddress::v4(0x64400000 + i), 32));
    ASSERT_TRUE(spd_->install({PolicyId{i}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {client}}));
  }
  EXPECT_TRUE(spd_->flush().empty());
  EXPECT_EQ(hashed_bits(*socket_), (xfrm::HashedBits{0, 32}));
  EXPECT_EQ(policies().size(), 600u);
  spd_->remove_all();
  EXPECT_TRUE(spd_->flush().empty());
  EXPECT_TRUE(policies().empty());
  spd_.reset();
  EXPECT_EQ(hashed_bits(*socket_), before);
}

TEST_F(KernelStack, WhatAnotherProgramHasIsToldOfThePolicyAndOfTheSaThatWantsItsPlace) {
  const xfrm::PolicyKey key{xfrm::Direction::out, {prefix_of(ip("10.1.0.0"), 24), prefix_of(ip("10.2.0.0"), 24)}};
  ask(xfrm::new_policy(key, {1, true, std::nullopt}, 0));
  ASSERT_TRUE(spd_->install({PolicyId{1}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}}));
  const auto done = install(child_sa(1));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().find("another program"), std::string::npos);
  const auto told = spd_->flush();
  ASSERT_EQ(told.size(), 1u) << "of the policy that waits for an SA";
  EXPECT_NE(told[0].find("another program"), std::string::npos);
  EXPECT_EQ(policies().size(), 3u) << "that one, and what drops clear text that comes in";
}

}  // namespace
}  // namespace keypact::daemon
