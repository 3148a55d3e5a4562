// Cookies, and what a flood of IKE_SA_INIT requests can and cannot do. RFC 7296 §2.6, §2.6.1.
#include <set>

#include "base/limits.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class Cookies : public Ladder {
 protected:
  /// The first IKE_SA_INIT request of the left side, which does not arrive.
  wire::Message captured_request() {
    Octets captured;
    world.set_judge([&](const InFlight& packet) {
      if (captured.empty()) captured = packet.datagram.octets;
      return Fate::drop;
    });
    world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    world.run_for(milliseconds(10));
    world.set_judge({});
    captured_ = captured;
    return *wire::parse_message(captured_);
  }
  static IpAddress spoofed(std::size_t number) {
    return IpAddress::v4(static_cast<std::uint32_t>(0x0b000001 + (number << 10)));  // each in a network of its own
  }
  /// The same request from elsewhere, under another SPI.
  void send_from(const IpAddress& source, std::uint64_t spi, std::vector<wire::Payload> payloads, wire::Header header) {
    header.initiator_spi = {spi};
    world.inject(right(), {{right_site.local, 500}, {source, 500}, wire::encode_message(header, payloads)});
  }
  void flood(const wire::Message& request, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      send_from(spoofed(flooded_ + i), 0x1000 + flooded_ + i, request.clear.payloads, request.header);
    flooded_ += count;
  }
  /// An open configuration at the right: it takes initiators from any address.
  void start_open() {
    auto open = right_site.connection();
    auto connection = std::make_shared<config::Connection>(*open);
    connection->remote_addrs = {config::AddressPattern{}};
    auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
    snapshot->connections = {connection};
    world.add("left", left_site.local, left_site.snapshot());
    world.add("right", right_site.local, snapshot);
  }
  Octets captured_;
  std::vector<ike::Datagram> answers_;
  std::size_t flooded_ = 0;
};

TEST_F(Cookies, C01_AFloodMeetsCookiesAndLeavesNoFurtherState) {
  start_open();
  const auto request = captured_request();
  flood(request, limits::kHalfOpenBeforeCookies);
  EXPECT_EQ(right().engine.counters().cookies_sent, 0u);
  EXPECT_EQ(right().engine.ike_sas().size(), limits::kHalfOpenBeforeCookies);
  const auto sent_before = world.ladder().size();
  flood(request, 1000);
  EXPECT_EQ(right().engine.counters().cookies_sent, 1000u);
  EXPECT_EQ(right().engine.ike_sas().size(), limits::kHalfOpenBeforeCookies);
  EXPECT_EQ(world.ladder().back(), "right  IKE_SA_INIT response 0  HDR, N(COOKIE)");
  EXPECT_GE(world.ladder().size(), sent_before + 1000);
}

TEST_F(Cookies, AnHonestInitiatorComesThroughAFlood) {
  start_open();
  const auto request = captured_request();
  flood(request, limits::kHalfOpenBeforeCookies);
  world.run_for(seconds(2));
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_GE(right().engine.counters().cookies_sent, 1u);
  expect_mirrored_child_sas(1);
  bool returned = false;
  for (const auto& line : world.ladder())
    returned |= line.find("left  IKE_SA_INIT request 0  HDR, N(COOKIE), SAi1") == 0;
  EXPECT_TRUE(returned) << "the cookie is the first payload";
}

TEST_F(Cookies, C12_ACookieIsGoodOnlyForWhomItWasMade) {
  start_open();
  const auto request = captured_request();
  flood(request, limits::kHalfOpenBeforeCookies);
  Octets answer;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "right") answer = packet.datagram.octets;
    return Fate::drop;
  });
  const auto source = spoofed(5000);
  send_from(source, 0x77, request.clear.payloads, request.header);
  const auto parsed = wire::parse_message(answer);
  ASSERT_TRUE(parsed.has_value());
  const auto cookie = std::get<wire::NotifyPayload>(parsed->clear.payloads.front().body);
  ASSERT_EQ(cookie.type, NotifyType::COOKIE);
  const auto with_cookie = [&](const Octets& data, bool first) {
    auto payloads = request.clear.payloads;
    payloads.insert(first ? payloads.begin() : payloads.end(), ike::notify_payload(NotifyType::COOKIE, data));
    return payloads;
  };
  const auto accepted = [&] { return right().engine.ike_sas().size() - limits::kHalfOpenBeforeCookies; };

  send_from(spoofed(5001), 0x77, with_cookie(cookie.data, true), request.header);
  EXPECT_EQ(accepted(), 0u) << "another address";
  send_from(source, 0x78, with_cookie(cookie.data, true), request.header);
  EXPECT_EQ(accepted(), 0u) << "another SPI";
  auto other_nonce = with_cookie(cookie.data, true);
  for (auto& payload : other_nonce)
    if (auto* nonce = std::get_if<wire::NoncePayload>(&payload.body)) nonce->nonce.front() ^= 1;
  send_from(source, 0x77, other_nonce, request.header);
  EXPECT_EQ(accepted(), 0u) << "another nonce";
  for (const std::size_t octets : {0u, 1u, 64u, 65u}) {
    send_from(source, 0x77, with_cookie(Octets(octets, 1), true), request.header);
    EXPECT_EQ(accepted(), 0u) << octets << " octets of nothing";
  }
  send_from(source, 0x77, with_cookie(cookie.data, false), request.header);
  EXPECT_EQ(accepted(), 0u) << "not the first payload";
  send_from(source, 0x77, with_cookie(cookie.data, true), request.header);
  EXPECT_EQ(accepted(), 1u) << "the right one";
}

