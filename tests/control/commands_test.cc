// The commands that are answered at once, and clients that break the rules.
#include <gmock/gmock.h>

#include "tests/control/control_bench.h"
#include "vici/extensions.h"

namespace keypact::control {
namespace {

using testing::HasSubstr;

class Commands : public ControlBench {};

std::vector<std::string> keys_of(const vici::Section& section) {
  std::vector<std::string> keys;
  for (const auto& element : section.elements()) keys.push_back(element.name);
  return keys;
}

/// load-conn as swanctl sends it.
vici::Message connection_message(std::string_view name) {
  vici::Message message;
  auto& connection = message.section(name);
  connection.key("version", "2").list("local_addrs", {"192.0.2.1"}).list("remote_addrs", {"192.0.2.2"});
  connection.section("local").key("auth", "psk").key("id", "left.example");
  connection.section("remote").key("auth", "psk").key("id", "right.example");
  auto& child = connection.section("children").section("lan");
  child.list("local_ts", {"10.1.0.0/24"}).list("remote_ts", {"10.2.0.0/24"});
  return message;
}

vici::Message shared_key_message(std::string_view id) {
  vici::Message message;
  message.key("id", id).key("type", "ike").key("data", "a shared key of decent length");
  return message.list("owners", {"left.example", "right.example"});
}

TEST_F(Commands, VersionAndStatisticsHaveTheKeysOfCharon) {
  start();
  auto& client = connect();
  EXPECT_EQ(to_string(call(client, "version")),
            "daemon = keypactd\nversion = 0.1.0\nsysname = Linux\nrelease = 6.1\nmachine = x86_64\n");
  run_for(seconds(61));
  const auto stats = call(client, "stats");
  EXPECT_EQ(stats.find_section("uptime")->value_or("running"), "61 seconds");
  EXPECT_EQ(stats.find_section("ikesas")->value_or("total"), "0");
  EXPECT_THAT(keys_of(stats), testing::IsSupersetOf({"uptime", "workers", "queues", "scheduled", "ikesas", "plugins"}));
}

TEST_F(Commands, DriftIsWhatTheHostFinds) {
  start();
  auto& client = connect();
  EXPECT_TRUE(call(client, "keypact-drift").find_list("differences")->empty());
  differences = {"the kernel lacks a route"};
  EXPECT_EQ(*call(client, "keypact-drift").find_list("differences"), differences);
}

TEST_F(Commands, WhatBecomesOfPacketsIsExplainedByTheHost) {
  start();
  auto& client = connect();
  vici::Message one;
  one.key("destination", "10.2.0.1");
  EXPECT_EQ(call(client, "keypact-explain", one).find_list("reasons")->front(), "packets to 10.2.0.1");
  EXPECT_EQ(call(client, "keypact-explain").value_or("success"), "no") << "without a destination there are none";
}

TEST_F(Commands, OfManySasOfAnEarlierRunTheFirstAreToldAndHowManyThereAre) {
  start();
  auto& client = connect();
  EXPECT_EQ(call(client, "keypact-kept").value_or("total"), "0");
  kept.push_back({"", "", {0xc0ffee01}, *IpAddress::parse("192.0.2.2"), std::nullopt, "they carry"});
  for (int i = 0; i < 100; ++i)
    kept.push_back({"site", "net", {0xc0ffee02}, *IpAddress::parse("192.0.2.2"), seconds(297), "they carry site/net"});
  const auto all = call(client, "keypact-kept");
  EXPECT_EQ(all.value_or("total"), "101");
  EXPECT_EQ(all.elements().size(), 1U + vici::kKeptShown);
  EXPECT_EQ(to_string(*all.find_section("1")), "spi-out = c0ffee01\nremote-host = 192.0.2.2\ntext = they carry\n");
  vici::Message of_site;
  of_site.key("ike", "site");
  const auto its = call(client, "keypact-kept", of_site);
  EXPECT_EQ(its.value_or("total"), "100");
  EXPECT_EQ(its.find_section("1")->value_or("child"), "net");
  EXPECT_EQ(its.find_section("1")->value_or("ends-in"), "297");
}

TEST_F(Commands, RoutesAreExplainedByTheHost) {
  start();
  auto& client = connect();
  EXPECT_EQ(call(client, "keypact-explain-route").find_list("reasons")->front(), "to anywhere");
  vici::Message one;
  one.key("destination", "10.2.0.1");
  EXPECT_EQ(call(client, "keypact-explain-route", one).find_list("reasons")->front(), "to 10.2.0.1");
  vici::Message wrong;
  wrong.key("destination", "10.2.0");
  EXPECT_EQ(call(client, "keypact-explain-route", wrong).value_or("success"), "no");
}

TEST_F(Commands, CountersAreThoseOfTheEngineAndOfWhatIsAroundIt) {
  start();
  auto& client = connect();
  call(client, "initiate", wanted());
  const auto answer = call(client, "get-counters");
  const auto& all = *answer.find_section("counters")->find_section("");
  for (const auto& [name, value] : ike::kCounterNames)
    EXPECT_EQ(all.value_or(name), std::to_string(left().engine.counters().*value)) << name;
  EXPECT_NE(all.value_or("sent"), "0");
  EXPECT_EQ(all.value_or("log-lines-left-out"), "3");
  EXPECT_EQ(all.value_or("control-clients-refused"), "2");
  EXPECT_EQ(all.value_or("control-clients-cut-off"), "1");
}

TEST_F(Commands, ListSasStreamsEverythingThatSwanctlPrints) {
  start();
  auto& client = connect();
  call(client, "initiate", wanted());
  counted.octets_in = 84;
  counted.packets_in = 1;
  counted.last_in = world.now();
  run_for(seconds(3));
  listen(client, "list-sa");
  EXPECT_EQ(call(client, "list-sas"), vici::Message());
  ASSERT_EQ(client.events("list-sa").size(), 1u);
  const auto event = client.events("list-sa")[0];
  const auto& ike = *event.find_section("net");
  EXPECT_THAT(keys_of(ike), testing::IsSupersetOf({"uniqueid", "version", "state", "local-host", "local-port",
                                                   "local-id", "remote-host", "remote-port", "remote-id", "initiator",
                                                   "initiator-spi", "responder-spi", "encr-alg", "encr-keysize",
                                                   "prf-alg", "dh-group", "established", "child-sas"}));
  EXPECT_EQ(ike.value_or("encr-alg"), "AES_GCM_16");
  EXPECT_EQ(ike.value_or("encr-keysize"), "256");
  EXPECT_EQ(ike.value_or("dh-group"), "CURVE_25519");
  EXPECT_EQ(ike.value_or("initiator-spi").size(), 16u);
  EXPECT_EQ(ike.value_or("local-host"), "192.0.2.1");
  const auto& child = std::get<vici::Section>(ike.find_section("child-sas")->elements()[0].content);
  EXPECT_THAT(keys_of(child),
              testing::IsSupersetOf({"name", "uniqueid", "reqid", "state", "mode", "protocol", "spi-in", "spi-out",
                                     "encr-alg", "bytes-in", "packets-in", "use-in", "bytes-out", "packets-out",
                                     "install-time", "local-ts", "remote-ts"}));
  EXPECT_EQ(child.value_or("state"), "INSTALLED");
  EXPECT_EQ(child.value_or("mode"), "TUNNEL");
  EXPECT_EQ(child.value_or("spi-in").size(), 8u);
  EXPECT_EQ(child.value_or("use-in"), "3");
  EXPECT_EQ(child.find("use-out"), nullptr);
  EXPECT_EQ(*child.find_list("local-ts"), vici::Section::List{"10.1.0.0/24"});

  vici::Message other;
  call(client, "list-sas", other.key("ike", "other"));
  EXPECT_TRUE(client.events("list-sa").empty());
  vici::Message unknown_child;
  call(client, "list-sas", unknown_child.key("child", "other"));
  EXPECT_TRUE(client.events("list-sa").empty());
}

TEST_F(Commands, ListConnsStreamsTheConfiguration) {
  start();
  auto& client = connect();
  listen(client, "list-conn");
  EXPECT_EQ(call(client, "list-conns"), vici::Message());
  ASSERT_EQ(client.events("list-conn").size(), 1u);
  const auto event = client.events("list-conn")[0];
  const auto& connection = *event.find_section("net");
  EXPECT_EQ(connection.value_or("version"), "IKEv2");
  EXPECT_EQ(connection.value_or("rekey_time"), "0");
  EXPECT_EQ(connection.value_or("unique"), "UNIQUE_NO");
  EXPECT_EQ(connection.find_section("local-1")->value_or("class"), "pre-shared key");
  EXPECT_EQ(connection.find_section("children")->find_section("lan")->value_or("mode"), "TUNNEL");
}

TEST_F(Commands, AListGoesOnWhenTheClientHasReadWhatWasSent) {
  start();
  auto& client = connect();
  listen(client, "list-conn");
  for (int number = 0; number < 200; ++number) {
    const auto name = "more-" + std::to_string(number);
    ASSERT_EQ(call(client, "load-conn", connection_message(name)).value_or("success"), "yes");
  }
  reads = false;
  send(client, "list-conns");
  const auto first = client.events("list-conn").size();
  EXPECT_LT(first, 100u);
  EXPECT_GT(first, 0u);
  EXPECT_FALSE(client.answer().has_value());
  reads = true;
  send_all();
  EXPECT_EQ(client.events("list-conn").size(), 201u);
  EXPECT_EQ(client.answer(), vici::Message());
}

TEST_F(Commands, WhoLeavesInTheMiddleOfAListIsForgotten) {
  start();
  auto& client = connect();
  for (int number = 0; number < 200; ++number)
    call(client, "load-conn", connection_message("more-" + std::to_string(number)));
  reads = false;
  send(client, "list-conns");
  server->closed(id_of(client));
  reads = true;
  send_all();
  EXPECT_FALSE(client.answer().has_value());
}

TEST_F(Commands, AConnectionAndItsKeyLoadedByAClientComeUp) {
  start();
  server->adopt_files(std::make_shared<config::Snapshot>());
  auto& client = connect();
  auto key = shared_key_message("ike-1");
  key.list("owners", {left_site.local_id, right_site.local_id});
  EXPECT_EQ(call(client, "load-shared", key).value_or("success"), "yes");
  auto message = connection_message("net");
  message.section("net").section("local").key("id", left_site.local_id);
  message.section("net").section("remote").key("id", right_site.local_id);
  const auto loaded = call(client, "load-conn", message);
  EXPECT_EQ(loaded.value_or("success"), "yes") << to_string(loaded);
  const auto answer = call(client, "initiate", wanted());
  EXPECT_EQ(answer, vici::success()) << to_string(answer);
  EXPECT_EQ(*call(client, "get-conns").find_list("conns"), vici::Section::List{"net"});
  EXPECT_EQ(*call(client, "get-shared").find_list("keys"), vici::Section::List{"ike-1"});
}

TEST_F(Commands, UnloadingBringsBackWhatTheFilesSay) {
  start();
  auto& client = connect();
  listen(client, "list-conn");
  auto message = connection_message("net");
  message.section("net").key("rekey_time", "1h");
  EXPECT_EQ(call(client, "load-conn", message).value_or("success"), "yes");
  call(client, "list-conns");
  EXPECT_EQ(client.events("list-conn")[0].find_section("net")->value_or("rekey_time"), "3600");
  vici::Message name;
  name.key("name", "net");
  EXPECT_EQ(call(client, "unload-conn", name), vici::success());
  call(client, "list-conns");
  EXPECT_EQ(client.events("list-conn")[0].find_section("net")->value_or("rekey_time"), "0");
  EXPECT_THAT(std::string(call(client, "unload-conn", name).value_or("errmsg")),
              HasSubstr("comes from the configuration files"));
}

TEST_F(Commands, ABadConnectionIsRefusedWithItsKeyAndTheNearestName) {
  start();
  auto& client = connect();
  auto message = connection_message("bad");
  message.section("bad").key("rekey_tme", "1h");
  const auto answer = call(client, "load-conn", message);
  EXPECT_EQ(answer.value_or("success"), "no");
  EXPECT_THAT(std::string(answer.value_or("errmsg")), HasSubstr("rekey_tme"));
  EXPECT_THAT(std::string(answer.value_or("errmsg")), HasSubstr("rekey_time"));
  EXPECT_TRUE(call(client, "get-conns").find_list("conns")->empty());
  EXPECT_EQ(call(client, "load-conn").value_or("success"), "no");
  vici::Message no_section;
  EXPECT_EQ(call(client, "load-conn", no_section.key("a", "b")).value_or("success"), "no");
}

TEST_F(Commands, SharedKeysAreNeverQuoted) {
  start();
  auto& client = connect();
  listen(client, "log");
  auto key = shared_key_message("k");
  key.key("type", "frobnicate").key("data", "do not tell this to anybody");
  const auto answer = call(client, "load-shared", key);
  EXPECT_EQ(answer.value_or("success"), "no");
  EXPECT_EQ(to_string(answer).find("do not tell"), std::string::npos);
  EXPECT_EQ(call(client, "clear-creds"), vici::success());
  vici::Message absent;
  EXPECT_EQ(call(client, "unload-shared", absent.key("id", "never-there")), vici::success());
}

TEST_F(Commands, SecretsOfEveryKindAreKeptReplacedAndUnloaded) {
  start();
  server->adopt_files(std::make_shared<config::Snapshot>());
  auto& client = connect();
  listen(client, "log");
  const auto engines_keys = [this] { return left().engine.configuration()->ike_secrets.size(); };
  for (const auto* type : {"eap", "XAUTH", "ntlm", "PPK"}) {
    auto key = shared_key_message(type);
    key.key("type", type).key("data", "do not tell this to anybody");
    const auto answer = call(client, "load-shared", key);
    EXPECT_EQ(answer.value_or("success"), "yes") << to_string(answer);
    if (std::string_view(type) != "XAUTH") {
      EXPECT_EQ(answer.find_list("warnings"), nullptr) << "they are used";
      continue;
    }
    ASSERT_EQ(answer.find_list("warnings")->size(), 1u);
    const auto line = "load-shared: " + answer.find_list("warnings")->front();
    EXPECT_THAT(line, HasSubstr("is kept but has no effect yet in this version"));
    EXPECT_EQ(notes.back(), line);
    ASSERT_EQ(client.events("log").size(), 1u);
    EXPECT_EQ(client.events("log")[0].value_or("msg"), line);
    EXPECT_EQ(line.find("do not tell"), std::string::npos);
  }
  EXPECT_EQ(*call(client, "get-shared").find_list("keys"), (vici::Section::List{"PPK", "XAUTH", "eap", "ntlm"}));
  EXPECT_EQ(engines_keys(), 0u);
  EXPECT_EQ(left().engine.configuration()->eap_secrets.size(), 2U);
  EXPECT_EQ(left().engine.configuration()->ppks.size(), 1U);

  // One name is one secret, whatever its kind.
  EXPECT_EQ(call(client, "load-shared", shared_key_message("eap")).value_or("success"), "yes");
  EXPECT_EQ(engines_keys(), 1u);
  auto again = shared_key_message("eap");
  EXPECT_EQ(call(client, "load-shared", again.key("type", "eap")).value_or("success"), "yes");
  EXPECT_EQ(engines_keys(), 0u);
  vici::Message id;
  EXPECT_EQ(call(client, "unload-shared", id.key("id", "eap")), vici::success());
  EXPECT_EQ(*call(client, "get-shared").find_list("keys"), (vici::Section::List{"PPK", "XAUTH", "ntlm"}));
  EXPECT_EQ(call(client, "clear-creds"), vici::success());
  EXPECT_TRUE(call(client, "get-shared").find_list("keys")->empty());
}

TEST_F(Commands, SecretsWithoutANameStayBesideEachOtherUntilAllAreCleared) {
  start();
  server->adopt_files(std::make_shared<config::Snapshot>());
  auto& client = connect();
  for (const auto* owner : {"a.example", "b.example"}) {
    auto key = shared_key_message("");
    EXPECT_EQ(call(client, "load-shared", key.list("owners", {owner})).value_or("success"), "yes");
  }
  server->adopt_files(std::make_shared<config::Snapshot>());
  EXPECT_EQ(left().engine.configuration()->ike_secrets.size(), 2u);
  EXPECT_TRUE(call(client, "get-shared").find_list("keys")->empty());
  EXPECT_EQ(call(client, "clear-creds"), vici::success());
  EXPECT_EQ(left().engine.configuration()->ike_secrets.size(), 0u);
}

TEST_F(Commands, ReloadTellsWhatChangedAndKeepsTheOldOnAnError) {
  start();
  auto& client = connect();
  auto more = std::make_shared<config::Snapshot>();
  auto second = std::make_shared<config::Connection>(*files->connections[0]);
  second->name = "second";
  auto changed = std::make_shared<config::Connection>(*files->connections[0]);
  changed->rekey_time = hours(1);
  more->connections = {changed, second};
  more->ike_secrets = files->ike_secrets;
  files = more;
  EXPECT_EQ(to_string(call(client, vici::kReloadCommand)),
            "success = yes\ndiagnostics = []\nconnections = 2\nsecrets = 1\n"
            "added = [second]\nchanged = [net]\nremoved = []\n");
  files = nullptr;
  EXPECT_EQ(to_string(call(client, vici::kReloadCommand)),
            "success = no\nerrmsg = 1 error\ndiagnostics = [a.conf:1:1: error: no]\n");
  EXPECT_EQ(left().engine.configuration()->connections.size(), 2u);
}

TEST_F(Commands, WhatIsNotThereYetSaysSo) {
  start();
  auto& client = connect();
  for (const auto* command : {"load-cert", "load-key", "load-pool", "load-authority", "install"}) {
    const auto answer = call(client, command);
    EXPECT_EQ(answer.value_or("success"), "no") << command;
    EXPECT_FALSE(answer.value_or("errmsg").empty()) << command;
  }
  for (const auto* command : {"list-certs", "list-authorities", "get-pools"}) {
    EXPECT_EQ(call(client, command), vici::Message()) << command;
  }
}

TEST_F(Commands, EveryCommandSurvivesAnEmptyAndAStrangeRequest) {
  start();
  const auto known = vocabulary();
  for (const auto command : known.commands) {
    auto& client = connect();
    EXPECT_FALSE(call(client, command, {}, minutes(10)).elements().empty() && command.starts_with("load-")) << command;
    vici::Message strange;
    strange.section("ike").section("child");
    strange.list("child", {"a", "b"}).list("name", {}).list("id", {"x"}).key("type", "").list("data", {"\xff"});
    call(client, command, strange, minutes(10));
    EXPECT_TRUE(client.connected) << command;
  }
}

TEST_F(Commands, K06_a_malformed_frame_ends_one_client_and_hurts_no_other) {
  start();
  auto& good = connect();
  listen(good, "log");
  for (const auto* frame : {"ffffffff", "00080001", "00000000", "0000000109", "000000020005",
                            "0000000a00077665727369"
                            "6f6e02"}) {
    auto& bad = connect();
    send(good, "initiate", wanted());
    server->received(world.now(), id_of(bad), from_hex(frame).value());
    EXPECT_FALSE(bad.connected) << frame;
    server->received(world.now(), id_of(bad),
                     from_hex("0000000900077665727369"
                              "6f6e")
                         .value());
    EXPECT_TRUE(bad.packets.empty());
    server->closed(id_of(bad));
    run_for(seconds(2));
    EXPECT_EQ(good.answer(), vici::success());
    EXPECT_TRUE(good.connected);
  }
}

TEST_F(Commands, TracingIsOnOnlyWhileSomebodyListens) {
  start();
  auto& client = connect();
  auto& talker = connect();
  auto traced = [&] { return left().count<ike::MessageTraced>(); };
  call(talker, "initiate", wanted());
  EXPECT_EQ(traced(), 0u);
  listen(client, "log");
  vici::Message request;
  call(talker, "terminate", request.key("ike", "net"));
  const auto with_listener = traced();
  EXPECT_GT(with_listener, 0u);
  server->closed(id_of(client));
  call(talker, "initiate", wanted());
  EXPECT_EQ(traced(), with_listener);
}

}  // namespace
}  // namespace keypact::control
