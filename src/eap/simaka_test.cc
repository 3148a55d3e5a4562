#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>

#include "eap/digest.h"
#include "eap/simaka_common.h"
#include "eap/simaka_message.h"
#include "eap/test_conversation.h"

namespace keypact::eap {
namespace {

using testing::HasSubstr;

Octets hex(std::string_view text) { return *from_hex(text); }

/// K | OPc of test set 19 of 3GPP TS 35.208.
Secret subscriber_key() {
  return Secret::copy_of(hex("5122250214c33e723a5dd523fc145fc0981d464c7c52eb6e5036234984ad0bcf"));
}

constexpr std::string_view kImsi = "0555444333222111@wlan.mnc444.mcc555.3gppnetwork.org";

class Subscribers final : public SecretSource {
 public:
  [[nodiscard]] std::optional<Password> find(Method /*method*/, std::string_view identity) const override {
    if (identity != kImsi) return std::nullopt;
    return Password{subscriber_key(), false};
  }
};

class EapWithACard : public testing::TestWithParam<Method> {
 protected:
  [[nodiscard]] static Method method() { return GetParam(); }
  [[nodiscard]] static ClientConfig card() { return {{method()}, std::string(kImsi), {subscriber_key(), false}}; }
  /// Both ends until they have ended; `between` may change packets.
  void run(ServerConfig server, ClientConfig client) {
    both_ = std::make_unique<Conversation>(std::move(server), std::move(client));
    both_->secrets = std::make_unique<Subscribers>();
    both_->between = between_;
    both_->run();
  }
  void run() { run(offering({method()}), card()); }

