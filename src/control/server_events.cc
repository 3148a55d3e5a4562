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

void Server::on_event(Instant now, const ike::Event& event) {
  tell_log(event);
  if (const auto* traced = std::get_if<ike::MessageTraced>(&event)) tell_ladder(now, *traced);
  tell_updown(now, event);
  if (const auto* moved = std::get_if<ike::IkeSaMoved>(&event)) tell_moved(now, *moved);
  if (const auto* rekeyed = std::get_if<ike::IkeSaRekeyed>(&event)) tell_rekeyed(now, *rekeyed);
  if (const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&event)) tell_rekeyed(now, *rekeyed);
  note_failure(now, event);
  if (const auto* done = std::get_if<ike::RequestDone>(&event)) {
    if (const auto finished = operations_.on_done(*done)) answer(now, *finished);
  }
  if (const auto* down = std::get_if<ike::ChildSaDown>(&event)) memory_.forget(down->child_sa);
  if (const auto* closed = std::get_if<ike::IkeSaClosed>(&event)) memory_.forget(closed->ike_sa);
  if (const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&event)) memory_.forget(rekeyed->old);
  if (const auto* rekeyed = std::get_if<ike::IkeSaRekeyed>(&event)) memory_.forget(rekeyed->old);
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

void Server::tell_log(const ike::Event& event) {
  if (!anybody_registered("log") && !anybody_registered("control-log")) return;
  const auto line = log_line(event, access_.engine(), memory_, host_);
  if (!line) return;
  log(*line);
  const auto message = log_message(*line);
  for (const auto& watcher : operations_.watchers(line->connection)) {
    if (line->level <= watcher.log_level) send_event(watcher.client, "control-log", message);
  }
}

void Server::tell_ladder(Instant now, const ike::MessageTraced& traced) {
  const auto* facts = memory_.ike(access_.engine(), traced.ike_sa);
  if (facts == nullptr || facts->connection.empty()) return;
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

void Server::tell_updown(Instant now, const ike::Event& event) {
  const auto* established = std::get_if<ike::IkeSaEstablished>(&event);
  const auto* closed = std::get_if<ike::IkeSaClosed>(&event);
  const auto* up = std::get_if<ike::ChildSaUp>(&event);
  const auto* down = std::get_if<ike::ChildSaDown>(&event);
  const bool about_ike = established != nullptr || (closed != nullptr && closed->was_established);
  const bool about_child = up != nullptr || down != nullptr;
  if (!about_ike && !about_child) return;

  const auto ike_id = established != nullptr ? established->ike_sa
                      : closed != nullptr    ? closed->ike_sa
                      : up != nullptr        ? up->ike_sa
                                             : down->ike_sa;
  // Asked for even when nobody listens now: the event of its end may come when the engine has forgotten it.
  const auto* ike = memory_.ike(access_.engine(), ike_id);
  const auto child_id = up != nullptr ? up->child_sa : down != nullptr ? down->child_sa : ChildSaId();
  const auto* child = about_child ? memory_.child(access_.engine(), ike_id, child_id) : nullptr;
  const std::string_view name = about_ike ? "ike-updown" : "child-updown";
  if (ike == nullptr || (about_child && child == nullptr) || !anybody_registered(name)) return;

  vici::Message message;
  if (established != nullptr || up != nullptr) message.key("up", "yes");
  auto& section = message.section(ike_section_name(*ike));
  write_ike_sa(section, *ike, now);
  if (closed != nullptr) section.key("state", "DELETING");
  if (about_child) {
    write_child_sa(section.section("child-sas").section(child_section_name(*child)), *child, policy_of(*child),
                   host_.counters(child_id), now);
  }
  publish(name, message);
}

PolicyId Server::policy_of(const ike::v2::ChildSa& child) const {
  const auto* policy = access_.engine().policies().find(child.policy_name);
  return policy == nullptr ? PolicyId() : policy->id;
}

/// The new endpoints, and the IKE SA with its old ones.
void Server::tell_moved(Instant now, const ike::IkeSaMoved& event) {
  const auto* facts = memory_.ike(access_.engine(), event.ike_sa);
  if (facts == nullptr || !anybody_registered("ike-update")) return;
  vici::Message message;
  const auto& [local, remote] = event.to;
  message.key("local-host", local.address.to_string()).key("local-port", std::to_string(local.port));
  message.key("remote-host", remote.address.to_string()).key("remote-port", std::to_string(remote.port));
  auto before = *facts;
  before.record.local = event.from.local;
  before.record.remote = event.from.remote;
  write_ike_sa(message.section(ike_section_name(before)), before, now);
  publish("ike-update", message);
}

void Server::tell_rekeyed(Instant now, const ike::IkeSaRekeyed& event) {
  // The new one is asked for even when nobody listens now: who listens at its end is told about it from memory.
  const auto* fresh = memory_.ike(access_.engine(), event.fresh);
  const auto* old = memory_.ike(access_.engine(), event.old);
  if (fresh == nullptr || old == nullptr || !anybody_registered("ike-rekey")) return;
  vici::Message message;
  auto& section = message.section(ike_section_name(*old));
  write_ike_sa(section.section("old"), *old, now);
  write_ike_sa(section.section("new"), *fresh, now);
  publish("ike-rekey", message);
}

void Server::tell_rekeyed(Instant now, const ike::ChildSaRekeyed& event) {
  const auto* ike = memory_.ike(access_.engine(), event.ike_sa);
  const auto* fresh = memory_.child(access_.engine(), event.ike_sa, event.fresh);
  const auto* old = memory_.child(access_.engine(), event.ike_sa, event.old);
  if (ike == nullptr || fresh == nullptr || old == nullptr || !anybody_registered("child-rekey")) return;
  vici::Message message;
  auto& section = message.section(ike_section_name(*ike));
  write_ike_sa(section, *ike, now);
  auto& pair = section.section("child-sas").section(old->name);
  write_child_sa(pair.section("old"), *old, policy_of(*old), host_.counters(event.old), now);
  write_child_sa(pair.section("new"), *fresh, policy_of(*fresh), host_.counters(event.fresh), now);
  publish("child-rekey", message);
}

void Server::note_failure(Instant now, const ike::Event& event) {
  if (const auto* up = std::get_if<ike::ChildSaUp>(&event)) {
    if (const auto* facts = memory_.ike(access_.engine(), up->ike_sa)) failures_.clear(facts->connection);
  }
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
