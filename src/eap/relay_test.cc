// What a gateway between a peer and a RADIUS server passes on, and which words of the server's it takes. RFC 3579 §2.
#include "eap/relay.h"

#include <gmock/gmock.h>

namespace keypact::eap {
namespace {

using radius::Attribute;
using radius::Type;
using testing::HasSubstr;

constexpr std::uint8_t kIdentifier = 9;

Attribute eap(const Octets& packet) { return {Type::EAP_Message, packet}; }

struct RelayedEap : testing::Test {
  Relay relay{{{IpAddress::v4(1), 4500}, {IpAddress::v4(2), 4500}, "gw", 7}, "carol"};
  radius::ServerPtr server = [] {
    auto made = std::make_shared<config::RadiusServer>();
    made->name = "main";
    return made;
  }();

  ServerStep answered(radius::Code code, std::vector<Attribute> attributes, std::size_t key = 0) {
    radius::Answer answer{server, code, std::move(attributes), {}};
    if (key > 0) answer.keys = radius::MppeKeys{Secret(key), Secret(key)};
    return relay.on_outcome(std::move(answer));
  }
  ServerStep challenged(Method method) {
    static_cast<void>(relay.start());
    return answered(radius::Code::Access_Challenge,
                    {{Type::State, {1, 2}}, eap(encode_request(kIdentifier, method, Octets{5}))});
  }
  static std::string why(const ServerStep& step) {
    const auto* failed = std::get_if<ServerFailed>(&step);
    return failed == nullptr ? "it did not fail" : failed->refusal.sentence;
  }
};

TEST_F(RelayedEap, TheServerHearsWhoThePeerIsAndGetsItsStateBack) {
  const auto first = std::get<radius::Question>(relay.start());
  EXPECT_EQ(as_text(radius::find(first.attributes, Type::User_Name)->value), "carol");
  EXPECT_EQ(radius::joined(first.attributes, Type::EAP_Message),
            encode_response(0, Method::Identity, as_octets("carol")));
  EXPECT_EQ(radius::find(first.attributes, Type::State), nullptr);
  const auto step = answered(radius::Code::Access_Challenge,
                             {{Type::State, {1, 2}}, eap(encode_request(kIdentifier, Method::MD5, Octets{5}))});
  EXPECT_EQ(std::get<Send>(step).packet, encode_request(kIdentifier, Method::MD5, Octets{5}));
  const auto response = encode_response(kIdentifier, Method::MD5, Octets(600));
  const auto next = std::get<radius::Question>(relay.on_response(response));
  EXPECT_EQ(next.server, server);
  EXPECT_EQ(radius::find(next.attributes, Type::State)->value, (Octets{1, 2}));
  EXPECT_EQ(radius::joined(next.attributes, Type::EAP_Message), response);
}

/// Else whoever knows a name would be let in: AUTH would be made with SK_pi alone.
TEST_F(RelayedEap, AnAcceptanceWithoutAProofIsRefused) {
  static_cast<void>(relay.start());
  EXPECT_THAT(why(answered(radius::Code::Access_Accept, {eap(encode_result(Code::Success, 0))}, 32)),
              HasSubstr("without having asked it for a proof"));
}

TEST_F(RelayedEap, AMethodThatMakesAKeyIsNotTakenWithoutIt) {
  static_cast<void>(challenged(Method::TLS));
  EXPECT_THAT(why(answered(radius::Code::Access_Accept, {})), HasSubstr("sends no key of EAP-TLS"));
  EXPECT_THAT(why(answered(radius::Code::Access_Accept, {}, 15)), HasSubstr("sends no key"));
  EXPECT_THAT(why(answered(radius::Code::Access_Accept, {}, 33)), HasSubstr("sends no key"));
  EXPECT_TRUE(std::get<ServerSucceeded>(answered(radius::Code::Access_Accept, {}, 16)).msk);
}

TEST_F(RelayedEap, WhatTheServerTellsUsAndThePeerIsTheSame) {
  static_cast<void>(challenged(Method::MD5));
  EXPECT_THAT(why(answered(radius::Code::Access_Accept, {eap(encode_result(Code::Failure, kIdentifier))})),
              HasSubstr("does not tell it so by EAP"));
  const auto step = answered(radius::Code::Access_Accept, {{Type::User_Name, {'d', 'a', 'v', 'e'}}});
  EXPECT_EQ(std::get<ServerSucceeded>(step).identity, "dave");
  EXPECT_EQ(std::get<ServerSucceeded>(step).packet, encode_result(Code::Success, kIdentifier));
}

TEST_F(RelayedEap, ARejectionSaysWhoAndWhat) {
  static_cast<void>(challenged(Method::MD5));
  const auto step = answered(radius::Code::Access_Reject, {{Type::Reply_Message, {'n', 'o', '\n'}}});
  EXPECT_THAT(why(step), HasSubstr("main"));
  EXPECT_THAT(why(step), HasSubstr("rejects 'carol': 'no\\x0a'"));
  EXPECT_EQ(std::get<ServerFailed>(step).packet, encode_result(Code::Failure, kIdentifier));
}

TEST_F(RelayedEap, AChallengeThatIsNoEapAndOneThatNeverEndsAreRefused) {
  static_cast<void>(relay.start());
  EXPECT_THAT(why(answered(radius::Code::Access_Challenge, {})), HasSubstr("not by EAP"));
  EXPECT_THAT(why(answered(radius::Code::Access_Challenge, {eap({1, 2})})), HasSubstr("not by EAP"));
  EXPECT_THAT(why(answered(radius::Code::Access_Challenge, {eap(encode_response(1, Method::MD5, {}))})),
              HasSubstr("not by EAP"));
  for (int round = 0; round < 50; ++round) EXPECT_TRUE(std::holds_alternative<Send>(challenged(Method::TLS)));
  EXPECT_THAT(why(challenged(Method::TLS)), HasSubstr("comes to no end"));
}

TEST_F(RelayedEap, APeerWhoseNameDoesNotFitIsRefused) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{254}}) {
    Relay other({}, std::string(size, 'x'));
    EXPECT_THAT(why(std::get<ServerStep>(other.start())), HasSubstr("1 to 253 octets"));
  }
}

}  // namespace
}  // namespace keypact::eap
