// MOBIKE: ends with several addresses that come and go. RFC 4555.
#include <deque>

#include "ike/v2/mobility.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

/// Hosts with several addresses each; a datagram arrives when both its addresses are there and their pair is not cut.
class Mobility : public Ladder {
 protected:
  Mobility() {
    for (auto* site : {&left_site, &right_site}) site->mobike = true;
    left_site.more_addresses = {left_2, left_6};
    right_site.more_addresses = {right_2, right_6};
    world.set_judge([this](const InFlight& packet) {
      wire_.push_back(packet.datagram);
      return Fate::drop;
    });
  }
  void has(Node& node, std::vector<IpAddress> addresses) {
    std::erase_if(owners_, [&](const auto& entry) { return entry.second == &node; });
    for (const auto& address : addresses) owners_[address] = &node;
    world.set_local_addresses(node, std::move(addresses));
  }
  void cut(const IpAddress& a, const IpAddress& b) { cut_.insert(std::minmax(a, b)); }
  void uncut() { cut_.clear(); }
  void run(Duration duration) {
    const auto until = world.now() + duration;
    do
      while (!wire_.empty()) carry();
    while (world.step(until));
    world.run_for(until - world.now());
  }
  void establish(std::vector<IpAddress> left_has, std::vector<IpAddress> right_has) {
    start();
    has(left(), std::move(left_has));
    has(right(), std::move(right_has));
    world.control(left(), ike::Initiate{ControlId{77}, "net", "lan", {}, {}});
    run(seconds(1));
    ASSERT_EQ(outcome(left(), ControlId{77}), std::nullopt);
    mark_ladder();
  }
  void expect_between(const IpAddress& left_address, const IpAddress& right_address) {
    for (auto* node : {&left(), &right()}) {
      const bool is_left = node == &left();
      const auto& here = is_left ? left_address : right_address;
      const auto& there = is_left ? right_address : left_address;
      const auto& record = node->engine.ike_sas().at(established_id(*node)).record();
      EXPECT_EQ(record.local.address, here) << node->name;
      EXPECT_EQ(record.remote.address, there) << node->name;
      for (const auto& [id, sa] : node->stack.child_sas()) {
        EXPECT_EQ(sa.local.address, here) << node->name << ": ESP";
        EXPECT_EQ(sa.remote.address, there) << node->name << ": ESP";
      }
    }
    expect_mirrored_child_sas(1);
    EXPECT_EQ(left().count<ike::ChildSaRekeyed>() + left().count<ike::ChildSaDown>(), 0u);
  }
  /// The left one is behind a NAT that gives it another address from now on, and lets nothing in by the old one.
  void change_mapping_of_left() {
    loses = [this](const ike::Datagram& sent) {
      const bool goes_out = sent.local.address == left_1;
      if (goes_out) world.inject(right(), {sent.remote, {left_2, sent.local.port}, sent.octets});
      else if (sent.remote.address == left_2)
        world.inject(left(), {{left_1, sent.remote.port}, sent.local, sent.octets});
      return true;
    };
  }
  /// What is lost in spite of all.
  std::function<bool(const ike::Datagram&)> loses;

  const IpAddress left_1 = ip("192.0.2.1"), left_2 = ip("198.51.100.1"), left_6 = ip("2001:db8::1");
  const IpAddress right_1 = ip("192.0.2.2"), right_2 = ip("203.0.113.2"), right_6 = ip("2001:db8::2");

 private:
  void carry() {
    const auto sent = std::move(wire_.front());
    wire_.pop_front();
    const auto from = owners_.find(sent.local.address);
    const auto to = owners_.find(sent.remote.address);
    const bool passes = from != owners_.end() && to != owners_.end() &&
                        !cut_.contains(std::minmax(sent.local.address, sent.remote.address)) && !(loses && loses(sent));
    if (passes) world.inject(*to->second, {sent.remote, sent.local, sent.octets});
  }
  std::map<IpAddress, Node*> owners_;
  std::set<std::pair<IpAddress, IpAddress>> cut_;
  std::deque<ike::Datagram> wire_;
};

