// Who is asked, how often, and what counts as an answer. RFC 2865 §2.5, §3; RFC 5080.
#include "radius/client.h"

#include <gmock/gmock.h>

#include <set>

#include "base/test_random.h"
#include "radius/test_answer.h"

namespace keypact::radius {
namespace {

using testing::HasSubstr;

ServerPtr server(std::string name) {
  auto made = std::make_shared<config::RadiusServer>();
  made->name = std::move(name);
  made->address = {IpAddress::v4(0xc0000201), 1812};
  made->secret = Secret::copy_of(as_octets(kTestSecret));
  return made;
}

Instant at(int milliseconds_) { return Instant(milliseconds(milliseconds_)); }

struct RadiusClient : testing::Test {
  SeededRandom random{1};
  Client client{random};
  ServerPtr first = server("first");
  ServerPtr second = server("second");

  void ask(Instant now, std::uint64_t number = 1, ServerPtr pinned = nullptr) {
    client.ask(now, number, {{{Type::User_Name, {65}}}, std::move(pinned)}, {first, second});
  }
  std::vector<Transmit> sent() {
    std::vector<Transmit> all;
    for (auto& output : client.take_outputs())
      if (auto* datagram = std::get_if<Transmit>(&output)) all.push_back(*datagram);
      else finished.push_back(std::move(std::get<Finished>(output)));
    return all;
  }
  static Octets answer_to(const Octets& request, Code code = Code::Access_Accept,
                          std::string_view secret = kTestSecret) {
    const auto packet = parse_packet(request).value();
    return sign_answer({code, packet.identifier, {}, {empty_message_authenticator()}}, packet.authenticator, secret);
  }
  /// All until it ends; when each was sent.
  std::vector<std::pair<int, std::string>> run_silent() {
    std::vector<std::pair<int, std::string>> all;
    for (auto next = client.deadline(); next; next = client.deadline()) {
      client.on_deadline(*next);
      for (const auto& each : sent()) all.emplace_back(next->since_origin() / milliseconds(1), each.server->name);
    }
    return all;
  }
  std::vector<Finished> finished;
};

TEST_F(RadiusClient, AnAnswerEndsTheQuestion) {
  ask(at(0));
  const auto requests = sent();
  ASSERT_EQ(requests.size(), 1U);
  client.on_datagram(at(1), first, answer_to(requests[0].octets));
  EXPECT_TRUE(sent().empty());
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(std::get<Answer>(finished[0].outcome).server, first);
  EXPECT_FALSE(client.deadline());
}

TEST_F(RadiusClient, EachWaitIsLongerAndThenTheNextServerIsAsked) {
  ask(at(0));
  EXPECT_EQ(sent().size(), 1U);
  const std::vector<std::pair<int, std::string>> wanted = {
      {1000, "first"}, {3000, "first"}, {7000, "second"}, {8000, "second"}, {10000, "second"}};
  EXPECT_EQ(run_silent(), wanted);
  ASSERT_EQ(finished.size(), 1U);
  const auto said = std::get<Unanswered>(finished[0].outcome).sentence;
  EXPECT_THAT(said, HasSubstr("first (192.0.2.1:1812) does not answer"));
  EXPECT_THAT(said, HasSubstr("second (192.0.2.1:1812) does not answer"));
}

TEST_F(RadiusClient, ASilentServerIsAskedBehindTheOthersForAMinute) {
  ask(at(0));
  static_cast<void>(sent());
  client.on_deadline(at(1000));
  client.on_deadline(at(3000));
  client.on_deadline(at(7000));
  const auto to_second = sent().back();
  ASSERT_EQ(to_second.server, second);
  client.on_datagram(at(7001), second, answer_to(to_second.octets));
  ask(at(8000), 2);
  EXPECT_EQ(sent().front().server, second);
  ask(at(67001), 3);
  EXPECT_EQ(sent().front().server, first);
}

TEST_F(RadiusClient, AConversationStaysWithItsServer) {
  ask(at(0), 1, second);
  EXPECT_EQ(sent().front().server, second);
  for (const auto& [when, name] : run_silent()) EXPECT_EQ(name, "second");
  EXPECT_THAT(std::get<Unanswered>(finished.at(0).outcome).sentence, testing::Not(HasSubstr("first")));
}

/// What anybody could have sent changes nothing, and the answer behind it counts.
TEST_F(RadiusClient, F11_ForgedAnswersAreDroppedWithoutAWord) {
  ask(at(0));
  const auto request = sent().at(0).octets;
  const auto right = answer_to(request);
  client.on_datagram(at(1), first, answer_to(request, Code::Access_Accept, "another secret"));
  client.on_datagram(at(1), second, right);
  client.on_datagram(at(1), first, answer_to(request, Code::Access_Request));
  auto another_identifier = right;
  another_identifier[1] ^= 1;
  client.on_datagram(at(1), first, another_identifier);
  for (std::size_t size = 0; size < right.size(); ++size)
    client.on_datagram(at(1), first, OctetView(right).first(size));
  static_cast<void>(sent());
  EXPECT_TRUE(finished.empty());
  client.on_datagram(at(2), first, right);
  static_cast<void>(sent());
  EXPECT_EQ(finished.size(), 1U);
  client.on_datagram(at(3), first, right);
  static_cast<void>(sent());
  EXPECT_EQ(finished.size(), 1U);
}

TEST_F(RadiusClient, ASecretThatDiffersIsSaid) {
  ask(at(0), 1, first);
  client.on_datagram(at(1), first, answer_to(sent().at(0).octets, Code::Access_Reject, "another secret"));
  static_cast<void>(run_silent());
  EXPECT_THAT(
      std::get<Unanswered>(finished.at(0).outcome).sentence,
      HasSubstr("first (192.0.2.1:1812) sends no answer that is authentic: its Response Authenticator is not made "
                "with our secret; set the same secret at both ends"));
}

TEST_F(RadiusClient, AServerHasSoManyRequestsAsThereAreIdentifiers) {
  for (std::uint64_t number = 1; number <= 256; ++number) ask(at(0), number, first);
  std::set<std::uint8_t> identifiers;
  for (const auto& each : sent()) identifiers.insert(each.octets[1]);
  EXPECT_EQ(identifiers.size(), 256U);
  EXPECT_TRUE(finished.empty());
  ask(at(0), 257, first);
  EXPECT_TRUE(sent().empty());
  EXPECT_THAT(std::get<Unanswered>(finished.at(0).outcome).sentence, HasSubstr("256 requests of ours"));
}

TEST_F(RadiusClient, WithoutAServerNobodyIsAsked) {
  client.ask(at(0), 1, {}, {});
  static_cast<void>(sent());
  EXPECT_THAT(std::get<Unanswered>(finished.at(0).outcome).sentence, HasSubstr("no RADIUS server is configured"));
}

}  // namespace
}  // namespace keypact::radius
