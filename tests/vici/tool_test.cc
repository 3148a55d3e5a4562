// The tool against a server that answers as keypactd does: what it asks, what it prints, and how it exits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "cli/run.h"
#include "tests/vici/server.h"
#include "vici/extensions.h"

namespace keypact::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using vici::Message;
using vici::Request;
using vici::Server;
using vici::ServerSession;

struct Ran {
  ExitCode code{};
  std::string out;
  std::string err;
};

Ran run_tool(std::vector<std::string> arguments, const std::string& path, Style style = {}) {
  if (!path.empty()) arguments.insert(arguments.end(), {"--vici", path});
  std::ostringstream out;
  std::ostringstream err;
  const auto code = run(arguments, "1.2.3", Console{out, err, style, style});
  return {code, out.str(), err.str()};
}

/// Two connections: site with the child net, and office with net and guests.
void list_connections(ServerSession& client) {
  for (const auto& [name, children] :
       {std::pair<std::string, std::vector<std::string>>{"site", {"net"}}, {"office", {"net", "guests"}}}) {
    Message message;
    auto& section = message.section(name);
    section.list("local_addrs", {"%any"}).list("remote_addrs", {"192.0.2.1"}).key("version", "IKEv2");
    section.section("local-1").key("class", "pre-shared key").key("id", "b.example");
    section.section("remote-1").key("class", "pre-shared key").key("id", "a.example");
    for (const auto& child : children) {
      section.section("children")
          .section(child)
          .key("mode", "TUNNEL")
          .list("local-ts", {"10.2.0.0/24"})
          .list("remote-ts", {"10.1.0.0/24"});
    }
    client.event("list-conn", message);
  }
}

void list_site_sa(ServerSession& client) {
  Message message;
  auto& ike = message.section("site");
  ike.key("uniqueid", "1").key("version", "2").key("state", "ESTABLISHED").key("initiator", "yes");
  ike.key("local-host", "192.0.2.2").key("local-port", "500").key("local-id", "b.example");
  ike.key("remote-host", "192.0.2.1").key("remote-port", "500").key("remote-id", "a.example");
  ike.key("initiator-spi", "0102030405060708").key("responder-spi", "1112131415161718");
  ike.key("encr-alg", "AES_GCM_16").key("encr-keysize", "256").key("prf-alg", "PRF_HMAC_SHA2_384");
  ike.key("dh-group", "CURVE_25519").key("established", "12").key("rekey-time", "14000");
  auto& child = ike.section("child-sas").section("net-1");
  child.key("name", "net").key("uniqueid", "1").key("reqid", "1").key("state", "INSTALLED").key("mode", "TUNNEL");
  child.key("protocol", "ESP").key("spi-in", "c0000001").key("spi-out", "c0000002");
  child.key("encr-alg", "AES_GCM_16").key("encr-keysize", "256").key("bytes-in", "84").key("packets-in", "1");
  child.key("use-in", "2").key("bytes-out", "1048576").key("packets-out", "2000").key("install-time", "12");
  child.key("rekey-time", "3300").key("life-time", "3900");
  child.list("local-ts", {"10.2.0.0/24"}).list("remote-ts", {"10.1.0.0/24"});
  client.event("list-sa", message);
}

void show_message(ServerSession& client, std::string_view offset, bool sent, std::string_view notation) {
  Message line;
  line.key("ike", "site").key("ike-id", "1").key("offset-us", offset).key("direction", sent ? "out" : "in");
  line.key("exchange", "IKE_SA_INIT").key("kind", sent ? "request" : "response").key("message-id", "0");
  line.key("octets", "412").key("notation", notation).key("retransmission", "0");
  client.event(vici::kLadderEvent, line);
}

Message no_proposal_chosen(ServerSession& client) {
  Message record;
  record.key("code", "no_proposal_chosen").key("what", "the peer accepts none of our algorithms");
  record.key("phase", "IKE_SA_INIT").key("rule", "RFC 7296 \u00a72.7").key("side", "configuration of either side");
  record.key("remedy", "add one of the peer's algorithms to proposals").key("connection", "site");
  record.list("ours", {"AES-256-GCM", "X25519"}).list("theirs", {"3DES"});
  client.event(vici::kVerdictEvent, record);
  return vici::refusal("the peer accepts none of our algorithms");
}

