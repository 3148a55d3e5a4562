#include "io/unix_server.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "io/clock.h"
#include "io/event_loop.h"
#include "io/unix_client.h"

namespace keypact::io {
namespace {

namespace fs = std::filesystem;

class Recorder : public UnixServerEvents {
 public:
  void connected(UnixClientId client) override { open.push_back(client); }
  void received(UnixClientId client, OctetView octets) override {
    append(input[client], octets);
    if (on_received) on_received(client);
  }
  void closed(UnixClientId client) override {
    EXPECT_EQ(std::erase(open, client), 1U) << "closed without connected, or twice";
    ++closings;
  }
  std::vector<UnixClientId> open;
  std::map<UnixClientId, Octets> input;
  std::function<void(UnixClientId)> on_received;
  int closings = 0;
};

class UnixServerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0U) << "this test connects as several users and needs root: run the tests with sudo";
    std::string pattern = (fs::temp_directory_path() / "keypact-unix-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = (directory_ / "control").string();
  }
  void TearDown() override { fs::remove_all(directory_); }

  Result<UnixServer> try_listen(UnixServerOptions options = {}) {
    if (options.path.empty()) options.path = path_;
    return UnixServer::listen(loop_, std::move(options), events_);
  }
  UnixServer listen(UnixServerOptions options = {}) {
    auto server = try_listen(std::move(options));
    EXPECT_TRUE(server) << server.error().to_string();
    return std::move(server.value());
  }
  UnixClient connect() {
    auto client = connect_unix(path_, seconds(2));
    EXPECT_TRUE(client) << client.error().to_string();
    return std::move(client.value());
  }
  /// Runs the loop until `done`; only a failing test waits long.
  testing::AssertionResult until(const std::function<bool()>& done) {
    for (int i = 0; i < 2000; ++i) {
      if (done()) return testing::AssertionSuccess();
      loop_.run_until(monotonic_now() + milliseconds(1));
    }
    return testing::AssertionFailure() << "it never happened";
  }
  /// What a process of another user and group sees: 0 connected and served, 1 refused by the file system, 2 cut off.
  int connect_as(uid_t user, gid_t group, const std::vector<gid_t>& more_groups = {}) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (setgroups(more_groups) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0) ::_exit(9);
      auto client = connect_unix(path_, seconds(2));
      if (!client) ::_exit(client.error().why == "you are not allowed to control it" ? 1 : 8);
      if (!client->send(as_octets("hi"), seconds(2))) ::_exit(2);
      const auto answer = client->receive(seconds(2));
      ::_exit(answer && as_text(*answer) == "hi" ? 0 : 2);
    }
    int status = -1;
    EXPECT_TRUE(until([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static int setgroups(const std::vector<gid_t>& groups) { return ::setgroups(groups.size(), groups.data()); }
  void echo(UnixServer& server) {
    events_.on_received = [this, &server](UnixClientId client) {
      const Octets octets = std::exchange(events_.input[client], {});
      server.send(client, octets);
    };
  }

  EventLoop loop_;
  Recorder events_;
  fs::path directory_;
  std::string path_;
};

TEST_F(UnixServerTest, CarriesOctetsBothWays) {
  auto server = listen();
  echo(server);
  auto client = connect();
  ASSERT_TRUE(client.send(as_octets("over and back"), seconds(1)));
  ASSERT_TRUE(until([&] { return !events_.input.empty(); }));
  EXPECT_EQ(as_text(client.receive(seconds(1)).value()), "over and back");
  EXPECT_EQ(server.clients(), 1U);
}

TEST_F(UnixServerTest, TellsWhenAClientGoes) {
  auto server = listen();
  {
    const auto client = connect();
    ASSERT_TRUE(until([&] { return events_.open.size() == 1; }));
  }
  ASSERT_TRUE(until([&] { return events_.open.empty(); }));
  EXPECT_EQ(events_.closings, 1);
  EXPECT_EQ(server.clients(), 0U);
}

TEST_F(UnixServerTest, ClosesAClientInsideItsOwnCallback) {
  auto server = listen();
  events_.on_received = [&](UnixClientId client) {
    server.close(client);
    EXPECT_FALSE(server.send(client, as_octets("too late")));
    EXPECT_EQ(events_.closings, 0) << "told later, not inside close()";
  };
  auto client = connect();
  ASSERT_TRUE(client.send(as_octets("x"), seconds(1)));
  ASSERT_TRUE(until([&] { return events_.closings == 1; }));
  EXPECT_TRUE(client.receive(seconds(1)).value().empty());
}

TEST_F(UnixServerTest, SendsWhatIsQueuedBeforeItCloses) {
  auto server = listen();
  const Octets large(900'000, 0x42);
  events_.on_received = [&](UnixClientId client) {
    EXPECT_TRUE(server.send(client, large));
    server.close_after_sending(client);
    EXPECT_FALSE(server.send(client, as_octets("too late")));
  };
  auto client = connect();
  ASSERT_TRUE(client.send(as_octets("x"), seconds(1)));
  ASSERT_TRUE(until([&] { return !events_.input.empty(); }));
  EXPECT_EQ(server.clients(), 1U);
  Octets got;
  ASSERT_TRUE(until([&] {
    const auto more = client.receive(milliseconds(0));
    if (more) append(got, *more);
    return more && more->empty();
  }));
  EXPECT_EQ(got, large);
  EXPECT_TRUE(until([&] { return events_.closings == 1; }));
}

TEST_F(UnixServerTest, RemovesItsSocketAtTheEnd) {
  {
    const auto server = listen();
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(UnixServerTest, MakesTheLastDirectoryOfItsPath) {
  path_ = (directory_ / "run" / "control").string();
  const auto server = listen();
  connect();
}

TEST_F(UnixServerTest, K05_TheSocketHasMode0660FromTheStart) {
  const mode_t before = ::umask(0);
  const auto server = listen({.path = path_, .group = 65534});
  EXPECT_EQ(::umask(before), 0U) << "the process's own mask is as it was";
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660U);
  EXPECT_EQ(status.st_uid, 0U);
  EXPECT_EQ(status.st_gid, 65534U);
}

TEST_F(UnixServerTest, K05_OtherUsersAreRefused) {
  ::chmod(directory_.c_str(), 0755);
  auto server = listen();
  echo(server);
  EXPECT_EQ(connect_as(0, 0), 0);
  EXPECT_EQ(connect_as(65534, 65534), 1) << "by the mode of the file";
  // Somebody widens the mode: the credentials of the peer still count.
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  EXPECT_EQ(connect_as(65534, 65534), 2);
  EXPECT_EQ(connect_as(65534, 0), 0) << "our own group";
}

TEST_F(UnixServerTest, K05_MembersOfTheAllowedGroupMayConnect) {
  ::chmod(directory_.c_str(), 0755);
  constexpr gid_t kGroup = 61234;
  auto server = listen({.path = path_, .group = kGroup});
  echo(server);
  EXPECT_EQ(connect_as(65534, kGroup), 0);
  EXPECT_EQ(connect_as(65534, 65534, {kGroup}), 0) << "as one of several groups";
  EXPECT_EQ(connect_as(65534, 65534, {kGroup + 1}), 1);
}

TEST_F(UnixServerTest, K05_AbstractAndImpossiblePathsAreRefused) {
  for (const std::string& path : {std::string("\0abstract", 9), std::string("a\0b", 3), std::string(200, 'x')}) {
    const auto server = try_listen({.path = path});
    EXPECT_FALSE(server) << path;
    EXPECT_FALSE(connect_unix(path, seconds(1)));
  }
}

TEST_F(UnixServerTest, K05_AStaleSocketIsReplaced) {
  {
    const FileDescriptor stale(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::ranges::copy(path_, static_cast<char*>(address.sun_path));
    ASSERT_EQ(::bind(stale.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(fs::exists(path_));
  const auto refused = connect_unix(path_, seconds(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, "it does not run any more");
  const auto server = listen();
  connect();
}

TEST_F(UnixServerTest, K05_ARunningDaemonKeepsItsSocket) {
  const auto first = listen();
  const auto second = try_listen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().why, "another program listens there");
  connect();
}

TEST_F(UnixServerTest, K05_SymbolicLinksAndFilesAreNeitherFollowedNorRemoved) {
  const auto target = directory_ / "target";
  fs::create_symlink(target, path_);
  const auto over_link = try_listen();
  ASSERT_FALSE(over_link);
  EXPECT_EQ(over_link.error().why, "a symbolic link is there");
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_FALSE(fs::exists(target));
  fs::remove(path_);
  std::ofstream(path_) << "precious";
  EXPECT_FALSE(try_listen());
  EXPECT_EQ(fs::file_size(path_), 8U);
}

TEST_F(UnixServerTest, K05_ADirectoryThatOthersCanChangeIsRefused) {
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  EXPECT_FALSE(try_listen());
  ASSERT_EQ(::chmod(directory_.c_str(), 01777), 0);
  {
    const auto sticky = listen();
  }
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  ASSERT_EQ(::chown(directory_.c_str(), 65534, 65534), 0);
  const auto foreign = try_listen();
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().to_string().find("other users can replace files"), std::string::npos);
}

TEST_F(UnixServerTest, K05_OnlyOurOwnSocketIsRemovedAtTheEnd) {
  {
    const auto server = listen();
    fs::remove(path_);
    std::ofstream(path_) << "somebody else's";
  }
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(UnixServerTest, K14_ClientsAreRefusedWithoutDescriptorsAndServedAgainAfterwards) {
  auto server = listen();
  echo(server);
  auto first = connect();
  ASSERT_TRUE(until([&] { return events_.open.size() == 1; }));
  std::vector<UnixClient> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(connect());

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_FALSE(loop_.run_until(monotonic_now() + milliseconds(20)));
  EXPECT_TRUE(first.send(as_octets("still here"), seconds(1)));
  EXPECT_TRUE(until([&] { return !events_.input.empty(); }));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(as_text(first.receive(seconds(1)).value()), "still here");

  ASSERT_TRUE(until([&] { return events_.open.size() == 4; })) << "those that waited";
  auto later = connect();
  ASSERT_TRUE(until([&] { return events_.open.size() == 5; }));
}

TEST_F(UnixServerTest, K14_TheReserveRefusesClientsAtOnceWhenTheTableIsFull) {
  auto server = listen();
  {
    // Everything has run once: UBSan looks at a type for the first time through a pipe, for which nothing will be left.
    const auto first = connect();
    ASSERT_TRUE(until([&] { return server.clients() == 1; }));
  }
  ASSERT_TRUE(until([&] { return server.clients() == 0; }));
  std::vector<UnixClient> clients;
  clients.push_back(connect());
  clients.push_back(connect());
  // A limit just above the highest descriptor that is open: nothing is left but the reserve.
  const FileDescriptor highest(::dup(0));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit full{static_cast<rlim_t>(highest.get()) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &full), 0);
  EXPECT_FALSE(loop_.run_until(monotonic_now() + milliseconds(50)));
  for (auto& client : clients) EXPECT_TRUE(client.receive(seconds(0)).value_or(Octets{1}).empty());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(server.clients(), 0U);
  connect();
}

TEST_F(UnixServerTest, C16_AThousandIdleClientsKeepNobodyOut) {
  auto server = listen();
  echo(server);
  auto working = connect();
  ASSERT_TRUE(working.send(as_octets("early"), seconds(1)));
  ASSERT_TRUE(until([&] { return !events_.input.empty(); }));
  std::vector<UnixClient> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(connect());
    if (i % 32 != 31) continue;  // the queue of the listener is 64 long
    ASSERT_TRUE(
        until([&] { return events_.open.size() + static_cast<std::size_t>(events_.closings) == idle.size() + 1; }));
  }
  ASSERT_TRUE(until([&] { return events_.open.size() == 64; }));
  EXPECT_EQ(server.clients(), 64U);

  auto late = connect();
  ASSERT_TRUE(late.send(as_octets("late"), seconds(1)));
  ASSERT_TRUE(until([&] { return events_.input.size() == 2; }));
  EXPECT_EQ(as_text(late.receive(seconds(1)).value()), "late");
  EXPECT_EQ(as_text(working.receive(seconds(1)).value()), "early") << "one that spoke is not replaced";
}

TEST_F(UnixServerTest, C16_ANewClientIsRefusedWhenAllOthersAreAtWork) {
  auto server = listen({.path = path_, .clients = 2});
  std::vector<UnixClient> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(connect());
    ASSERT_TRUE(busy.back().send(as_octets("x"), seconds(1)));
  }
  ASSERT_TRUE(until([&] { return events_.input.size() == 2; }));
  auto third = connect();
  EXPECT_TRUE(until([&] {
    const auto answer = third.receive(milliseconds(0));
    return answer && answer->empty();
  }));
  EXPECT_EQ(server.clients(), 2U);
  EXPECT_EQ(server.counters().refused, 1U);
}

TEST_F(UnixServerTest, C16_ASlowReaderIsCutAndHurtsNobodyElse) {
  auto server = listen();
  auto slow = connect();
  auto quick = connect();
  ASSERT_TRUE(until([&] { return events_.open.size() == 2; }));
  const auto ids = events_.open;
  const Octets event(1000, 7);
  std::size_t read = 0;
  int sent = 0;
  while (server.send(ids[0], event) && sent < 100'000) {
    ++sent;
    ASSERT_TRUE(server.send(ids[1], event));
    const auto got = quick.receive(seconds(1));
    ASSERT_TRUE(got);
    read += got->size();
  }
  EXPECT_LT(sent, 3000) << "the limit is 1 MiB beyond what the kernel holds";
  EXPECT_GT(sent, 1000);
  EXPECT_EQ(server.clients(), 1U);
  EXPECT_EQ(server.counters().cut_off, 1U);
  EXPECT_EQ(read, static_cast<std::size_t>(sent) * event.size());
  EXPECT_TRUE(until([&] { return events_.closings == 1; }));
}

TEST_F(UnixServerTest, C16_AFloodingClientDoesNotKeepTheLoopForItself) {
  auto server = listen();
  auto flooding = connect();
  auto modest = connect();
  const Octets flood(65536, 1);
  ASSERT_TRUE(until([&] { return events_.open.size() == 2; }));
  const auto modest_id = events_.open[1];
  events_.on_received = [&](UnixClientId client) {
    if (client == modest_id) return loop_.stop();
    while (flooding.send(flood, milliseconds(0))) {  // always more to read
    }
  };
  ASSERT_TRUE(flooding.send(as_octets("x"), seconds(1)));
  ASSERT_TRUE(modest.send(as_octets("x"), seconds(1)));
  EXPECT_TRUE(loop_.run_until(monotonic_now() + seconds(2)));
}

TEST(UnixClient, SaysThatNobodyRuns) {
  const auto client = connect_unix("/nonexistent/keypact.vici", seconds(1));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().to_string(),
            "cannot reach keypactd at /nonexistent/keypact.vici: it does not run, or listens at another path. "
            "Start it (systemctl start keypact), or give its path with --vici");
}

TEST_F(UnixServerTest, AClientDoesNotWaitForEver) {
  const auto server = listen();  // whose loop does not run
  auto client = connect();
  const Instant start = monotonic_now();
  const auto answer = client.receive(milliseconds(5));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().remedy, "keypactd runs but did not answer in time");
  EXPECT_FALSE(client.send(Octets(4 << 20, 1), milliseconds(5)));
  // The listener's queue is full at some time.
  std::vector<UnixClient> queue;
  for (int i = 0; i < 200; ++i) {
    auto next = connect_unix(path_, milliseconds(5));
    if (!next) break;
    queue.push_back(std::move(*next));
  }
  EXPECT_LT(queue.size(), 200U);
  EXPECT_LT(monotonic_now() - start, seconds(1));
}

}  // namespace
}  // namespace keypact::io
