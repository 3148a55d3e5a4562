#include "vici/server_session.h"

#include <gtest/gtest.h>

#include "vici/client_session.h"

namespace keypact::vici {
namespace {

constexpr std::string_view kCommands[] = {"version", "initiate"};
constexpr std::string_view kEvents[] = {"log", "control-log"};
constexpr Vocabulary kVocabulary{kCommands, kEvents};

/// All packets that the server has sent so far, as the client sees them.
std::vector<Packet> received(ServerSession& server, ClientSession& client) {
  client.receive(server.take_output());
  std::vector<Packet> packets;
  while (auto packet = client.next().value()) packets.push_back(std::move(*packet));
  return packets;
}

std::vector<PacketType> types(const std::vector<Packet>& packets) {
  std::vector<PacketType> out;
  for (const auto& packet : packets) out.push_back(packet.type);
  return out;
}

struct Pair {
  ServerSession server{kVocabulary};
  ClientSession client;

  void request(std::string_view command) { ASSERT_TRUE(client.request(command, Message())); }
  void deliver() { server.receive(client.take_output()); }
};

TEST(ServerSession, ServesRegistrationsAndACommandThatWereSentAtOnce) {
  Pair pair;  // as nhrpd does: four registrations and a command without waiting
  for (const auto* event : {"child-state-installed", "child-state-rekeyed", "log", "control-log"}) {
    pair.client.register_event(event);
  }
  pair.request("version");
  pair.deliver();
  const auto request = pair.server.next_request().value();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->command, "version");
  pair.server.respond(success());
  using enum PacketType;
  EXPECT_EQ(types(received(pair.server, pair.client)),
            (std::vector{EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_CONFIRM, EVENT_CONFIRM, CMD_RESPONSE}));
}

TEST(ServerSession, GivesTheNextCommandOnlyAfterTheAnswerToTheFirst) {
  Pair pair;
  pair.request("initiate");
  pair.client.register_event("log");
  pair.request("version");
  pair.deliver();
  EXPECT_EQ(pair.server.next_request().value()->command, "initiate");
  EXPECT_TRUE(pair.server.command_runs());
  EXPECT_EQ(pair.server.next_request().value(), std::nullopt);
  EXPECT_FALSE(pair.server.registered("log"));  // its turn has not come
  pair.server.respond(success());
  EXPECT_EQ(pair.server.next_request().value()->command, "version");
  EXPECT_TRUE(pair.server.registered("log"));
}

TEST(ServerSession, SendsEventsWhileACommandRuns) {
  Pair pair;
  pair.client.register_event("control-log");
  pair.request("initiate");
  pair.deliver();
  ASSERT_TRUE(pair.server.next_request().value().has_value());
  Message line;
  line.key("msg", "sending IKE_SA_INIT");
  pair.server.event("control-log", line);
  pair.server.event("log", line);  // not registered
  pair.server.respond(refusal("no answer"));
  const auto packets = received(pair.server, pair.client);
  using enum PacketType;
  ASSERT_EQ(types(packets), (std::vector{EVENT_CONFIRM, EVENT, CMD_RESPONSE}));
  EXPECT_EQ(packets[1].name, "control-log");
  EXPECT_EQ(packets[1].message, line);
  EXPECT_EQ(packets[2].message.value_or("errmsg"), "no answer");
}

TEST(ServerSession, DeliversAnEventOnceToAClientThatRegisteredTwice) {
  Pair pair;
  pair.client.register_event("log");
  pair.client.register_event("log");
  pair.deliver();
  ASSERT_EQ(pair.server.next_request().value(), std::nullopt);
  pair.server.event("log", Message());
  using enum PacketType;
  EXPECT_EQ(types(received(pair.server, pair.client)), (std::vector{EVENT_CONFIRM, EVENT_CONFIRM, EVENT}));
  pair.client.unregister_event("log");
  pair.client.unregister_event("log");
  pair.deliver();
  ASSERT_EQ(pair.server.next_request().value(), std::nullopt);
  pair.server.event("log", Message());
  EXPECT_EQ(types(received(pair.server, pair.client)), (std::vector{EVENT_CONFIRM, EVENT_UNKNOWN}));
}

TEST(ServerSession, AnswersUnknownCommandsAndGoesOn) {
  Pair pair;
  pair.request("frobnicate");
  pair.request("version");
  pair.deliver();
  EXPECT_EQ(pair.server.next_request().value()->command, "version");
  EXPECT_EQ(types(received(pair.server, pair.client)), std::vector{PacketType::CMD_UNKNOWN});
}

TEST(ServerSession, RefusesPacketsThatOnlyAServerSends) {
  for (const auto type : {PacketType::CMD_RESPONSE, PacketType::CMD_UNKNOWN, PacketType::EVENT_CONFIRM,
                          PacketType::EVENT_UNKNOWN, PacketType::EVENT}) {
    ServerSession server{kVocabulary};
    server.receive(*encode_frame(Packet{type, has_name(type) ? "log" : "", {}}));
    const auto request = server.next_request();
    ASSERT_FALSE(request.has_value());
    EXPECT_EQ(request.error().error, PacketError::unexpected);
  }
}

TEST(ServerSession, StaysRefusingAfterAMalformedFrame) {
  ServerSession server{kVocabulary};
  server.receive(from_hex("00000001 09").value());
  EXPECT_FALSE(server.next_request().has_value());
  server.receive(*encode_frame(Packet{PacketType::CMD_REQUEST, "version", {}}));
  EXPECT_FALSE(server.next_request().has_value());
}

TEST(ServerSession, AnswersBeforeTheMalformedFrameAreStillThere) {
  Pair pair;
  pair.request("version");
  pair.deliver();
  pair.server.receive(from_hex("ffffffff").value());
  ASSERT_TRUE(pair.server.next_request().value().has_value());
  pair.server.respond(success());
  EXPECT_FALSE(pair.server.next_request().has_value());
  EXPECT_EQ(types(received(pair.server, pair.client)), std::vector{PacketType::CMD_RESPONSE});
}

TEST(ServerSession, SaysSoWhenAnAnswerDoesNotFit) {
  Pair pair;
  pair.request("version");
  pair.deliver();
  ASSERT_TRUE(pair.server.next_request().value().has_value());
  Message answer;
  for (int i = 0; i < 9; ++i) answer.key(std::to_string(i), std::string(kValueOctets, 'x'));
  pair.server.respond(answer);
  const auto packets = received(pair.server, pair.client);
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].message.value_or("success"), "no");
}

TEST(ServerSession, RefusesAClientThatSendsOnAndOnWhileACommandRuns) {
  Pair pair;
  pair.request("initiate");
  pair.deliver();
  ASSERT_TRUE(pair.server.next_request().value().has_value());
  pair.server.receive(Octets(ServerSession::kInputOctets, 0));
  EXPECT_TRUE(pair.server.next_request().has_value());
  pair.server.receive(Octets(1, 0));
  EXPECT_EQ(pair.server.next_request().error().error, PacketError::too_much_ahead);
}

TEST(ClientSession, RefusesPacketsThatOnlyAClientSends) {
  for (const auto type : {PacketType::CMD_REQUEST, PacketType::EVENT_REGISTER, PacketType::EVENT_UNREGISTER}) {
    ClientSession client;
    client.receive(*encode_frame(Packet{type, "log", {}}));
    EXPECT_EQ(client.next().error().error, PacketError::unexpected);
  }
}

}  // namespace
}  // namespace keypact::vici
