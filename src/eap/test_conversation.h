// For the tests of this folder: a server and a client that talk, with somebody between them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/test_random.h"
#include "eap/client.h"
#include "eap/server.h"

namespace keypact::eap {

inline Password password_of(std::string_view text) { return {Secret::copy_of(as_octets(text)), false}; }

class Users final : public SecretSource {
 public:
  explicit Users(std::map<std::string, std::string, std::less<>> passwords) : passwords_(std::move(passwords)) {}
  [[nodiscard]] std::optional<Password> find(Method /*method*/, std::string_view identity) const override {
    const auto user = passwords_.find(identity);
    if (user == passwords_.end()) return std::nullopt;
    return password_of(user->second);
  }

 private:
  std::map<std::string, std::string, std::less<>> passwords_;
};

/// Both ends of one conversation; each end is `ended` once.
struct Conversation {
  Conversation(ServerConfig server_config, ClientConfig client_config, std::string initial_identity = {})
      : server(std::make_shared<const ServerConfig>(std::move(server_config)), std::move(initial_identity)),
        client(std::make_shared<const ClientConfig>(std::move(client_config))) {}

  [[nodiscard]] ServerSurroundings of_server() { return {*secrets, random, now}; }
  [[nodiscard]] ClientSurroundings of_client() { return {random, now}; }

  /// Until both have ended. Packets pass `between` before they are delivered.
  void run() {
    auto step = server.start(of_server());
    while (true) {
      const auto packet = octets_of(step);
      packets.push_back(packet);
      auto answer = client.on_packet(between ? between(packet) : packet, of_client());
      if (auto* const succeeded = std::get_if<ServerSucceeded>(&step)) server_succeeded = std::move(*succeeded);
      if (auto* const failed = std::get_if<ServerFailed>(&step)) server_failed = std::move(*failed);
      if (auto* const succeeded = std::get_if<ClientSucceeded>(&answer)) client_succeeded = std::move(*succeeded);
      if (auto* const failed = std::get_if<ClientFailed>(&answer)) client_failed = std::move(*failed);
      auto* const send = std::get_if<ClientSend>(&answer);
      if (send == nullptr || !std::holds_alternative<Send>(step)) return;
      packets.push_back(send->packet);
      step = server.on_response(between ? between(send->packet) : send->packet, of_server());
    }
  }

  /// Both succeeded with the same key, and the server knows who the client is.
  void expect_success(Method method, std::string_view identity) {
    ASSERT_TRUE(server_succeeded) << (server_failed ? server_failed->refusal.sentence : "the server did not end");
    ASSERT_TRUE(client_succeeded) << (client_failed ? client_failed->refusal.sentence : "the client did not end");
    EXPECT_EQ(server_succeeded->method, method);
    EXPECT_EQ(client_succeeded->method, method);
    EXPECT_EQ(server_succeeded->identity, identity);
    ASSERT_EQ(server_succeeded->msk.has_value(), makes_key(method));
    ASSERT_EQ(client_succeeded->msk.has_value(), makes_key(method));
    if (!makes_key(method)) return;
    EXPECT_EQ(server_succeeded->msk->size(), kMskOctets);
    EXPECT_TRUE(secret_equal(server_succeeded->msk->reveal(), client_succeeded->msk->reveal()));
  }

  static Octets octets_of(const ServerStep& step) {
    return std::visit([](const auto& one) { return one.packet; }, step);
  }

  std::unique_ptr<const SecretSource> secrets = std::make_unique<Users>(
      std::map<std::string, std::string, std::less<>>{{"carol", "Ar3etTnp"}, {"dave", "W7R0g3do"}});
  SeededRandom random{1};
  std::int64_t now = 1780272000;
  std::function<Octets(Octets)> between;
  Server server;
  Client client;
  std::vector<Octets> packets;
  std::optional<ServerSucceeded> server_succeeded;
  std::optional<ServerFailed> server_failed;
  std::optional<ClientSucceeded> client_succeeded;
  std::optional<ClientFailed> client_failed;
};

inline ServerConfig offering(std::vector<Method> methods) { return {std::move(methods), true, "moon"}; }
inline ClientConfig carol(std::vector<Method> methods, std::string_view password = "Ar3etTnp") {
  return {std::move(methods), "carol", password_of(password)};
}

}  // namespace keypact::eap
