// initiate and terminate over two engines: ladders, logs, events of others, verdicts, time limits.
#include <gmock/gmock.h>

#include "tests/control/control_bench.h"
#include "vici/extensions.h"

namespace keypact::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Operation : public ControlBench {};

std::vector<std::string> column(const std::vector<vici::Message>& messages, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& message : messages) values.emplace_back(message.value_or(key));
  return values;
}

TEST_F(Operation, InitiateStreamsTheLadderAndAnswersWhenTheChildIsUp) {
  start();
  auto& client = connect();
  listen(client, vici::kLadderEvent);
  const auto answer = call(client, "initiate", wanted());
  EXPECT_EQ(answer, vici::success()) << to_string(answer);
  const auto ladder = client.events(vici::kLadderEvent);
  EXPECT_THAT(column(ladder, "direction"), ElementsAre("out", "in", "out", "in"));
  EXPECT_THAT(column(ladder, "exchange"), ElementsAre("IKE_SA_INIT", "IKE_SA_INIT", "IKE_AUTH", "IKE_AUTH"));
  EXPECT_THAT(column(ladder, "kind"), ElementsAre("request", "response", "request", "response"));
  EXPECT_THAT(column(ladder, "message-id"), ElementsAre("0", "0", "1", "1"));
  EXPECT_EQ(ladder[0].value_or("ike"), "net");
  EXPECT_THAT(std::string(ladder[2].value_or("notation")), HasSubstr("SK {"));
  EXPECT_EQ(client.packets.back().type, vici::PacketType::CMD_RESPONSE);
}

TEST_F(Operation, InitiateStreamsTheLogToItsOwnClientAndToWhoeverListens) {
  start();
  auto& client = connect();
  auto& other = connect();
  listen(client, "control-log");
  listen(other, "log");
  listen(other, "control-log");
  call(client, "initiate", wanted());
  const auto lines = column(client.events("control-log"), "msg");
  EXPECT_THAT(lines, testing::Contains(HasSubstr("IKE SA net[")));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("Child SA lan{")));
  EXPECT_EQ(column(other.events("log"), "msg"), lines);
  EXPECT_TRUE(other.events("control-log").empty());
}

TEST_F(Operation, UpAndDownAreToldWithTheSectionsOfTheSas) {
  start();
  auto& client = connect();
  auto& monitor = connect();
  listen(monitor, "ike-updown");
  listen(monitor, "child-updown");
  call(client, "initiate", wanted());
  ASSERT_EQ(monitor.events("ike-updown").size(), 1u);
  const auto up = monitor.events("ike-updown")[0];
  EXPECT_EQ(up.value_or("up"), "yes");
  EXPECT_EQ(up.find_section("net")->value_or("state"), "ESTABLISHED");
  EXPECT_EQ(up.find_section("net")->find("child-sas"), nullptr);
  const auto child = monitor.events("child-updown")[0];
  ASSERT_NE(child.find_section("net")->find_section("child-sas"), nullptr);
  const auto& section = child.find_section("net")->find_section("child-sas")->elements()[0];
  EXPECT_THAT(section.name, testing::StartsWith("lan-"));

  monitor.packets.clear();
  vici::Message request;
  const auto answer = call(client, "terminate", request.key("ike", "net"));
  EXPECT_EQ(to_string(answer), "success = yes\nmatches = 1\nterminated = 1\n");
  ASSERT_EQ(monitor.events("child-updown").size(), 1u);
  EXPECT_EQ(monitor.events("child-updown")[0].find("up"), nullptr);
  ASSERT_EQ(monitor.events("ike-updown").size(), 1u);
  EXPECT_EQ(monitor.events("ike-updown")[0].find("up"), nullptr);
  EXPECT_EQ(monitor.events("ike-updown")[0].find_section("net")->value_or("remote-id"), right_site.local_id);
  EXPECT_FALSE(left().engine.policies().all().empty());
}

TEST_F(Operation, AWrongKeyIsOneVerdictThatIsRemembered) {
  right_site.secret = "another key of decent length";
  start();
  auto& client = connect();
  listen(client, vici::kVerdictEvent);
  const auto answer = call(client, "initiate", wanted());
  EXPECT_EQ(answer.value_or("success"), "no");
  const auto verdicts = client.events(vici::kVerdictEvent);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].value_or("code"), "authentication-failed");
  EXPECT_EQ(verdicts[0].value_or("phase"), "IKE_AUTH");
  EXPECT_EQ(verdicts[0].value_or("connection"), "net");
  EXPECT_EQ(answer.value_or("errmsg"), verdicts[0].value_or("what"));
  EXPECT_EQ(client.packets.back().type, vici::PacketType::CMD_RESPONSE);

  world.run_for(seconds(7));
  vici::Message request;
  const auto remembered = call(client, vici::kVerdictCommand, request.key("ike", "net"));
  EXPECT_EQ(remembered.value_or("code"), "authentication-failed");
  EXPECT_NE(remembered.find("failed-ago"), nullptr);
  EXPECT_EQ(call(client, vici::kVerdictCommand, request.key("ike", "other")), vici::Message());
}

