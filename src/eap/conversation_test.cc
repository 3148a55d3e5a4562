#include <gmock/gmock.h>

#include "base/limits.h"
#include "eap/mschapv2.h"
#include "eap/test_conversation.h"

namespace keypact::eap {
namespace {

using testing::HasSubstr;

constexpr Method kWithPassword[] = {Method::MD5, Method::GTC, Method::MSCHAPV2};

TEST(EapConversation, EveryMethodWithAPasswordAuthenticatesThePeer) {
  for (const auto method : kWithPassword) {
    Conversation both(offering({method}), carol({method}));
    both.run();
    both.expect_success(method, "carol");
  }
}

TEST(EapConversation, IdentityIsNotAskedWhenIkeHasToldIt) {
  for (const auto method : kWithPassword) {
    auto config = offering({method});
    config.asks_identity = false;
    Conversation both(config, carol({method}), "carol");
    both.run();
    both.expect_success(method, "carol");
    EXPECT_EQ(parse_packet(both.packets.front())->type, method);
  }
}

TEST(EapConversation, WrongPasswordIsSaidToBeWrong) {
  for (const auto method : kWithPassword) {
    Conversation both(offering({method}), carol({method}, "other"));
    both.run();
    ASSERT_TRUE(both.server_failed && both.client_failed);
    EXPECT_EQ(both.server_failed->refusal,
              (Refusal{Reason::peer_not_authenticated, method, "the password of 'carol' is wrong"}));
    EXPECT_EQ(both.client_failed->refusal.reason, Reason::refused_by_peer);
    EXPECT_EQ(both.packets.back(), encode_result(Code::Failure, parse_packet(both.packets.end()[-2])->identifier));
  }
}

TEST(EapConversation, ClientOfMschapv2SaysWhatTheServerSaid) {
  Conversation both(offering({Method::MSCHAPV2}), carol({Method::MSCHAPV2}, "other"));
  both.run();
  ASSERT_TRUE(both.client_failed);
  EXPECT_EQ(both.client_failed->refusal.sentence,
            "the server refused 'carol': the name or the password is wrong (E=691)");
}

TEST(EapConversation, WhoHasNoPasswordHereIsNamedToUsAndToldTheSameAsWithAWrongOne) {
  for (const auto method : kWithPassword) {
    Conversation unknown(offering({method}), {{method}, "mallory", password_of("x")});
    unknown.run();
    ASSERT_TRUE(unknown.server_failed);
    EXPECT_EQ(unknown.server_failed->refusal,
              (Refusal{Reason::identity_unknown, method, "no password is configured for 'mallory'"}));
    Conversation wrong(offering({method}), carol({method}, "x"));
    wrong.run();
    ASSERT_EQ(unknown.packets.size(), wrong.packets.size());
    EXPECT_EQ(unknown.packets.back(), wrong.packets.back());
    EXPECT_EQ(unknown.packets.end()[-3].size(), wrong.packets.end()[-3].size());
  }
}

TEST(EapConversation, NakLeadsToTheNextMethodThatBothKnow) {
  Conversation both(offering({Method::GTC, Method::MD5, Method::MSCHAPV2}), carol({Method::MSCHAPV2, Method::MD5}));
  both.run();
  // The server's order decides.
  both.expect_success(Method::MD5, "carol");
}

TEST(EapConversation, WithoutACommonMethodBothSayWhatEachWanted) {
  Conversation both(offering({Method::GTC, Method::MD5}), carol({Method::MSCHAPV2}));
  both.run();
  ASSERT_TRUE(both.server_failed && both.client_failed);
  EXPECT_EQ(both.server_failed->refusal.reason, Reason::no_common_method);
  EXPECT_EQ(both.server_failed->refusal.sentence,
            "we offer EAP-GTC, EAP-MD5 to 'carol', and it asked for EAP-MSCHAPV2: configure one method on both sides");
  EXPECT_EQ(both.client_failed->refusal.reason, Reason::no_common_method);
  EXPECT_EQ(both.client_failed->refusal.sentence,
            "the server offered EAP-GTC, and we are configured for EAP-MSCHAPV2: configure one method on both sides");
}

TEST(EapConversation, NamesWithADomainFindTheUser) {
  Conversation both(offering({Method::MSCHAPV2}), {{Method::MSCHAPV2}, "BIGCO\\carol", password_of("Ar3etTnp")});
  both.run();
  both.expect_success(Method::MSCHAPV2, "BIGCO\\carol");
}

TEST(EapConversation, F06_PasswordOfOneDoesNotOpenTheNameOfAnother) {
  auto config = offering({Method::MSCHAPV2});
  config.asks_identity = false;
  Conversation both(config, carol({Method::MSCHAPV2}), "dave");
  both.run();
  ASSERT_TRUE(both.server_failed);
  EXPECT_EQ(both.server_failed->refusal, (Refusal{Reason::identity_differs, Method::MSCHAPV2,
                                                  "the peer is called 'dave', and would authenticate as 'carol'"}));
}

TEST(EapConversation, EndsMayBeMovedBetweenSteps) {
  Conversation both(offering({Method::MSCHAPV2}), carol({Method::MSCHAPV2}));
  auto step = both.server.start(both.of_server());
  Server server = std::move(both.server);
  Client client = std::move(both.client);
  while (std::holds_alternative<Send>(step)) {
    auto answer = client.on_packet(Conversation::octets_of(step), both.of_client());
    step = server.on_response(std::get<ClientSend>(answer).packet, both.of_server());
    Server next_server = std::move(server);
    Client next_client = std::move(client);
    server = std::move(next_server);
    client = std::move(next_client);
  }
  EXPECT_TRUE(std::holds_alternative<ServerSucceeded>(step));
}

TEST(EapServer, A18_IdentitiesThatLookLikeDerAreOctetsLikeOthers) {
  for (const std::string_view identity : {"\x30", "\x31\xff", "\x30\x84\xff\xff\xff\xff", "0", "1\x80"}) {
    for (const auto method : kWithPassword) {
      Conversation both(offering({method}), {{method}, std::string(identity), password_of("x")});
      both.run();
      ASSERT_TRUE(both.server_failed);
      EXPECT_EQ(both.server_failed->refusal.sentence, "no password is configured for '" + shown(identity) + "'");
    }
  }
}

TEST(EapServer, RefusesAResponseToAnotherRequest) {
  Conversation both(offering({Method::MSCHAPV2}), carol({Method::MSCHAPV2}));
  both.between = [](Octets packet) {
    if (packet[0] == 2) ++packet[1];
    return packet;
  };
  both.run();
  ASSERT_TRUE(both.server_failed);
  EXPECT_EQ(both.server_failed->refusal.reason, Reason::out_of_place);
  EXPECT_THAT(both.server_failed->refusal.sentence, HasSubstr("identifier"));
}

TEST(EapServer, A23_IdentityHasABound) {
  for (const std::size_t octets : {limits::kEapIdentityOctets, limits::kEapIdentityOctets + 1, std::size_t{60000}}) {
    Conversation both(offering({Method::GTC}), {{Method::GTC}, std::string(octets, 'a'), password_of("x")});
    both.run();
    ASSERT_TRUE(both.server_failed);
    EXPECT_EQ(both.server_failed->refusal.reason,
              octets > limits::kEapIdentityOctets ? Reason::malformed : Reason::identity_unknown);
  }
}

TEST(EapServer, RefusesANakInTheMiddleOfAMethod) {
  Conversation both(offering({Method::MSCHAPV2, Method::GTC}), carol({Method::MSCHAPV2}));
  both.between = [](Octets packet) {
    return packet.size() == 6 && packet[0] == 2 ? encode_response(packet[1], Method::Nak, Octets{6}) : packet;
  };
  both.run();
  ASSERT_TRUE(both.server_failed);
  EXPECT_EQ(both.server_failed->refusal.sentence, "the peer answered with a Nak in the middle of EAP-MSCHAPV2");
}

TEST(EapClient, AcknowledgesNotificationsAtAnyTime) {
  Conversation both(offering({Method::GTC}), carol({Method::GTC}));
  const auto answer =
      both.client.on_packet(encode_request(9, Method::Notification, to_octets("hello")), both.of_client());
  EXPECT_EQ(std::get<ClientSend>(answer).packet, encode_response(9, Method::Notification, {}));
  both.run();
  both.expect_success(Method::GTC, "carol");
}

TEST(EapClient, F12_GivesUpOnAServerThatNeverEnds) {
  Conversation both(offering({}), carol({Method::GTC}));
  unsigned requests = 0;
  while (true) {
    const auto answer =
        both.client.on_packet(encode_request(1, Method::Notification, to_octets("wait")), both.of_client());
    if (const auto* const failed = std::get_if<ClientFailed>(&answer)) {
      EXPECT_EQ(failed->refusal.reason, Reason::too_many_rounds);
      break;
    }
    ++requests;
  }
  EXPECT_EQ(requests, limits::kEapRounds + 1);
}

TEST(EapClient, NeverAnswersAMethodThatIsNotAllowed) {
  for (unsigned type = 4; type < 256; ++type) {
    if (static_cast<Method>(type) == Method::MSCHAPV2) continue;
    Conversation both(offering({}), carol({Method::MSCHAPV2}));
    const auto answer =
        both.client.on_packet(encode_request(1, static_cast<Method>(type), Octets(20, 16)), both.of_client());
    ASSERT_TRUE(std::holds_alternative<ClientSend>(answer));
    EXPECT_EQ(std::get<ClientSend>(answer).packet, encode_response(1, Method::Nak, Octets{26}));
  }
}

/// A conversation in which that many requests were answered; `next` is what the server said last.
struct Stopped {
  std::unique_ptr<Conversation> both;
  ServerStep next;
};
Stopped after(std::size_t requests, Method method, std::string_view password = "Ar3etTnp") {
  auto both = std::make_unique<Conversation>(offering({method}), carol({method}, password));
  auto step = both->server.start(both->of_server());
  for (std::size_t i = 0; i < requests; ++i) {
    auto answer = both->client.on_packet(Conversation::octets_of(step), both->of_client());
    step = both->server.on_response(std::get<ClientSend>(answer).packet, both->of_server());
  }
  return {std::move(both), std::move(step)};
}
/// Requests of one whole conversation, with that for the identity.
std::size_t requests_of(Method method) { return method == Method::MSCHAPV2 ? 3 : 2; }

TEST(EapClient, F02_EarlyEapSuccessIsRefusedAtEveryPoint) {
  for (const auto method : kWithPassword) {
    for (std::size_t requests = 0; requests <= requests_of(method); ++requests) {
      const auto [both, next] = after(requests, method);
      const auto answer = both->client.on_packet(encode_result(Code::Success, 0), both->of_client());
      const bool at_its_place = requests == requests_of(method);
      EXPECT_EQ(std::holds_alternative<ServerSucceeded>(next), at_its_place);
      EXPECT_EQ(std::holds_alternative<ClientSucceeded>(answer), at_its_place) << method_name(method) << requests;
      if (at_its_place) continue;
      EXPECT_EQ(std::get<ClientFailed>(answer).refusal.reason, Reason::server_not_authenticated);
    }
  }
}

TEST(EapClient, F01_EveryOpcodeOfMschapv2OutOfItsPlaceIsRefused) {
  using namespace mschapv2;
  const RequestPacket packets[] = {ChallengePacket{0, {}, "moon"}, SuccessPacket{0, "S=" + std::string(40, '0')},
                                   FailurePacket{0, "E=691"}};
  for (std::size_t requests = 1; requests <= 3; ++requests) {
    for (const auto& packet : packets) {
      const auto [both, next] = after(requests, Method::MSCHAPV2);
      auto& client = both->client;
      const auto answer = client.on_packet(encode_request(0, Method::MSCHAPV2, encode(packet)), both->of_client());
      const bool in_place = (requests == 1 && std::holds_alternative<ChallengePacket>(packet)) ||
                            (requests == 2 && std::holds_alternative<FailurePacket>(packet));
      EXPECT_EQ(std::holds_alternative<ClientSend>(answer), in_place) << requests << " " << packet.index();
      if (!in_place || requests == 1) continue;
      // A failure that was told stays one.
      const auto end = client.on_packet(encode_result(Code::Success, 0), both->of_client());
      EXPECT_TRUE(std::holds_alternative<ClientFailed>(end));
    }
  }
}

TEST(EapClient, F01_FalseProofOfTheServerIsRefused) {
  Conversation both(offering({Method::MSCHAPV2}), carol({Method::MSCHAPV2}));
  both.between = [](Octets packet) {
    const std::string text(as_text(packet));
    const auto at = text.find("S=");
    if (packet[0] == 1 && at != std::string::npos) packet[at + 5] = packet[at + 5] == '0' ? '1' : '0';
    return packet;
  };
  both.run();
  ASSERT_TRUE(both.client_failed);
  EXPECT_EQ(both.client_failed->refusal.reason, Reason::server_not_authenticated);
}

TEST(EapServer, F01_EveryAnswerOfMschapv2OutOfItsPlaceIsRefused) {
  using namespace mschapv2;
  const AnswerPacket answers[] = {ResponsePacket{}, SuccessAcknowledged{}, FailureAcknowledged{}};
  for (const std::string_view password : {"Ar3etTnp", "other"}) {
    for (std::size_t requests = 1; requests <= 2; ++requests) {
      for (const auto& answer : answers) {
        auto [both, next] = after(requests, Method::MSCHAPV2, password);
        const auto identifier = Conversation::octets_of(next)[1];
        next =
            both->server.on_response(encode_response(identifier, Method::MSCHAPV2, encode(answer)), both->of_server());
        const bool in_place =
            requests == 2 && password == "Ar3etTnp" && std::holds_alternative<SuccessAcknowledged>(answer);
        EXPECT_EQ(std::holds_alternative<ServerSucceeded>(next), in_place);
        EXPECT_EQ(std::holds_alternative<ServerFailed>(next), !in_place);
      }
    }
  }
}

}  // namespace
}  // namespace keypact::eap