TEST_F(Mobility, MovesToAnotherAddressOfTheInitiatorWhenTheOneInUseGoes) {
  establish({left_1, left_2}, {right_1});
  has(left(), {left_2});
  run(milliseconds(500));
  expect_between(left_2, right_1);
  EXPECT_EQ(ladder_since_mark(),
            (std::vector<std::string>{
                "left  INFORMATIONAL request 2  HDR, SK {}", "right  INFORMATIONAL response 2  HDR, SK {}",
                "left  INFORMATIONAL request 3  HDR, SK {N(UPDATE_SA_ADDRESSES), N(NAT_DETECTION_SOURCE_IP), "
                "N(NAT_DETECTION_DESTINATION_IP), N(NO_ADDITIONAL_ADDRESSES), N(COOKIE2)}",
                "right  INFORMATIONAL response 3  HDR, SK {N(COOKIE2), N(NAT_DETECTION_SOURCE_IP), "
                "N(NAT_DETECTION_DESTINATION_IP)}",
                "right  INFORMATIONAL request 0  HDR, SK {N(COOKIE2)}",
                "left  INFORMATIONAL response 0  HDR, SK {N(COOKIE2)}"}));
}

TEST_F(Mobility, ANewAddressIsUsedWhenItComesAfterTheOldOneWent) {
  establish({left_1}, {right_1});
  has(left(), {ip("10.1.0.1")});  // what the tunnel protects cannot carry it
  run(seconds(30));
  has(left(), {ip("10.1.0.1"), left_2});
  run(seconds(1));
  expect_between(left_2, right_1);
}

TEST_F(Mobility, GoesFromIpv4ToIpv6AndBack) {
  establish({left_1, left_6}, {right_1, right_6});
  has(left(), {left_6});
  run(seconds(1));
  expect_between(left_6, right_6);
  has(left(), {left_1});
  run(seconds(1));
  expect_between(left_1, right_1);
}

TEST_F(Mobility, AnAddressOfTheResponderThatGoesMovesBothEnds) {
  establish({left_1}, {right_1, right_2});
  has(right(), {right_2});
  run(seconds(1));
  expect_between(left_1, right_2);
}

/// RFC 4555 §3.6: a list is of all addresses, and the one that its message came from stays one of them when another is in use.
TEST_F(Mobility, AnAddressOfTheResponderThatWasLeftIsStillKnown) {
  left_site.dpd_delay = seconds(2);
  establish({left_1, left_2}, {right_1, right_2});
  cut(left_1, right_1);
  cut(left_2, right_1);
  has(left(), {left_2});
  run(seconds(1));
  expect_between(left_2, right_2);
  has(right(), {right_1, right_2, right_6});  // told from right_2
  run(seconds(1));
  loses = [&](const ike::Datagram& sent) {  // the next lists are lost
    return (sent.local.address == right_1 || sent.local.address == right_2) &&
           !wire::parse_header(sent.octets)->response;
  };
  uncut();
  cut(left_1, right_2);
  cut(left_2, right_2);
  has(left(), {left_1});
  run(milliseconds(100));
  EXPECT_EQ(left().engine.ike_sas().at(established_id(left())).record().remote.address, right_1);
  uncut();
  cut(left_1, right_1);
  cut(left_2, right_1);
  has(left(), {left_2});
  run(milliseconds(100));
  EXPECT_EQ(left().engine.ike_sas().at(established_id(left())).record().remote.address, right_2);
}

/// The only path breaks while the list that names another one is on its way over it.
TEST_F(Mobility, AnAddressOfThePeerThatIsBackBeforeItCouldSayItIsFound) {
  establish({left_1, left_2}, {right_1, right_2});
  has(right(), {right_1});
  run(seconds(1));
  cut(left_1, right_1);
  has(right(), {right_1, right_2});
  has(left(), {left_2});
  cut(left_2, right_1);
  run(seconds(1));
  expect_between(left_2, right_2);
}

