// What the engine's events become for the clients: log lines, ladders, ups and downs, and the memory of failures.
#include <algorithm>

#include "control/sa_sections.h"
#include "control/server.h"
#include "vici/extensions.h"

namespace keypact::control {

namespace {

vici::Message log_message(const LogLine& line) {
  vici::Message message;
  message.key("group", line.group).key("level", std::to_string(line.level)).key("thread", "1");
  if (line.ike_sa) {
    message.key("ikesa-name", line.connection).key("ikesa-uniqueid", std::to_string(line.ike_sa.value));
  }
  message.key("msg", line.text);
  return message;
}

/// Ended because somebody asked for it: no failure.
bool was_wanted(const ike::Refusal& reason) { return reason.code == ike::RefusalCode::terminated; }

}  // namespace

void Server::on_event(Instant now, const ToldEvent& told) {
  if (const auto* wanted = std::get_if<ike::AddressWanted>(&told.event)) return operations_.on_address_wanted(*wanted);
  tell_log(told);
  tell_ladder(now, told);
  tell_updown(now, told);
  tell_moved(now, told);
  tell_ike_rekeyed(now, told);
  tell_child_rekeyed(now, told);
  note_failure(now, told);
  if (const auto* done = std::get_if<ike::RequestDone>(&told.event)) {
    if (const auto finished = operations_.on_done(*done)) answer(now, *finished);
  }
}

void Server::log(const LogLine& line) {
  if (line.level <= 1 && anybody_registered("log")) publish("log", log_message(line));
}

bool Server::anybody_registered(std::string_view event) const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [event](const auto& client) { return client.second.session.registered(event); });
}

void Server::send_event(ClientId id, std::string_view event, const vici::Message& message) {
  auto* client = find(id);
  if (client == nullptr) return;
  client->session.event(event, message);
  flush(id);
}

void Server::publish(std::string_view event, const vici::Message& message) {
  std::vector<ClientId> registered;  // sending may end a connection
  for (const auto& [id, client] : clients_) {
    if (client.session.registered(event)) registered.push_back(id);
  }
  for (const auto id : registered) send_event(id, event, message);
}

void Server::tell_log(const ToldEvent& told) {
  if (!anybody_registered("log") && !anybody_registered("control-log")) return;
  const auto line = log_line(told, host_);
  if (!line) return;
  log(*line);
  const auto message = log_message(*line);
  for (const auto& watcher : operations_.watchers(line->connection)) {
    if (line->level <= watcher.log_level) send_event(watcher.client, "control-log", message);
  }
}

void Server::tell_ladder(Instant now, const ToldEvent& told) {
  const auto* event = std::get_if<ike::MessageTraced>(&told.event);
  const auto& facts = told.ike;
  if (event == nullptr || facts == nullptr || facts->connection.empty()) return;
  const auto& traced = *event;
  vici::Message message;
  message.key("ike", facts->connection).key("ike-id", std::to_string(traced.ike_sa.value));
  message.key("direction", traced.sent ? "out" : "in").key("exchange", to_string(traced.exchange));
  message.key("kind", traced.response ? "response" : "request").key("message-id", std::to_string(traced.message_id));
  message.key("notation", traced.notation).key("octets", std::to_string(traced.octets));
  message.key("retransmission", std::to_string(traced.retransmission));
  for (const auto& watcher : operations_.watchers(facts->connection)) {
    const auto offset = std::chrono::duration_cast<microseconds>(now - watcher.began).count();
    message.key("offset-us", std::to_string(offset));
    send_event(watcher.client, vici::kLadderEvent, message);
  }
}