/// keypactd with the connections above; `up` decides whether site is up and whether it comes up.
Server daemon(bool up_at_start, bool comes_up) {
  return Server([is_up = up_at_start, comes_up](ServerSession& client, const Request& request) mutable {
    if (request.command == "list-conns") list_connections(client);
    const auto ike = request.message.value_or("ike");
    if (request.command == "list-sas" && is_up && (ike.empty() || ike == "site")) list_site_sa(client);
    if (request.command == "initiate") {
      show_message(client, "1200", true, "HDR, SAi1, KEi, Ni");
      if (!comes_up) return no_proposal_chosen(client);
      show_message(client, "31200", false, "HDR, SAr1, KEr, Nr");
      is_up = true;
      return vici::success();
    }
    if (request.command == "terminate") {
      if (!is_up) return vici::refusal("no matching SAs to terminate found").key("matches", "0").key("terminated", "0");
      is_up = false;
      return vici::success().key("matches", "1").key("terminated", "1");
    }
    if (request.command == vici::kVerdictCommand && ike == "office") {
      Message record;
      return record.key("what", "the peer never answered").key("code", "no-answer").key("failed-ago", "200");
    }
    return Message();
  });
}

TEST(ToolUp, ShowsTheLadderAndEndsInOneLine) {
  auto server = daemon(false, true);
  const auto ran = run_tool({"up", "site"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_THAT(ran.out, StartsWith("     1.2 ms  ->  IKE_SA_INIT       0     412 B  HDR, SAi1, KEi, Ni\n"
                                  "    31.2 ms  <-  IKE_SA_INIT       0     412 B  HDR, SAr1, KEr, Nr\n"
                                  "up in "));
  EXPECT_THAT(ran.out, EndsWith(": AES-256-GCM, X25519, 10.2.0.0/24 <-> 10.1.0.0/24 (site/net)\n"));
  EXPECT_EQ(ran.err, "");
}

TEST(ToolUp, DoesNothingWhenItIsUpAlready) {
  auto server = daemon(true, true);
  const auto ran = run_tool({"up", "site/net"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_THAT(ran.out, StartsWith("already up: AES-256-GCM, X25519, "));
  server.finish();
  for (const auto& request : server.requests()) EXPECT_NE(request.command, "initiate");
}

TEST(ToolUp, PrintsOneRecordOnFailure) {
  auto server = daemon(false, false);
  const auto ran = run_tool({"up", "site"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::failed);
  EXPECT_EQ(ran.err,
            "site/net is not up: the peer accepts none of our algorithms  [no_proposal_chosen]\n"
            "  phase   IKE_SA_INIT\n"
            "          ours          theirs\n"
            "          AES-256-GCM   3DES\n"
            "          X25519\n"
            "  rule    RFC 7296 "
            "section 2.7\n"
            "  side    configuration of either side\n"
            "  change  add one of the peer's algorithms to proposals\n");
}

TEST(ToolUp, StopsAtTheFirstChildWhenThereIsNoIkeSa) {
  auto server = daemon(false, false);
  EXPECT_EQ(run_tool({"up", "office"}, server.path()).code, ExitCode::failed);
  server.finish();
  int initiations = 0;
  for (const auto& request : server.requests()) initiations += request.command == "initiate" ? 1 : 0;
  EXPECT_EQ(initiations, 1);
}

TEST(ToolUp, PrintsJsonLines) {
  auto server = daemon(false, false);
  const auto ran = run_tool({"up", "site", "--json"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::failed);
  EXPECT_THAT(ran.out, HasSubstr(R"({"schema":"keypact/up/1","event":"message","offset_ms":1.2,"direction":"out")"));
  EXPECT_THAT(
      ran.out,
      HasSubstr(R"("event":"failed","connection":"site","child":"net","verdict":{"code":"no_proposal_chosen")"));
  EXPECT_EQ(ran.err, "");
}

TEST(ToolUp, PassesTheTimeLimitOn) {
  auto server = daemon(false, true);
  EXPECT_EQ(run_tool({"up", "office", "--child", "guests", "--timeout", "2.5"}, server.path()).code, ExitCode::ok);
  server.finish();
  const auto initiate = std::find_if(server.requests().begin(), server.requests().end(),
                                     [](const Request& r) { return r.command == "initiate"; });
  ASSERT_NE(initiate, server.requests().end());
  EXPECT_THAT(to_string(initiate->message),
              MatchesRegex("ike = office\nchild = guests\ntimeout = (2500|2[34][0-9][0-9])\nloglevel = 1\n"));
}

TEST(ToolUp, NamesTheNearestNameForAMistypedOne) {
  auto server = daemon(false, true);
  const auto ran = run_tool({"up", "stie"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::failed);
  EXPECT_THAT(ran.err, HasSubstr("Did you mean 'site'?"));
}

TEST(ToolUp, AsksWhichOfTwoChildrenOfOneName) {
  auto server = daemon(false, true);
  const auto ran = run_tool({"up", "net"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::usage);
  EXPECT_THAT(ran.err, HasSubstr("Say which: site/net, office/net"));
}

TEST(ToolDown, TerminatesAndCounts) {
  auto server = daemon(true, true);
  const auto ran = run_tool({"down", "site"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_THAT(ran.out, MatchesRegex("down in [0-9.]+ ms: site, 1 IKE SA\n"));
}

TEST(ToolDown, WhatIsNotUpIsDownAlready) {
  auto server = daemon(false, true);
  const auto ran = run_tool({"down", "site"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_EQ(ran.out, "site is not up\n");
}

TEST(ToolStatus, PrintsALineForEachConnection) {
  auto server = daemon(true, true);
  const auto ran = run_tool({"status"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_EQ(ran.out,
            "* site    up    192.0.2.1  since 12 s       in      84 B  out   1.0 MiB\n"
            "- office  down  192.0.2.1  (failed 3 min ago: the peer never answered)\n");
}

TEST(ToolStatus, PrintsEverythingAboutOne) {
  auto server = daemon(true, true);
  const auto ran = run_tool({"status", "site"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_THAT(ran.out, HasSubstr("  IKE SA #1  ESTABLISHED, IKEv2, initiator\n"
                                 "    local      b.example @ 192.0.2.2:500\n"
                                 "    peer       a.example @ 192.0.2.1:500\n"
                                 "    protection AES-256-GCM, PRF-HMAC-SHA-384, X25519\n"
                                 "    SPIs       0102030405060708 initiator, 1112131415161718 responder\n"
                                 "    NAT        none\n"
                                 "    timers     established 12 s ago, rekey in 3 h 53 min\n"
                                 "    Child SA net #1  INSTALLED\n"
                                 "      selectors  10.2.0.0/24 <-> 10.1.0.0/24\n"
                                 "      protection ESP, TUNNEL, AES-256-GCM\n"
                                 "      SPIs       c0000001 in, c0000002 out\n"
                                 "      in         84 B (1 packet, 2 s ago)\n"
                                 "      out        1.0 MiB (2000 packets)\n"
                                 "      timers     installed 12 s ago, rekey in 55 min, expires in 1 h 5 min\n"));
}

TEST(ToolStatus, UsesColourAndSymbolsWhereTheTerminalHasThem) {
  auto server = daemon(true, true);
  const auto ran = run_tool({"status"}, server.path(), Style{true, true});
  EXPECT_THAT(ran.out, StartsWith("\033[32m\u25cf\033[0m site    \033[32mup  \033[0m"));
}

TEST(ToolStatus, PrintsOneJsonDocument) {
  auto server = daemon(true, true);
  const auto ran = run_tool({"status", "--json"}, server.path());
  EXPECT_THAT(ran.out, StartsWith(R"({"schema":"keypact/status/1","connections":[{"name":"site","state":"up",)"
                                  R"("established_seconds_ago":12,"octets_in":84,"octets_out":1048576,)"));
}

TEST(ToolReload, PrintsDiagnosticsAndKeepsQuietAboutNothing) {
  Server server([](ServerSession&, const Request&) {
    auto answer = vici::refusal("1 error in 2 files");
    answer.list("diagnostics", {"site.conf:4:3: error: unknown key 'rekey_tme'\n    rekey_tme = 1h\n    ^\n"});
    return answer;
  });
  const auto ran = run_tool({"reload"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::failed);
  EXPECT_EQ(ran.err,
            "site.conf:4:3: error: unknown key 'rekey_tme'\n"
            "    rekey_tme = 1h\n"
            "    ^\n"
            "not reloaded: 1 error in 2 files\n");
}

TEST(ToolReload, SaysWhatChanged) {
  Server server([](ServerSession&, const Request&) {
    auto answer = vici::success();
    answer.key("connections", "2")
        .key("secrets", "1")
        .list("added", {"site"})
        .list("changed", {})
        .list("removed", {"old"});
    return answer;
  });
  const auto ran = run_tool({"reload"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_EQ(ran.out, "reloaded: 2 connections (new: site; removed: old), 1 secret\n");
  EXPECT_EQ(run_tool({"reload", "--json"}, server.path()).out,
            R"({"schema":"keypact/reload/1","success":true,"connections":2,"secrets":1,"added":["site"],)"
            R"("changed":[],"removed":["old"]})"
            "\n");
}

TEST(ToolVersion, PrintsItsOwnAndTheDaemons) {
  Server server([](ServerSession&, const Request&) {
    Message answer;
    return answer.key("daemon", "keypactd")
        .key("version", "0.1.0")
        .key("sysname", "Linux")
        .key("release", "6.1")
        .key("machine", "x86_64");
  });
  const auto ran = run_tool({"version"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_EQ(ran.out, "tool:   keypact 1.2.3\ndaemon: keypactd 0.1.0 (Linux 6.1, x86_64)\n");
}

TEST(Tool, ExitsWithThreeWhenTheDaemonDoesNotRun) {
  const auto ran = run_tool({"status"}, "/nonexistent/keypact.vici");
  EXPECT_EQ(ran.code, ExitCode::daemon_not_running);
  EXPECT_THAT(ran.err, HasSubstr("/nonexistent/keypact.vici"));
  EXPECT_THAT(run_tool({"status", "--json"}, "/nonexistent/keypact.vici").out, HasSubstr(R"("exit_code":3)"));
}

/// A socket that takes `backlog` + 1 connections, and nobody who reads from them.
struct DeafDaemon {
  explicit DeafDaemon(int backlog) {
    std::string pattern = std::filesystem::temp_directory_path() / "keypact-deaf-XXXXXX";
    directory = mkdtemp(pattern.data());
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);  // NOLINT: sockets
    EXPECT_EQ(listen(fd, backlog), 0);
  }
  ~DeafDaemon() {
    close(fd);
    std::filesystem::remove_all(directory);
  }
  [[nodiscard]] std::string path() const { return directory / "vici"; }

  std::filesystem::path directory;
  int fd = -1;
};

TEST(Tool, ExitsWithSixWhenTheDaemonTakesTheConnectionAndSaysNothing) {
  const DeafDaemon deaf(8);
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"up", "site"}, {"down", "site"}, {"status"}, {"reload"}, {"version"}}) {
    auto arguments = verb;
    arguments.insert(arguments.end(), {"--timeout", "0.1"});
    const auto begin = std::chrono::steady_clock::now();
    const auto ran = run_tool(arguments, deaf.path());
    EXPECT_EQ(ran.code, ExitCode::no_answer) << verb[0];
    EXPECT_THAT(ran.err,
                MatchesRegex("keypact: the daemon does not answer: no answer to [a-z -]+ within [0-9]+ ms. "
                             "It runs but hangs or is overloaded: see its log; what was asked for may still be "
                             "done\n"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << verb[0];
  }
  EXPECT_THAT(run_tool({"status", "--json", "--timeout", "0.1"}, deaf.path()).out, HasSubstr(R"("exit_code":6)"));
}

TEST(Tool, ExitsWithSixWhenTheDaemonTakesNoConnection) {
  const DeafDaemon deaf(0);
  const int first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  deaf.path().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(connect(first, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);  // NOLINT: sockets
  const auto ran = run_tool({"status", "--timeout", "0.2"}, deaf.path());
  EXPECT_EQ(ran.code, ExitCode::no_answer);
  EXPECT_THAT(ran.err, HasSubstr("no answer to a connection to " + deaf.path() + " within "));
  close(first);
}

TEST(Tool, ExitsWithSixWhenTheDaemonHangsInTheMiddleOfACommand) {
  for (const auto* verb : {"up", "down"}) {
    const bool is_up = std::string_view(verb) == "down";
    Server server([is_up](ServerSession& client, const Request& request) {
      if (request.command == "list-conns") list_connections(client);
      if (request.command == "list-sas" && is_up) list_site_sa(client);
      if (request.command == "initiate" || request.command == "terminate")
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      return Message();
    });
    const auto ran = run_tool({verb, "site", "--timeout", "0.2"}, server.path());
    EXPECT_EQ(ran.code, ExitCode::no_answer);
    EXPECT_THAT(ran.err, HasSubstr(is_up ? "no answer to terminate within" : "no answer to initiate within"));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST(Tool, GivesTheDaemonFiveMinutesForANegotiationWhenNoLimitIsGiven) {
  for (const auto* verb : {"up", "down"}) {
    auto server = daemon(std::string_view(verb) == "down", true);
    EXPECT_EQ(run_tool({verb, "site"}, server.path()).code, ExitCode::ok);
    server.finish();
    const auto asked = std::find_if(server.requests().begin(), server.requests().end(), [](const Request& r) {
      return r.command == "initiate" || r.command == "terminate";
    });
    ASSERT_NE(asked, server.requests().end());
    EXPECT_THAT(std::string(asked->message.value_or("timeout")), MatchesRegex("300000|29[0-9][0-9][0-9][0-9]"));
  }
}

TEST(ToolUp, PutsNothingOfThePeersBesideARefusalForOurOwnConfiguration) {
  Server server([](ServerSession& client, const Request& request) {
    if (request.command == "list-conns") list_connections(client);
    if (request.command != "initiate") return Message();
    Message record;
    record.key("code", "no-shared-key").key("what", "there is no shared key for this pair of identities");
    record.key("phase", "before the first message").key("side", "local configuration");
    record.list("ours", {"secret ike-1 for c.example"}).list("theirs", {});
    client.event(vici::kVerdictEvent, record);
    return vici::refusal("there is no shared key for this pair of identities");
  });
  const auto ran = run_tool({"up", "site"}, server.path());
  EXPECT_EQ(ran.code, ExitCode::failed);
  EXPECT_EQ(ran.err,
            "site/net is not up: there is no shared key for this pair of identities  [no-shared-key]\n"
            "  phase   before the first message\n"
            "  ours    secret ike-1 for c.example\n"
            "  side    local configuration\n");
}

TEST(Tool, ExitsWithTwoOnWrongUsage) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"up"},
                                                    {"frobnicate"},
                                                    {"status", "--frobnicate"},
                                                    {"up", "a", "--timeout", "soon"}}) {
    EXPECT_EQ(run_tool(arguments, "").code, ExitCode::usage);
  }
  EXPECT_EQ(run_tool({"--help"}, "").code, ExitCode::ok);
  EXPECT_EQ(run_tool({"up", "--help"}, "").code, ExitCode::ok);
}

TEST(Tool, TakesItsOptionsBeforeTheVerbToo) {
  auto server = daemon(true, true);
  EXPECT_THAT(run_tool({"--json", "--vici", server.path(), "--timeout", "3", "status"}, "").out, StartsWith("{"));
  EXPECT_THAT(run_tool({"--vici", "/nonexistent", "status"}, server.path()).out, StartsWith("* site"));
}

TEST(Tool, SurvivesADaemonThatSendsGarbage) {
  Server server([](ServerSession& client, const Request&) {
    Message message;
    message.section("\033[2J").key("state", "ESTABLISHED").key("remote-host", "\033]0;title\007\xff");
    client.event("list-sa", message);
    return Message();
  });
  const auto ran = run_tool({"status"}, server.path(), Style{false, true});
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_EQ(ran.out.find('\033'), std::string::npos);
  EXPECT_EQ(run_tool({"status", "--json"}, server.path()).code, ExitCode::ok);
}

}  // namespace
}  // namespace keypact::cli