TEST_F(Mobility, APathThatBreaksSomewhereIsLeftForAnotherOne) {
  left_site.dpd_delay = seconds(10);
  establish({left_1, left_2}, {right_1, right_2});
  cut(left_1, right_1);
  cut(left_2, right_1);
  run(seconds(20));
  const auto& record = left().engine.ike_sas().at(established_id(left())).record();
  EXPECT_EQ(record.remote.address, right_2);
  expect_between(record.local.address, right_2);
}

TEST_F(Mobility, AChangedListIsToldAndMovesNothing) {
  establish({left_1}, {right_1});
  has(left(), {left_1, left_2});
  run(seconds(1));
  expect_between(left_1, right_1);
  EXPECT_EQ(established(right())->parts().mobility.of_peer, (std::vector{left_1, left_2}));
  has(left(), {left_1});
  run(seconds(1));
  EXPECT_EQ(established(right())->parts().mobility.of_peer, std::vector{left_1});
}

TEST_F(Mobility, H06_NoEspGoesToAnAddressBeforeItIsProven) {
  establish({left_1, left_2}, {right_1});
  bool proves = false;
  loses = [&](const ike::Datagram& sent) {
    return !proves && sent.local.address == left_2 && wire::parse_header(sent.octets)->response;
  };
  has(left(), {left_2});
  run(seconds(5));
  EXPECT_EQ(right().engine.ike_sas().at(established_id(right())).record().remote.address, left_2);
  EXPECT_EQ(right().stack.child_sas().begin()->second.remote.address, left_1);
  // A new Child SA does not go there either.
  world.control(right(), ike::RekeyChild{ControlId{5}, right().stack.child_sas().begin()->first});
  run(milliseconds(100));
  for (const auto& [id, sa] : right().stack.child_sas()) EXPECT_EQ(sa.remote.address, left_1);
  proves = true;
  run(seconds(30));
  for (const auto& [id, sa] : right().stack.child_sas()) EXPECT_EQ(sa.remote.address, left_2);
}

TEST_F(Mobility, H06_AnUpdateWhoseSourceWasForgedOnItsWayComesBackToThePeer) {
  establish({left_1}, {right_1});
  const IpAddress victim = ip("198.51.100.66");
  // One that moves nothing by itself, but whose source is changed: the responder believes it, and asks for proof in vain.
  bool forge = true;
  loses = [&](const ike::Datagram& sent) {
    if (!forge || sent.local.address != left_1 || sent.octets.size() < 200) return false;
    forge = false;
    world.inject(right(), {sent.remote, {victim, sent.local.port}, sent.octets});
    return true;
  };
  has(left(), {left_1, left_2});
  has(left(), {left_2});
  run(seconds(60));
  expect_between(left_2, right_1);
}

TEST_F(Mobility, H06_AFloodOfAddressesIsCutOff) {
  std::vector<wire::Payload> payloads;
  for (int i = 0; i < 38; ++i)
    payloads.push_back(
        ike::notify_payload(NotifyType::ADDITIONAL_IP4_ADDRESS, {10, 0, 0, static_cast<std::uint8_t>(i)}));
  EXPECT_EQ(ike::v2::told_addresses(ike::PayloadSet(payloads), left_1)->size(), 1 + limits::kAdditionalAddresses);
  const std::vector<wire::Payload> odd = {ike::notify_payload(NotifyType::ADDITIONAL_IP4_ADDRESS, {10, 0, 0}),
                                          ike::notify_payload(NotifyType::ADDITIONAL_IP6_ADDRESS, {10, 0, 0, 1})};
  EXPECT_EQ(ike::v2::told_addresses(ike::PayloadSet(odd), left_1), std::vector{left_1});
  ike::v2::Mobility mobility;
  for (int i = 0; i < 38; ++i)
    mobility.learn({left_1, *IpAddress::from_octets(Octets{10, 0, 0, static_cast<std::uint8_t>(i)})});
  EXPECT_EQ(mobility.formerly_of_peer.size(), limits::kAdditionalAddresses);
  EXPECT_EQ(mobility.formerly_of_peer.front(), ip("10.0.0.36"));
}