void Server::tell_updown(Instant now, const ToldEvent& told) {
  const auto& event = told.event;
  const auto* established = std::get_if<ike::IkeSaEstablished>(&event);
  const auto* closed = std::get_if<ike::IkeSaClosed>(&event);
  const auto* up = std::get_if<ike::ChildSaUp>(&event);
  const bool about_ike = established != nullptr || (closed != nullptr && closed->was_established);
  const bool about_child = up != nullptr || std::holds_alternative<ike::ChildSaDown>(event);
  if (!about_ike && !about_child) return;

  const auto& ike = told.ike;
  const auto& child = told.child;
  const std::string_view name = about_ike ? "ike-updown" : "child-updown";
  if (ike == nullptr || (about_child && child == nullptr) || !anybody_registered(name)) return;

  vici::Message message;
  if (established != nullptr || up != nullptr) message.key("up", "yes");
  auto& section = message.section(ike_section_name(*ike));
  write_ike_sa(section, *ike, now);
  if (closed != nullptr) section.key("state", "DELETING");
  if (about_child) {
    write_child_sa(section.section("child-sas").section(child_section_name(child->sa)), child->sa, child->policy,
                   host_.counters(child->sa.id), now);
  }
  publish(name, message);
}

/// The new endpoints, and the IKE SA with its old ones.
void Server::tell_moved(Instant now, const ToldEvent& told) {
  const auto* event = std::get_if<ike::IkeSaMoved>(&told.event);
  if (event == nullptr || told.ike == nullptr || !anybody_registered("ike-update")) return;
  vici::Message message;
  const auto& [local, remote] = event->to;
  message.key("local-host", local.address.to_string()).key("local-port", std::to_string(local.port));
  message.key("remote-host", remote.address.to_string()).key("remote-port", std::to_string(remote.port));
  auto before = *told.ike;
  before.record.local = event->from.local;
  before.record.remote = event->from.remote;
  write_ike_sa(message.section(ike_section_name(before)), before, now);
  publish("ike-update", message);
}

void Server::tell_ike_rekeyed(Instant now, const ToldEvent& told) {
  if (!std::holds_alternative<ike::IkeSaRekeyed>(told.event)) return;
  const auto& fresh = told.ike;
  const auto& old = told.old_ike;
  if (fresh == nullptr || old == nullptr || !anybody_registered("ike-rekey")) return;
  vici::Message message;
  auto& section = message.section(ike_section_name(*old));
  write_ike_sa(section.section("old"), *old, now);
  write_ike_sa(section.section("new"), *fresh, now);
  publish("ike-rekey", message);
}

void Server::tell_child_rekeyed(Instant now, const ToldEvent& told) {
  if (!std::holds_alternative<ike::ChildSaRekeyed>(told.event)) return;
  const auto& fresh = told.child;
  const auto& old = told.old_child;
  if (told.ike == nullptr || fresh == nullptr || old == nullptr || !anybody_registered("child-rekey")) return;
  vici::Message message;
  auto& section = message.section(ike_section_name(*told.ike));
  write_ike_sa(section, *told.ike, now);
  auto& pair = section.section("child-sas").section(old->sa.name);
  write_child_sa(pair.section("old"), old->sa, old->policy, host_.counters(old->sa.id), now);
  write_child_sa(pair.section("new"), fresh->sa, fresh->policy, host_.counters(fresh->sa.id), now);
  publish("child-rekey", message);
}

void Server::note_failure(Instant now, const ToldEvent& told) {
  const auto& event = told.event;
  if (std::holds_alternative<ike::ChildSaUp>(event) && told.ike) failures_.clear(told.ike->connection);
  const auto* closed = std::get_if<ike::IkeSaClosed>(&event);
  if (closed != nullptr && !closed->connection.empty() && !was_wanted(closed->reason)) {
    failures_.note(closed->connection, host_.explain(closed->reason, closed->connection), now);
  }
  const auto* refused = std::get_if<ike::Refused>(&event);
  if (refused != nullptr && !refused->connection.empty()) {
    failures_.note(refused->connection, host_.explain(refused->refusal, refused->connection), now);
  }
}

}  // namespace keypact::control
