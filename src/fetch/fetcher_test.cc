// Row C07: servers that are good, slow, silent, endless, or lead elsewhere.
#include "fetch/fetcher.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

namespace keypact::fetch {
namespace {

/// Answers each request by what is to be said; nothing: it is silent until the end.
class Server {
 public:
  using Script = std::function<std::string(const std::string& request)>;
  explicit Server(Script script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);  // NOLINT: the interface of sockets
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);  // NOLINT: as above
    EXPECT_EQ(::listen(listener_, 64), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { accept(); });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (auto& each : connections_) ::shutdown(each.first, SHUT_RDWR);
    for (auto& each : connections_) each.second.join();
    for (auto& each : connections_) ::close(each.first);
    ::close(listener_);
  }
  [[nodiscard]] std::string uri(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::atomic<int> requests = 0;

 private:
  void accept() {
    for (int fd = ::accept(listener_, nullptr, nullptr); fd >= 0; fd = ::accept(listener_, nullptr, nullptr))
      connections_.emplace_back(fd, std::thread([this, fd] { serve(fd); }));
  }
  void serve(int fd) {
    std::string request(65536, '\0');
    const auto got = ::recv(fd, request.data(), request.size(), 0);
    if (got <= 0) return;
    request.resize(static_cast<std::size_t>(got));
    ++requests;
    const auto answer = script_(request);
    if (answer.empty()) {
      char byte = 0;
      (void)::recv(fd, &byte, 1, 0);
    }
    (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
  }

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::vector<std::pair<int, std::thread>> connections_;
};

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string leads_to(const std::string& uri) {
  return "HTTP/1.1 302 Found\r\nLocation: " + uri + "\r\nContent-Length: 0\r\n\r\n";
}

/// The text that came, or why none did, of each of the requests in their order.
std::vector<std::string> fetch_all(Fetcher& fetcher, const std::vector<Request>& requests) {
  std::mutex mutex;
  std::condition_variable all;
  std::vector<std::string> outcomes(requests.size());
  std::size_t came = 0;
  for (std::size_t i = 0; i < requests.size(); ++i)
    fetcher.fetch(requests[i], [&, i](const Fetched& fetched) {
      const std::scoped_lock lock(mutex);
      outcomes[i] = fetched ? std::string(as_text(**fetched)) : fetched.error();
      ++came;
      all.notify_one();
    });
  std::unique_lock lock(mutex);
  EXPECT_TRUE(all.wait_for(lock, seconds(20), [&] { return came == requests.size(); }));
  return outcomes;
}

Limits loopback(Limits limits = {}) {
  limits.also = {prefix_of(IpAddress::v4(127, 0, 0, 0), 8)};
  return limits;
}

std::string fetch_one(const Limits& limits, Request request) {
  Fetcher fetcher(limits);
  return fetch_all(fetcher, {std::move(request)}).front();
}

TEST(Fetcher, GetsWhatIsThere) {
  const Server server([](const auto&) { return ok("document"); });
  EXPECT_EQ(fetch_one(loopback(), {.uri = server.uri(), .octets = 8}), "document");
}

TEST(Fetcher, PostsABody) {
  const Server server([](const auto& request) { return ok(request); });
  const auto echoed = fetch_one(loopback(), {.uri = server.uri("/ocsp"),
                                             .body = to_octets("question"),
                                             .body_type = "application/ocsp-request",
                                             .octets = 4096});
  EXPECT_TRUE(echoed.starts_with("POST /ocsp HTTP/1.1\r\n")) << echoed;
  EXPECT_NE(echoed.find("Content-Type: application/ocsp-request\r\n"), std::string::npos);
  EXPECT_TRUE(echoed.ends_with("\r\n\r\nquestion"));
}

TEST(Fetcher, C07_TakesNoMoreOctetsThanAllowed) {
  const Server told([](const auto&) { return ok("123456789"); });
  const Server untold([](const auto&) { return "HTTP/1.1 200 OK\r\n\r\n" + std::string(100000, '0'); });
  for (const auto* server : {&told, &untold})
    EXPECT_EQ(fetch_one(loopback(), {.uri = server->uri(), .octets = 8}),
              server->uri() + ": it is longer than 8 octets");
}

TEST(Fetcher, C07_WaitsNoLongerThanAllowed) {
  const Server server([](const auto&) { return std::string(); });
  EXPECT_EQ(fetch_one(loopback({.time = seconds(1)}), {.uri = server.uri(), .octets = 8}),
            server.uri() + ": no answer within 1 s");
}

TEST(Fetcher, C07_LeadsNowhereThatIsNotPublicUnlessTheConfigurationSaysSo) {
  Server server([](const auto&) { return ok("secret"); });
  EXPECT_EQ(fetch_one({}, {.uri = server.uri(), .octets = 8}),
            server.uri() + ": it leads to 127.0.0.1, which is not public, and --fetch-from does not allow it");
  EXPECT_EQ(server.requests, 0);
  EXPECT_EQ(fetch_one({}, {.uri = server.uri(), .octets = 8, .configured = true}), "secret");
}

TEST(Fetcher, C07_FollowsRedirectionsToHttpOnlyAndNotForEver) {
  const Server loop([](const auto&) { return leads_to("/"); });
  EXPECT_EQ(fetch_one(loopback(), {.uri = loop.uri(), .octets = 8}), loop.uri() + ": it leads on more than 3 times");
  EXPECT_EQ(loop.requests, 4);
  for (const auto* target : {"file:///etc/passwd", "https://127.0.0.1/", "ftp://127.0.0.1/", "gopher://127.0.0.1/"}) {
    const Server server([&](const auto&) { return leads_to(target); });
    const auto outcome = fetch_one(loopback(), {.uri = server.uri(), .octets = 8, .configured = true});
    EXPECT_EQ(outcome, server.uri() + ": it leads elsewhere than to HTTP") << target;
  }
  const Server inward([](const auto&) { return leads_to("http://10.0.0.1/"); });
  EXPECT_EQ(fetch_one(loopback(), {.uri = inward.uri(), .octets = 8}),
            inward.uri() + ": it leads to 10.0.0.1, which is not public, and --fetch-from does not allow it");
}

TEST(Fetcher, TakesOnlyDocumentsForAnswers) {
  const Server missing(
      [](const auto&) { return std::string("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"); });
  EXPECT_EQ(fetch_one(loopback(), {.uri = missing.uri(), .octets = 8}), missing.uri() + ": the server answers 404");
  const Server empty([](const auto&) { return ok(""); });
  EXPECT_EQ(fetch_one(loopback(), {.uri = empty.uri(), .octets = 8}), empty.uri() + ": the answer is empty");
}

TEST(Fetcher, ReadsFilesWhereTheConfigurationSaysSo) {
  const std::string path = ::testing::TempDir() + "keypact-fetched-" + std::to_string(::getpid());
  std::ofstream(path) << "document";
  EXPECT_EQ(fetch_one({}, {.uri = "file://" + path, .octets = 8, .configured = true}), "document");
  EXPECT_EQ(fetch_one({}, {.uri = "file://" + path, .octets = 4, .configured = true}),
            "file://" + path + ": it is longer than 4 octets");
  EXPECT_EQ(fetch_one({}, {.uri = "file://" + path, .octets = 8}), "file://" + path + ": it is no URI of HTTP");
  ::unlink(path.c_str());
}

TEST(Fetcher, WhoAsksForTheSameGetsTheSame) {
  Server server([](const auto&) {
    std::this_thread::sleep_for(milliseconds(300));
    return ok("document");
  });
  Fetcher fetcher(loopback());
  const Request request{.uri = server.uri(), .octets = 8};
  EXPECT_EQ(fetch_all(fetcher, {request, request, request}), std::vector<std::string>(3, "document"));
  EXPECT_EQ(server.requests, 1);
}

TEST(Fetcher, C07_ASilentServerDelaysNobodyElse) {
  const Server silent([](const auto&) { return std::string(); });
  const Server good([](const auto&) { return ok("document"); });
  Fetcher fetcher(loopback({.time = seconds(5)}));
  fetcher.fetch({.uri = silent.uri(), .octets = 8}, [](const auto&) {});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(fetch_all(fetcher, {{.uri = good.uri(), .octets = 8}}).front(), "document");
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
}

TEST(Fetcher, OnlySoManyAtOnceAndOnlySoManyWait) {
  const Server silent([](const auto&) { return std::string(); });
  Fetcher fetcher(loopback({.time = seconds(1), .at_once = 1, .waiting = 2}));
  std::vector<Request> requests;
  for (int i = 0; i < 4; ++i) requests.push_back({.uri = silent.uri("/" + std::to_string(i)), .octets = 8});
  auto outcomes = fetch_all(fetcher, requests);
  int refused = 0;
  for (const auto& outcome : outcomes) {
    refused += outcome.ends_with(": too much is being fetched already") ? 1 : 0;
    EXPECT_TRUE(outcome.starts_with("http://127.0.0.1:")) << outcome;
  }
  EXPECT_GE(refused, 1);
  EXPECT_LE(silent.requests, 2);
}

TEST(Fetcher, EndsWithoutWaitingForServers) {
  const Server silent([](const auto&) { return std::string(); });
  const auto began = std::chrono::steady_clock::now();
  {
    Fetcher fetcher(loopback());
    fetcher.fetch({.uri = silent.uri(), .octets = 8}, [](const auto&) { FAIL() << "nobody answers"; });
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
}

}  // namespace
}  // namespace keypact::fetch
