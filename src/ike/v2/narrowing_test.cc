#include "ike/v2/narrowing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "ike/v2/proposal_choice.h"

namespace keypact::ike::v2 {
namespace {

/// Selectors over a tiny world, so that sets can be compared point by point: addresses 10.0.0.0..15, protocols 0, 6, 17, ports 0..3.
TrafficSelector selector(unsigned a, unsigned b, unsigned protocol, unsigned p, unsigned q) {
  static constexpr std::uint8_t kProtocols[] = {0, 6, 17};
  TrafficSelector made;
  made.first = IpAddress::v4(0x0a000000 + std::min(a % 16, b % 16));
  made.last = IpAddress::v4(0x0a000000 + std::max(a % 16, b % 16));
  made.protocol = kProtocols[protocol % 3];
  made.ports = PortRange::any();
  if (made.protocol != 0 && p % 5 != 4)
    made.ports = {static_cast<std::uint16_t>(std::min(p % 4, q % 4)),
                  static_cast<std::uint16_t>(std::max(p % 4, q % 4))};
  return made;
}

struct Point {
  unsigned address, protocol, port;
};
bool holds(const Selectors& selectors, const Point& point) {
  return std::ranges::any_of(selectors, [&](const TrafficSelector& s) {
    return s.contains(IpAddress::v4(0x0a000000 + point.address)) && (s.protocol == 0 || s.protocol == point.protocol) &&
           s.ports.first <= point.port && point.port <= s.ports.last;
  });
}

Selectors some_selectors(const std::vector<std::uint32_t>& seeds) {
  Selectors made;
  for (const auto seed : seeds) made.push_back(selector(seed, seed >> 4, seed >> 8, seed >> 12, seed >> 16));
  if (made.size() > 6) made.resize(6);
  return made;
}

RC_GTEST_PROP(Narrowing, I09_IsTheIntersectionPointByPoint,
              (const std::vector<std::uint32_t>& ours, const std::vector<std::uint32_t>& theirs)) {
  const auto policy = some_selectors(ours);
  const auto proposed = some_selectors(theirs);
  const Selectors everything = {TrafficSelector::all(IpFamily::v4)};
  const auto narrowed = narrow(policy, everything, proposed, everything);
  for (unsigned address = 0; address < 16; ++address)
    for (const unsigned protocol : {1u, 6u, 17u})
      for (unsigned port = 0; port < 5; ++port) {
        const Point point{address, protocol, port};
        const bool expected = holds(policy, point) && holds(proposed, point);
        RC_ASSERT((narrowed.has_value() && holds(narrowed->local(), point)) == expected);
      }
  if (narrowed) RC_ASSERT(accept_narrowed(policy, everything, narrowed->local(), narrowed->remote()).has_value());
}

TEST(Narrowing, I09_LeavesNoFamilyWithoutACounterpart) {
  const Selectors both = {TrafficSelector::all(IpFamily::v4), TrafficSelector::all(IpFamily::v6)};
  const Selectors v4 = {TrafficSelector::all(IpFamily::v4)};
  const auto narrowed = narrow(both, both, both, v4);
  ASSERT_TRUE(narrowed.has_value());
  EXPECT_EQ(narrowed->local(), v4);
  EXPECT_FALSE(narrow({TrafficSelector::all(IpFamily::v6)}, both, both, v4).has_value());
}

TEST(Narrowing, I09_LeavesNoProtocolWithoutACounterpart) {
  const auto of = [](std::uint8_t protocol) {
    auto selector = TrafficSelector::all(IpFamily::v4);
    selector.protocol = protocol;
    return selector;
  };
  const Selectors any = {of(kAnyProtocol)};
  const auto narrowed = narrow({of(6), of(132)}, any, any, {of(132), of(17)});
  ASSERT_TRUE(narrowed.has_value());
  EXPECT_EQ(narrowed->local(), Selectors{of(132)});
  EXPECT_EQ(narrowed->remote(), Selectors{of(132)});
  EXPECT_FALSE(narrow({of(6)}, any, any, {of(17)}).has_value());
}

TEST(Narrowing, A14_InvalidSelectorsAreUnacceptable) {
  const Selectors all = {TrafficSelector::all(IpFamily::v4)};
  auto reversed = TrafficSelector::all(IpFamily::v4);
  std::swap(reversed.first, reversed.last);
  EXPECT_FALSE(narrow(all, all, {reversed}, all).has_value());
  EXPECT_FALSE(narrow(all, all, {}, all).has_value());
  EXPECT_FALSE(accept_narrowed(all, all, all, {reversed}).has_value());
}

TEST(Narrowing, AnAnswerBeyondWhatWasProposedIsRefused) {
  const Selectors lan = {TrafficSelector::of(prefix_of(*IpAddress::parse("10.1.0.0"), 16))};
  const Selectors wider = {TrafficSelector::of(prefix_of(*IpAddress::parse("10.0.0.0"), 8))};
  EXPECT_TRUE(accept_narrowed(lan, lan, lan, lan).has_value());
  EXPECT_FALSE(accept_narrowed(lan, lan, wider, lan).has_value());
  EXPECT_FALSE(accept_narrowed(lan, lan, lan, wider).has_value());
}

Proposal ike(std::vector<Transform> transforms) { return {ProtocolId::IKE, std::move(transforms)}; }

TEST(ProposalChoice, A12_ATransformWithAnUnknownAttributeIsLeftOut) {
  const auto gcm = encryption(EncryptionId::ENCR_AES_GCM_16, 256);
  auto offer = sa_payload({ike({gcm, prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(KeyExchangeMethod::CURVE25519)})}, {},
                          KeyExchangeUse::negotiate);
  const auto acceptable =
      std::vector{ike({gcm, prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(KeyExchangeMethod::CURVE25519)})};
  ASSERT_TRUE(choose_proposal(offer, acceptable, KeyExchangeUse::negotiate, {}).has_value());
  offer.proposals[0].transforms[0].attributes.push_back({99, true, {0, 1}});
  EXPECT_FALSE(choose_proposal(offer, acceptable, KeyExchangeUse::negotiate, {}).has_value());
}

TEST(ProposalChoice, A10_EveryNumberThatIsNotOursIsRefused) {
  const auto acceptable =
      std::vector{ike({encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                       key_exchange(KeyExchangeMethod::CURVE25519)})};
  for (unsigned id = 0; id <= 0xffff; ++id) {
    auto offered = acceptable.front();
    offered.transforms[2].id = static_cast<std::uint16_t>(id);
    const auto offer = sa_payload({offered}, {}, KeyExchangeUse::negotiate);
    const bool chosen = choose_proposal(offer, acceptable, KeyExchangeUse::negotiate, {}).has_value();
    ASSERT_EQ(chosen, id == static_cast<unsigned>(KeyExchangeMethod::CURVE25519)) << id;
  }
}

TEST(ProposalChoice, TakesTheMethodOfTheKePayloadWhenItIsAcceptable) {
  const auto with = [](KeyExchangeMethod a, KeyExchangeMethod b) {
    return std::vector{ike({encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                            key_exchange(a), key_exchange(b)})};
  };
  const auto offer =
      sa_payload(with(KeyExchangeMethod::ECP_256, KeyExchangeMethod::CURVE25519), {}, KeyExchangeUse::negotiate);
  const auto ours = with(KeyExchangeMethod::CURVE25519, KeyExchangeMethod::ECP_256);
  const auto chosen = [&](KeyExchangeMethod sent) {
    return key_exchange_of(choose_proposal(offer, ours, KeyExchangeUse::negotiate, sent)->proposal);
  };
  EXPECT_EQ(chosen(KeyExchangeMethod::ECP_256), KeyExchangeMethod::ECP_256);
  EXPECT_EQ(chosen(KeyExchangeMethod::MODP_2048), KeyExchangeMethod::CURVE25519);
}

TEST(ProposalChoice, AnAnswerThatChangesTheOfferIsRefused) {
  const auto offered =
      std::vector{ike({encryption(EncryptionId::ENCR_AES_GCM_16, 256), encryption(EncryptionId::ENCR_AES_GCM_16, 128),
                       prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(KeyExchangeMethod::CURVE25519)})};
  const auto answer = [&](std::vector<Transform> transforms, std::uint8_t number = 1) {
    wire::SaPayload sa;
    sa.proposals.push_back(wire::ProposalSubstructure::of(number, ike(std::move(transforms)), {}));
    return accept_choice(sa, offered, KeyExchangeUse::negotiate).has_value();
  };
  const auto gcm = [](std::uint16_t bits) { return encryption(EncryptionId::ENCR_AES_GCM_16, bits); };
  const auto sha = prf(PrfId::PRF_HMAC_SHA2_256);
  const auto x25519 = key_exchange(KeyExchangeMethod::CURVE25519);
  EXPECT_TRUE(answer({gcm(128), sha, x25519}));
  EXPECT_FALSE(answer({gcm(192), sha, x25519})) << "a key size that was not offered";
  EXPECT_FALSE(answer({gcm(128), gcm(256), sha, x25519})) << "two of one type";
  EXPECT_FALSE(answer({gcm(128), sha})) << "a type is missing";
  EXPECT_FALSE(answer({gcm(128), sha, x25519, integrity(IntegrityId::AUTH_HMAC_SHA1_96)})) << "a type was added";
  EXPECT_FALSE(answer({gcm(128), sha, x25519}, 2)) << "another number";
  EXPECT_FALSE(answer({gcm(128), sha, x25519}, 0));
}

}  // namespace
}  // namespace keypact::ike::v2