/// A jar of its own, and one initiator who asks.
struct Jar {
  crypto::Library& library;
  SeededRandom random{9};
  Octets nonce = Octets(32, 5);
  ike::CookieJar jar{random, Instant{}};
  [[nodiscard]] ike::CookieJar::Binding binding() const { return {IkeSpi{7}, nonce, IpAddress::v4(0x0b000001)}; }
  Octets make(Duration when) { return jar.make(library, binding(), random, Instant(when)); }
  bool verify(const Octets& cookie, Duration when) { return jar.verify(library, binding(), cookie, Instant(when)); }
};

TEST_F(Cookies, C12_ASecretIsReplacedAndThePreviousOneStillCounts) {
  Jar jar{world.library()};
  const auto cookie = jar.make(seconds(0));
  (void)jar.make(seconds(121));
  EXPECT_FALSE(jar.verify(cookie, seconds(121))) << "its time is over";
  const auto last = jar.make(seconds(240));
  (void)jar.make(seconds(242));
  EXPECT_TRUE(jar.verify(last, seconds(242))) << "the previous secret still counts";
}

TEST_F(Cookies, C12_ACookieIsGoodForFiveToTenSeconds) {
  Jar jar{world.library()};
  const auto cookie = jar.make(seconds(0));
  EXPECT_TRUE(jar.verify(cookie, seconds(5)));
  EXPECT_FALSE(jar.verify(cookie, seconds(10)));
  for (std::size_t octet = 0; octet < cookie.size(); ++octet) {
    auto other = cookie;
    other[octet] ^= 1;
    EXPECT_FALSE(jar.verify(other, seconds(0))) << octet;
  }
}

TEST_F(Cookies, C13_AnEndlessDemandForCookiesEndsTheAttempt) {
  start();
  unsigned demands = 0;
  std::set<Octets> requests;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name != "left") return Fate::drop;
    ++demands;
    requests.insert(packet.datagram.octets);
    auto header = *wire::parse_header(packet.datagram.octets);
    header.initiator = false;
    header.response = true;
    const auto cookie = ike::notify_payload(NotifyType::COOKIE, Octets(8, static_cast<std::uint8_t>(demands)));
    const auto to = packet.datagram.local;
    const auto from = packet.datagram.remote;
    answers_.push_back({to, from, wire::encode_message(header, {cookie})});
    return Fate::drop;
  });
  world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  for (int i = 0; i < 500; ++i) {
    world.run_for(milliseconds(10));
    for (auto& answer : std::exchange(answers_, {})) world.inject(left(), std::move(answer));
  }
  EXPECT_EQ(refusal_code(left()), RefusalCode::too_many_restarts);
  EXPECT_EQ(requests.size(), limits::kSaInitRestarts + 1);
}

TEST_F(Cookies, HalfOpenSasOfOneSourceAreBounded) {
  start_open();
  const auto request = captured_request();
  for (std::uint64_t i = 0; i < 20; ++i) send_from(spoofed(1), 0x2000 + i, request.clear.payloads, request.header);
  EXPECT_EQ(right().engine.ike_sas().size(), limits::kHalfOpenPerSourceBeforeCookies);
  EXPECT_EQ(right().engine.counters().cookies_sent, 20 - limits::kHalfOpenPerSourceBeforeCookies);
  world.run_for(minutes(2));
  EXPECT_EQ(right().engine.ike_sas().size(), 1u) << "they expire; the honest left side came through";
  EXPECT_NE(established(right()), nullptr);
}

}  // namespace
}  // namespace keypact::sim
