// Debian's own swanctl as the client of our codec: a server of a few lines over a Unix socket, answering as charon 5.9.8 does.
// What swanctl prints and how it exits is the expectation; without swanctl on the machine the tests are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "tests/vici/server.h"

namespace keypact::vici {
namespace {

using testing::HasSubstr;

struct Outcome {
  int exit_code = -1;
  std::string output;
};

Outcome run_swanctl(const Server& server, const std::string& arguments) {
  const auto command = "SWANCTL_DIR=" + server.directory().string() + " timeout 20 swanctl " + arguments +
                       " --uri unix://" + server.path() + " 2>&1";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");  // NOLINT: the command is ours
  std::array<char, 4096> part{};
  while (const auto count = fread(part.data(), 1, part.size(), pipe)) outcome.output.append(part.data(), count);
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

bool swanctl_is_missing() { return std::system("swanctl --help >/dev/null 2>&1") != 0; }  // NOLINT: a fixed command

#define NEEDS_SWANCTL()                                                \
  if (swanctl_is_missing()) GTEST_SKIP() << "swanctl is not installed"

TEST(Swanctl, PrintsTheVersionOfTheDaemon) {
  NEEDS_SWANCTL();
  Server server([](ServerSession&, const Request&) {
    Message answer;
    answer.key("daemon", "keypactd").key("version", "0.1.0").key("sysname", "Linux").key("release", "6.1");
    answer.key("machine", "x86_64");
    return answer;
  });
  const auto outcome = run_swanctl(server, "--version --daemon");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("strongSwan 0.1.0 keypactd (Linux, 6.1, x86_64)"));
}

TEST(Swanctl, PrintsTheControlLogWhileAnInitiateRuns) {
  NEEDS_SWANCTL();
  Server server([](ServerSession& session, const Request&) {
    Message line;
    line.key("group", "IKE").key("level", "1").key("ikesa-name", "gw").key("ikesa-uniqueid", "1");
    session.event("control-log", line.key("msg", "initiating IKE_SA gw[1] to 192.0.2.1"));
    session.event("control-log", line.key("msg", "IKE_SA gw[1] established"));
    return success();
  });
  const auto outcome = run_swanctl(server, "--initiate --child net --timeout 5");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("[IKE] initiating IKE_SA gw[1] to 192.0.2.1\n[IKE] IKE_SA gw[1] established\n"
                                        "initiate completed successfully"));
  server.finish();
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].command, "initiate");
  EXPECT_EQ(server.requests()[0].message.value_or("child"), "net");
  EXPECT_EQ(server.requests()[0].message.value_or("timeout"), "5000");
}

TEST(Swanctl, PrintsOurErrmsgAndExitsWithOne) {
  NEEDS_SWANCTL();
  Server server([](ServerSession&, const Request&) { return refusal("no connection has a child 'nett'"); });
  const auto outcome = run_swanctl(server, "--initiate --child nett");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("initiate failed: no connection has a child 'nett'"));
}

TEST(Swanctl, ListsAnIkeSaWithItsChild) {
  NEEDS_SWANCTL();
  Server server([](ServerSession& session, const Request&) {
    Message message;
    auto& ike = message.section("gw");
    ike.key("uniqueid", "1").key("version", "2").key("state", "ESTABLISHED");
    ike.key("local-host", "192.0.2.2").key("local-port", "500").key("local-id", "b");
    ike.key("remote-host", "192.0.2.1").key("remote-port", "500").key("remote-id", "a");
    ike.key("initiator-spi", "0102030405060708").key("responder-spi", "1112131415161718");
    ike.key("encr-alg", "AES_GCM_16").key("encr-keysize", "256").key("prf-alg", "PRF_HMAC_SHA2_256");
    ike.key("dh-group", "CURVE_25519").key("established", "12").key("rekey-time", "14000");
    auto& child = ike.section("child-sas").section("net-1");
    child.key("name", "net").key("uniqueid", "1").key("reqid", "1").key("state", "INSTALLED").key("mode", "TUNNEL");
    child.key("protocol", "ESP").key("spi-in", "c0000001").key("spi-out", "c0000002");
    child.key("encr-alg", "AES_GCM_16").key("encr-keysize", "256").key("bytes-in", "84").key("packets-in", "1");
    child.key("bytes-out", "168").key("packets-out", "2").key("install-time", "12");
    child.list("local-ts", {"10.2.0.0/24"}).list("remote-ts", {"10.1.0.0/24"});
    session.event("list-sa", message);
    return Message();
  });
  const auto outcome = run_swanctl(server, "--list-sas");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output,
            "gw: #1, ESTABLISHED, IKEv2, 0102030405060708_i 1112131415161718_r*\n"
            "  local  'b' @ 192.0.2.2[500]\n"
            "  remote 'a' @ 192.0.2.1[500]\n"
            "  AES_GCM_16-256/PRF_HMAC_SHA2_256/CURVE_25519\n"
            "  established 12s ago, rekeying in 14000s\n"
            "  net: #1, reqid 1, INSTALLED, TUNNEL, ESP:AES_GCM_16-256\n"
            "    installed 12s ago\n"
            "    in  c0000001,     84 bytes,     1 packets\n"
            "    out c0000002,    168 bytes,     2 packets\n"
            "    local  10.2.0.0/24\n"
            "    remote 10.1.0.0/24\n");
}

TEST(Swanctl, LoadsConnectionsAndSecretsInMessagesThatWeRead) {
  NEEDS_SWANCTL();
  Server server([](ServerSession&, const Request& request) {
    if (request.command.starts_with("load-")) return success();
    return Message();
  });
  std::ofstream(server.directory() / "swanctl.conf") << R"(
connections {
  gw {
    version = 2
    local_addrs = 192.0.2.2, 2001:db8::2
    local { auth = psk
            id = b }
    remote { auth = psk
             id = a }
    children { net { local_ts = 10.2.0.0/24
                     remote_ts = 10.1.0.0/24 } }
  }
}
secrets { ike-gw { id-1 = a
                   id-2 = b
                   secret = "three word secret" } }
)";
  const auto outcome = run_swanctl(server, "--load-all --noprompt");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("successfully loaded 1 connections, 0 unloaded"));
  server.finish();
  std::vector<std::string> commands;
  for (const auto& request : server.requests()) commands.push_back(request.command);
  EXPECT_THAT(commands, testing::ElementsAre("get-keys", "get-shared", "load-shared", "get-authorities", "get-pools",
                                             "get-conns", "load-conn"));
  EXPECT_EQ(to_string(server.requests()[2].message),
            "id = ike-gw\ntype = ike\ndata = three word secret\nowners = [a, b]\n");
  EXPECT_EQ(
      to_string(server.requests()[6].message),
      "gw {\n  version = 2\n  local_addrs = [192.0.2.2, 2001:db8::2]\n"
      "  local {\n    auth = psk\n    id = b\n  }\n  remote {\n    auth = psk\n    id = a\n  }\n"
      "  children {\n    net {\n      local_ts = [10.2.0.0/24]\n      remote_ts = [10.1.0.0/24]\n    }\n  }\n}\n");
  EXPECT_EQ(server.fault(), "");
}

TEST(Swanctl, SaysThatTheDaemonDoesNotKnowACommand) {
  NEEDS_SWANCTL();
  Server server([](ServerSession&, const Request&) { return Message(); });
  const auto outcome = run_swanctl(server, "--reload-settings");
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("reload-settings request failed"));
}

}  // namespace
}  // namespace keypact::vici
