// The control interface over the engine "left" of a simulated world whose other node is "right"; clients are vici clients
// without a socket.
#pragma once

#include <gtest/gtest.h>

#include "config/memory_files.h"
#include "control/server.h"
#include "diagnose/verdict.h"
#include "sim/site_to_site.h"
#include "sim/world.h"
#include "vici/client_session.h"

namespace keypact::control {

/// A vici client: what it received is kept in order.
struct TestClient {
  vici::ClientSession wire;
  std::vector<vici::Packet> packets;
  bool connected = true;

  [[nodiscard]] std::vector<vici::Message> events(std::string_view name) const {
    std::vector<vici::Message> found;
    for (const auto& packet : packets) {
      if (packet.type == vici::PacketType::EVENT && packet.name == name) found.push_back(packet.message);
    }
    return found;
  }
  /// The last answer to a command; nothing while it runs.
  [[nodiscard]] std::optional<vici::Message> answer() const {
    if (packets.empty()) return std::nullopt;
    for (auto packet = packets.rbegin(); packet != packets.rend(); ++packet) {
      if (packet->type == vici::PacketType::CMD_RESPONSE) return packet->message;
    }
    return std::nullopt;
  }
};

class ControlBench : public ::testing::Test, public Host, public EngineAccess {
 protected:
  ControlBench() {
    auto [l, r] = sim::left_and_right();
    left_site = l;
    right_site = r;
    world.set_observer([this](sim::World&) { tell_events(); });
  }

  void start() {
    world.add("left", left_site.local, std::make_shared<config::Snapshot>());
    world.add("right", right_site.local, right_site.snapshot());
    server = std::make_unique<Server>(*this, *this, world.now());
    files = left_site.snapshot();
    server->adopt_files(files);
  }

  sim::Node& left() { return world.node("left"); }

  TestClient& connect() {
    const ClientId id{++last_client_};
    server->connected(id);
    return clients[id];
  }
  ClientId id_of(const TestClient& wanted) {
    for (const auto& [id, client] : clients) {
      if (&client == &wanted) return id;
    }
    return {};
  }
  void deliver(TestClient& client) {
    server->received(world.now(), id_of(client), client.wire.take_output());
    send_all();
  }
  /// One command of a client that waits for its answer; forgets what it received before.
  vici::Message call(TestClient& client, std::string_view command, const vici::Message& request = {},
                     Duration duration = seconds(2)) {
    send(client, command, request);
    if (!client.answer()) run_for(duration);
    EXPECT_TRUE(client.answer().has_value()) << command;
    return client.answer().value_or(vici::Message());
  }
  void send(TestClient& client, std::string_view command, const vici::Message& request = {}) {
    client.packets.clear();
    ASSERT_TRUE(client.wire.request(command, request));
    deliver(client);
  }
  void listen(TestClient& client, std::string_view event) {
    client.wire.register_event(event);
    deliver(client);
  }
  void run_for(Duration duration) {
    const auto end = world.now() + duration;
    while (world.now() < end) {
      const auto deadline = server->deadline();
      world.run_for(
          std::min(deadline && *deadline > world.now() ? *deadline - world.now() : duration, end - world.now()));
      if (deadline && *deadline <= world.now()) server->on_deadline(world.now());
    }
  }
  static vici::Message wanted(std::string_view child = "lan") {
    vici::Message message;
    message.key("ike", "net").key("child", child).key("timeout", "0").key("loglevel", "1");
    return message;
  }
  void tell_events() {
    while (told_ < left().events.size()) {
      const auto event = told_++;
      server->on_event(world.now(), teller.tell(left().engine, std::move(left().events[event])));
    }
  }

  // Host
  void send(ClientId id, Octets octets) override {
    auto& client = clients.at(id);
    client.wire.receive(octets);
    while (auto packet = client.wire.next().value()) client.packets.push_back(std::move(*packet));
  }
  void tell_when_sent(ClientId id) override { unsent_.insert(id); }
  /// Whoever has more than is to wait in memory goes on.
  void send_all() {
    while (reads && !unsent_.empty()) server->sent(world.now(), unsent_.extract(unsent_.begin()).value());
  }
  void disconnect(ClientId id) override { clients.at(id).connected = false; }
  std::optional<ipsec::ChildSaCounters> counters(ChildSaId) override { return counted; }
  void locate(ControlId id, const config::Connection&) override {
    ++locations;
    server->located(id, {left_site.local, right_site.local});
  }
  LoadedFiles read_configuration() override {
    if (!files) return {nullptr, nullptr, "1 error", {"a.conf:1:1: error: no"}};
    return {files, nullptr, {}, {}};
  }
  config::MemoryFiles named_files;
  config::FileSource& file_source() override { return named_files; }
  const leases::LeaseBook& leases() const override { return pool_leases; }
  leases::LeaseBook pool_leases;
  HostCounters host_counters() const override { return {3, 2, 1}; }
  std::vector<pki::RevocationList> fetched;
  std::vector<std::string> differences;
  std::vector<std::string> drift() override { return differences; }
  std::vector<std::string> explain_routes(const std::optional<IpAddress>& destination) override {
    return {destination ? "to " + destination->to_string() : "to anywhere"};
  }
  std::vector<std::string> explain_packets(const IpAddress& destination) override {
    return {"packets to " + destination.to_string()};
  }
  std::vector<KeptSas> kept;
  std::vector<KeptSas> kept_sas() override { return kept; }
  std::vector<pki::RevocationList> fetched_lists() override { return fetched; }
  void forget_fetched() override { fetched.clear(); }
  void note(const std::string& line) override { notes.push_back(line); }
  Verdict explain(const ike::Refusal& refusal, const std::string& connection) override {
    auto verdict = diagnose::verdict_of(refusal, connection);
    return {verdict.code,   verdict.what,   verdict.phase, verdict.rule,  verdict.side,
            verdict.remedy, verdict.detail, verdict.ours,  verdict.theirs};
  }
  SystemFacts facts() override { return {"keypactd", "0.1.0", "Linux", "6.1", "x86_64", "Nov 22 04:30:12 2026"}; }
  std::vector<Transform> transforms() override {
    return {encryption(EncryptionId::ENCR_AES_CBC, 128), encryption(EncryptionId::ENCR_AES_GCM_16, 256),
            prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(KeyExchangeMethod::CURVE25519)};
  }

  // EngineAccess
  std::size_t engines() const override { return 1; }
  void look(std::size_t, const std::function<void(const ike::Engine&)>& look) override { look(left().engine); }
  ControlId next_control_id() override { return ControlId{++last_control_}; }
  void submit(const ike::ControlRequest& request) override {
    world.control(left(), request);
    tell_events();
  }
  void set_configuration(config::SnapshotPointer snapshot, CredentialsPointer) override {
    left().engine.set_configuration(world.now(), std::move(snapshot));
  }
  void set_tracing(bool on) override { left().engine.set_tracing(on); }

  sim::World world{1};
  sim::SiteToSite left_site;
  sim::SiteToSite right_site;
  std::unique_ptr<Server> server;
  std::map<ClientId, TestClient> clients;
  config::SnapshotPointer files;
  ipsec::ChildSaCounters counted;
  EventTeller teller;
  int locations = 0;
  bool reads = true;               ///< clients read what is sent to them
  std::vector<std::string> notes;  ///< lines for the daemon's own log

 private:
  std::uint64_t last_client_ = 0;
  std::uint64_t last_control_ = 1000;
  std::size_t told_ = 0;
  std::set<ClientId> unsent_;
};

}  // namespace keypact::control