TEST_F(Operation, AMissingSecretIsOneVerdictBeforeTheFirstMessageAndNeverQuotesAKey) {
  start();
  auto without = std::make_shared<config::Snapshot>(*files);
  auto other = std::make_shared<config::SharedKey>();
  other->name = "ike-7";
  other->owners = {IdentityPattern::exactly(Identification::fqdn("elsewhere.example"))};
  other->secret = Secret::copy_of(as_octets("do not tell this to anybody"));
  without->ike_secrets = {std::move(other)};
  server->adopt_files(without);
  auto& client = connect();
  listen(client, vici::kVerdictEvent);
  listen(client, vici::kLadderEvent);
  const auto answer = call(client, "initiate", wanted());
  EXPECT_EQ(answer.value_or("success"), "no");
  EXPECT_TRUE(client.events(vici::kLadderEvent).empty());
  const auto verdicts = client.events(vici::kVerdictEvent);
  ASSERT_EQ(verdicts.size(), 1u);
  const auto& record = verdicts[0];
  EXPECT_EQ(record.value_or("code"), "no-shared-key");
  EXPECT_EQ(record.value_or("phase"), "before the first message");
  EXPECT_EQ(record.value_or("side"), "local configuration");
  EXPECT_EQ(record.value_or("detail"), "wanted is a secret for " + left_site.local_id + " and " + left_site.remote_id);
  EXPECT_EQ(*record.find_list("ours"), vici::Section::List{"secret ike-7 for elsewhere.example"});
  EXPECT_THAT(std::string(record.value_or("remedy")), HasSubstr("`secrets`"));
  EXPECT_EQ(to_string(record).find("do not tell"), std::string::npos);
  vici::Message request;
  EXPECT_EQ(call(client, vici::kVerdictCommand, request.key("ike", "net")).value_or("code"), "no-shared-key");
}

TEST_F(Operation, AStartActionThatWantsASecretIsCarriedOutWhenTheSecretIsLoaded) {
  start();
  auto& client = connect();
  auto without = std::make_shared<config::Snapshot>();
  auto connection = std::make_shared<config::Connection>(*files->connections[0]);
  connection->children[0].start_action = config::Action::start;
  without->connections = {connection};
  server->adopt_files(without);
  run_for(seconds(2));
  EXPECT_EQ(left().engine.ike_sas().size(), 0u);
  vici::Message key;
  key.key("id", "other").key("type", "ike").key("data", "a key of others of decent length");
  call(client, "load-shared", key.list("owners", {"a.example", "b.example"}));
  EXPECT_EQ(left().engine.ike_sas().size(), 0u);
  key.key("id", "ike-1").key("data", left_site.secret).list("owners", {left_site.local_id, left_site.remote_id});
  call(client, "load-shared", key);
  run_for(seconds(2));
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
  call(client, "load-shared", key);  // it is up: nothing is started again
  run_for(seconds(2));
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
}

TEST_F(Operation, ATimeLimitAnswersWhileTheExchangeGoesOn) {
  start();
  world.set_faults({100, 0, milliseconds(1), milliseconds(1)});
  auto& client = connect();
  auto request = wanted();
  send(client, "initiate", request.key("timeout", "1500"));
  run_for(milliseconds(1400));
  EXPECT_FALSE(client.answer().has_value());
  run_for(milliseconds(200));
  ASSERT_TRUE(client.answer().has_value());
  EXPECT_EQ(client.answer()->value_or("errmsg"), "not established within 1500 ms, it goes on in the background");
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
  // The next command of this client is served, and the late outcome disturbs nobody.
  EXPECT_EQ(call(client, "version").value_or("daemon"), "keypactd");
  const auto before = client.packets.size();
  run_for(hours(1));
  EXPECT_EQ(client.packets.size(), before);
}

TEST_F(Operation, NoAnswerOfThePeerIsAVerdict) {
  start();
  world.set_faults({100, 0, milliseconds(1), milliseconds(1)});
  auto& client = connect();
  listen(client, vici::kVerdictEvent);
  listen(client, vici::kLadderEvent);
  const auto answer = call(client, "initiate", wanted(), minutes(10));
  EXPECT_EQ(answer.value_or("success"), "no");
  ASSERT_EQ(client.events(vici::kVerdictEvent).size(), 1u);
  EXPECT_EQ(client.events(vici::kVerdictEvent)[0].value_or("code"), "no-answer");
  const auto retransmissions = column(client.events(vici::kLadderEvent), "retransmission");
  ASSERT_GT(retransmissions.size(), 2u);
  EXPECT_EQ(retransmissions[0], "0");
  EXPECT_EQ(retransmissions[1], "1");
}