TEST_F(Mobility, H06_NoNatsAllowedNamesTheAddressesOfTheDatagram) {
  const ike::Path path{{left_1, 500}, {right_1, 500}};
  const auto payload = ike::v2::no_nats_allowed(path);
  const auto& notify = std::get<wire::NotifyPayload>(payload.body);
  EXPECT_EQ(notify.data, (Octets{192, 0, 2, 1, 192, 0, 2, 2, 1, 244, 1, 244}));
  EXPECT_TRUE(ike::v2::is_from_where_it_came(notify, {path.remote, path.local}));
  EXPECT_FALSE(ike::v2::is_from_where_it_came(notify, {path.remote, {left_2, 500}}));
  const auto v6 = ike::v2::no_nats_allowed({{left_6, 500}, {right_6, 500}});
  EXPECT_EQ(std::get<wire::NotifyPayload>(v6.body).data.size(), 36u);
}

TEST_F(Mobility, WhoDecidesStaysTheSameWhenTheOtherEndRekeysTheIkeSa) {
  establish({left_1, left_2}, {right_1});
  world.control(right(), ike::RekeyIke{ControlId{5}, established_id(right()), false});
  run(seconds(15));
  EXPECT_FALSE(left().engine.ike_sas().at(established_id(left())).record().initiator);
  has(left(), {left_2});
  run(seconds(1));
  expect_between(left_2, right_1);
}

TEST_F(Mobility, WithoutMobikeANewIkeSaTakesThePlaceOfOneWhoseAddressIsGone) {
  right_site.mobike = false;
  right_site.remote = IpAddress::unspecified(IpFamily::v4);
  establish({left_1, left_2}, {right_1});
  has(left(), {left_2});
  run(seconds(2));
  const auto up = std::ranges::count_if(left().engine.ike_sas(), [&](const auto& entry) {
    return entry.second.established() != nullptr && entry.second.record().local.address == left_2;
  });
  EXPECT_EQ(up, 1);
}

TEST_F(Mobility, OtherMessagesMoveNothing) {
  establish({left_1, left_2}, {right_1});
  // RFC 4555 §3.8: an authentic liveness check that comes another way is answered there, and that is all.
  left_site.dpd_delay = seconds(5);
  world.configure(left(), left_site.snapshot());
  bool redirected = false;
  loses = [&](const ike::Datagram& sent) {
    if (redirected || sent.local.address != left_1) return false;
    redirected = true;
    world.inject(right(), {sent.remote, {left_2, sent.local.port}, sent.octets});
    return true;
  };
  run(seconds(8));
  EXPECT_TRUE(redirected);
  expect_between(left_1, right_1);
}

TEST_F(Mobility, RequestsReachAnInitiatorWhoseMappingChangedBeforeItKnows) {
  left_site.dpd_delay = seconds(5);
  establish({left_1, left_2}, {right_1});
  change_mapping_of_left();
  world.control(right(), ike::RekeyChild{ControlId{5}, right().stack.child_sas().begin()->first});
  run(seconds(2));
  EXPECT_EQ(child_sas(right()), 1u) << "nobody hears it";
  run(seconds(10));  // the initiator asks whether we live
  EXPECT_EQ(outcome(right(), ControlId{5}), std::nullopt);
}

TEST_F(Mobility, RequestsOfTheHeirReachAnInitiatorWhoseMappingChangedBeforeItRekeyed) {
  establish({left_1, left_2}, {right_1});
  change_mapping_of_left();
  world.control(left(), ike::RekeyIke{ControlId{5}, established_id(left()), false});
  run(seconds(1));
  ASSERT_EQ(outcome(left(), ControlId{5}), std::nullopt);
  world.control(right(), ike::TerminateIke{ControlId{6}, established_id(right()), false});
  run(seconds(2));
  EXPECT_EQ(outcome(right(), ControlId{6}), std::nullopt);
  EXPECT_EQ(established_ike_sas(left()) + established_ike_sas(right()), 0u);
}

}  // namespace
}  // namespace keypact::sim