  std::function<Octets(Octets)> between_;
  std::unique_ptr<Conversation> both_;
};

TEST_P(EapWithACard, ProvesBothEndsAndMakesTheSameKey) {
  run();
  both_->expect_success(method(), kImsi);
}

TEST_P(EapWithACard, PermanentIdentityIsAskedForWhenAnotherOneWasTold) {
  auto client = card();
  client.anonymous_identity = "anonymous@wlan.mnc444.mcc555.3gppnetwork.org";
  run(offering({method()}), std::move(client));
  both_->expect_success(method(), kImsi);
}

TEST_P(EapWithACard, WrongKeyOfTheCardIsSaid) {
  auto client = card();
  client.password.octets.reveal_mutable()[0] ^= 1;
  run(offering({method()}), std::move(client));
  ASSERT_TRUE(both_->server_failed && both_->client_failed);
  EXPECT_EQ(both_->client_failed->refusal.reason, Reason::server_not_authenticated);
  EXPECT_THAT(both_->client_failed->refusal.sentence, HasSubstr("does not know the key of our card"));
  EXPECT_EQ(both_->server_failed->refusal.reason, Reason::refused_by_peer);
}

TEST_P(EapWithACard, SubscriberWhoIsNotKnownIsSaid) {
  auto client = card();
  client.identity = "0555444333222999";
  run(offering({method()}), std::move(client));
  ASSERT_TRUE(both_->server_failed && both_->client_failed);
  EXPECT_EQ(both_->server_failed->refusal.reason, Reason::identity_unknown);
  EXPECT_THAT(both_->server_failed->refusal.sentence, HasSubstr("no subscriber '0555444333222999' is configured"));
  EXPECT_THAT(both_->client_failed->refusal.sentence, HasSubstr("notification 16384"));
}

TEST_P(EapWithACard, F02_EarlyEapSuccessIsRefusedAtEveryPoint) {
  run();
  const std::size_t requests = both_->packets.size() / 2;
  for (std::size_t at = 0; at < requests; ++at) {
    std::size_t seen = 0;
    between_ = [&](Octets packet) {
      return packet[0] == 1 && seen++ == at ? encode_result(Code::Success, packet[1]) : packet;
    };
    run();
    EXPECT_FALSE(both_->client_succeeded) << at;
  }
}

TEST_P(EapWithACard, EveryChangedBitOfEveryMessageIsRefusedOrDoesNothing) {
  run();
  const auto whole = both_->packets;
  for (std::size_t victim = 2; victim + 1 < whole.size(); ++victim) {
    for (std::size_t at = 5; at < whole[victim].size(); ++at) {
      std::size_t seen = 0;
      between_ = [&](Octets packet) {
        if (seen++ == victim && at < packet.size()) packet[at] ^= 0x10;
        return packet;
      };
      run();
      const bool together = both_->server_succeeded && both_->client_succeeded;
      EXPECT_TRUE(together || both_->server_failed || both_->client_failed) << victim << " " << at;
      if (!together) continue;
      EXPECT_TRUE(secret_equal(both_->server_succeeded->msk->reveal(), both_->client_succeeded->msk->reveal()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, EapWithACard, testing::Values(Method::SIM, Method::AKA, Method::AKA_PRIME),
                         [](const auto& parameter) { return to_string(parameter.param); });

class EapAka : public EapWithACard {};

TEST_P(EapAka, CardThatHasSeenAGreaterNumberGetsOneAboveIt) {
  auto client = card();
  client.card_sequence = (std::uint64_t{1} << 47) + 5;
  run(offering({method()}), std::move(client));
  both_->expect_success(method(), kImsi);
  EXPECT_EQ(both_->client.card_sequence(), (std::uint64_t{1} << 47) + 6);
}

TEST_P(EapAka, OldChallengeIsNotAnswered) {
  run();
  const auto challenge = both_->packets[2];
  auto client = card();
  client.card_sequence = both_->client.card_sequence();
  Client second(std::make_shared<const ClientConfig>(std::move(client)));
  const auto answer = second.on_packet(challenge, both_->of_client());
  const auto packet = parse_packet(std::get<ClientSend>(answer).packet);
  EXPECT_EQ(parse_sim_aka(packet->data)->subtype, Subtype::AKA_Synchronization_Failure);
  const auto end = second.on_packet(encode_result(Code::Success, 0), both_->of_client());
  EXPECT_TRUE(std::holds_alternative<ClientFailed>(end));
}

INSTANTIATE_TEST_SUITE_P(Every, EapAka, testing::Values(Method::AKA, Method::AKA_PRIME),
                         [](const auto& parameter) { return to_string(parameter.param); });

TEST(EapAkaPrime, IsNotTakenAwayUnnoticed) {
  // Somebody refuses the server's AKA' in the client's name, and the client never sees it.
  const std::vector methods = {Method::AKA_PRIME, Method::AKA};
  Conversation both(offering(methods), {methods, std::string(kImsi), {subscriber_key(), false}});
  both.secrets = std::make_unique<Subscribers>();
  auto step = both.server.start(both.of_server());
  const auto identity = both.client.on_packet(Conversation::octets_of(step), both.of_client());
  step = both.server.on_response(std::get<ClientSend>(identity).packet, both.of_server());
  const auto identifier = Conversation::octets_of(step)[1];
  step = both.server.on_response(encode_response(identifier, Method::Nak, Octets{23}), both.of_server());
  auto answer = both.client.on_packet(Conversation::octets_of(step), both.of_client());
  const auto said = parse_packet(std::get<ClientSend>(answer).packet);
  EXPECT_EQ(parse_sim_aka(said->data)->subtype, Subtype::AKA_Authentication_Reject);
  answer = both.client.on_packet(encode_result(Code::Failure, 0), both.of_client());
  EXPECT_THAT(std::get<ClientFailed>(answer).refusal.sentence, HasSubstr("somebody made them believe"));
}

TEST(SimAkaMessage, IsThatOfRfc4186AppendixA) {
  // RFC 4186 §A.3, §A.4.
  EXPECT_EQ(encode_request(1, Method::SIM,
                           encode(SimAkaMessage{Subtype::SIM_Start,
                                                {counted_attribute(AttributeType::AT_VERSION_LIST, hex("0001"))}})),
            hex("01010010 12 0a0000 0f0200020001 0000"));
  EXPECT_EQ(
      encode_response(
          1, Method::SIM,
          encode(SimAkaMessage{Subtype::SIM_Start,
                               {reserved_attribute(AttributeType::AT_NONCE_MT, hex("0123456789abcdeffedcba9876543210")),
                                short_attribute(AttributeType::AT_SELECTED_VERSION, 1)}})),
      hex("02010020 12 0a0000 07050000 0123456789abcdeffedcba9876543210 10010001"));
}

TEST(SimAkaMessage, MacIsThatOfRfc4186AppendixA) {
  const auto k_aut = Secret::copy_of(hex("25af1942efcbf4bc72b3943421f2a974"));
  const auto packet = parse_packet(hex("0202001c 12 0b0000 0b050000 f56d6433e68ed2976ac11937fc3d1154"));
  const auto answers = hex("d1d2d3d4 e1e2e3e4 f1f2f3f4");
  EXPECT_TRUE(mac_is_right(*packet, k_aut, answers));
  EXPECT_FALSE(mac_is_right(*packet, k_aut, hex("d1d2d3d4 e1e2e3e4 f1f2f3f5")));
  EXPECT_EQ(encode_with_mac({Subtype::SIM_Challenge, {}}, {Code::Response, 2, Method::SIM, {}}, k_aut, answers),
            packet->data);
}

TEST(SimAkaMessage, F05_EveryAttributeInEveryLengthIsParsedOrRefused) {
  for (unsigned type = 0; type < 256; ++type) {
    for (unsigned length = 0; length < 256; ++length) {
      for (const std::size_t present : {std::size_t{0}, std::size_t{2}, std::size_t{18}, std::size_t{1018}}) {
        Octets data = {1, 0, 0, static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(length)};
        data.resize(data.size() + present);
        const auto message = parse_sim_aka(data);
        EXPECT_TRUE(length != 0 || message.error() == "an attribute whose length is zero");
        EXPECT_FALSE(4 * length > present + 2 && message.has_value());
        if (!message) continue;
        for (const auto attribute : {AttributeType::AT_RES, AttributeType::AT_IDENTITY, AttributeType::AT_KDF_INPUT})
          EXPECT_LE(message->counted_value(attribute).value_or(OctetView()).size(), present);
      }
    }
  }
}

TEST(SimAkaMessage, AnyOctetsAreParsedOrRefused) {
  rc::check([](const Octets& octets) {
    const auto message = parse_sim_aka(octets);
    if (message) (void)encode(*message);
    const Packet packet{Code::Request, 1, Method::AKA, octets};
    RC_ASSERT(!mac_is_right(packet, Secret(16)));
  });
}

TEST(SimAkaMessage, AttributesThatAreNotKnownAreSkippedOnlyWhereTheyMayBe) {
  EXPECT_TRUE(parse_sim_aka(hex("01 0000 ff010000")).has_value());
  EXPECT_EQ(parse_sim_aka(hex("01 0000 7f010000")).error(), "an attribute that we do not know and may not skip");
  EXPECT_EQ(parse_sim_aka(hex("01 0000 16010000 16010000")).error(), "an attribute twice");
}

}  // namespace
}  // namespace keypact::eap