TEST_F(Operation, WithTimeoutMinusOneTheAnswerComesAtOnce) {
  start();
  auto& client = connect();
  listen(client, "control-log");
  auto request = wanted();
  send(client, "initiate", request.key("timeout", "-1"));
  EXPECT_EQ(client.answer(), vici::success());
  run_for(seconds(2));
  EXPECT_TRUE(client.events("control-log").empty());
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
}

TEST_F(Operation, AClientThatLeavesDoesNotStopWhatItBegan) {
  start();
  auto& client = connect();
  send(client, "initiate", wanted());
  server->closed(id_of(client));
  run_for(seconds(2));
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
  EXPECT_FALSE(client.answer().has_value());
}

TEST_F(Operation, RefusesNamesThatDoNotExist) {
  start();
  auto& client = connect();
  EXPECT_EQ(call(client, "initiate").value_or("errmsg"), "missing configuration name");
  EXPECT_EQ(call(client, "initiate", wanted("nope")).value_or("errmsg"), "CHILD_SA config 'nope' not found");
  EXPECT_EQ(call(client, "terminate").value_or("errmsg"), "missing terminate selector");
  vici::Message request;
  const auto answer = call(client, "terminate", request.key("ike-id", "77"));
  EXPECT_EQ(to_string(answer),
            "success = no\nerrmsg = no matching SAs to terminate found\nmatches = 0\nterminated = 0\n");
  EXPECT_EQ(call(client, "terminate", request.key("ike-id", "x")).value_or("errmsg"), "invalid value for: ike-id");
}

TEST_F(Operation, TerminateOfOneChildLeavesTheIkeSa) {
  left_site.more_children = {"second"};
  right_site.more_children = {"second"};
  start();
  auto& client = connect();
  call(client, "initiate", wanted());
  call(client, "initiate", wanted("second"));
  EXPECT_EQ(left().stack.child_sas().size(), 2u);
  vici::Message request;
  const auto answer = call(client, "terminate", request.key("child", "second"));
  EXPECT_EQ(answer.value_or("terminated"), "1");
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
}

TEST_F(Operation, H19_TerminateOfWhatNeverCameUpFindsNothingAndLeavesThePolicy) {
  right_site.secret = "another key of decent length";
  start();
  auto& client = connect();
  call(client, "initiate", wanted());
  EXPECT_FALSE(left().engine.policies().all().empty());
  vici::Message request;
  const auto answer = call(client, "terminate", request.key("ike", "net"));
  EXPECT_EQ(answer.value_or("success"), "no");
  EXPECT_EQ(answer.value_or("matches"), "0");
  EXPECT_FALSE(left().engine.policies().all().empty());
}

TEST_F(Operation, TerminateOfAnAttemptEndsItsInitiate) {
  start();
  world.set_faults({100, 0, milliseconds(1), milliseconds(1)});
  auto& client = connect();
  auto& other = connect();
  send(client, "initiate", wanted());
  vici::Message request;
  run_for(seconds(1));
  EXPECT_EQ(call(other, "terminate", request.key("ike", "net")).value_or("terminated"), "1");
  ASSERT_TRUE(client.answer().has_value());
  EXPECT_EQ(client.answer()->value_or("success"), "no");
}

TEST_F(Operation, PipelinedCommandsAreAnsweredInTheirOrder) {
  start();
  auto& client = connect();
  client.wire.register_event("control-log");
  ASSERT_TRUE(client.wire.request("initiate", wanted()));
  ASSERT_TRUE(client.wire.request("initiate", wanted()));  // up already: answered at once
  ASSERT_TRUE(client.wire.request("version", {}));
  deliver(client);
  run_for(seconds(2));
  std::vector<std::string> answers;
  for (const auto& packet : client.packets) {
    if (packet.type == vici::PacketType::CMD_RESPONSE) answers.push_back(to_string(packet.message).substr(0, 13));
  }
  EXPECT_THAT(answers, ElementsAre("success = yes", "success = yes", "daemon = keyp"));
}

TEST_F(Operation, StartActionsAreCarriedOutWhenTheFilesAreAdopted) {
  start();
  auto changed = std::make_shared<config::Snapshot>();
  auto connection = std::make_shared<config::Connection>(*files->connections[0]);
  connection->children[0].start_action = config::Action::start;
  connection->local_addrs = {config::AddressPattern()};  // %any: the host is asked which address reaches the peer
  changed->connections = {connection};
  changed->ike_secrets = files->ike_secrets;
  server->adopt_files(changed);
  run_for(seconds(2));
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
  EXPECT_EQ(locations, 1);
  server->adopt_files(std::make_shared<config::Snapshot>());
  run_for(seconds(2));
  EXPECT_EQ(left().stack.child_sas().size(), 0u);
}

}  // namespace
}  // namespace keypact::control
