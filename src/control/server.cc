#include "control/server.h"

#include <algorithm>

#include "control/redirect.h"
#include "vici/extensions.h"

namespace keypact::control {

namespace {

bool starts(config::Action action) {
  return action == config::Action::start || action == config::Action::trap_and_start;
}

bool starts_a_child(const config::Connection& connection) {
  return std::any_of(connection.children.begin(), connection.children.end(),
                     [](const config::ChildConfig& child) { return starts(child.start_action); });
}

/// True when the connection is new or other than it was.
bool is_news(const config::Snapshot& before, const config::Connection& connection) {
  const auto old = before.connection(connection.name);
  return !old || (old.get() != &connection && *old != connection);
}

}  // namespace

Server::Server(Host& host, EngineAccess& access, Instant now)
    : host_(host), access_(access), applied_(configuration_.current()), operations_(host, access), started_(now) {}

void Server::connected(ClientId client) { clients_.try_emplace(client); }

void Server::received(Instant now, ClientId client, OctetView octets) {
  auto* found = find(client);
  if (found == nullptr) return;
  found->session.receive(octets);
  serve(now, client);
}

void Server::closed(ClientId client) {
  clients_.erase(client);
  operations_.forget(client);
  update_tracing();
}

Server::Client* Server::find(ClientId id) {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : &found->second;
}

void Server::serve(Instant now, ClientId id) {
  auto* client = find(id);
  if (client == nullptr || client->is_served) return;
  client->is_served = true;
  while (serve_next(now, id)) {
  }
  flush(id);
  if ((client = find(id)) != nullptr) client->is_served = false;
}

bool Server::serve_next(Instant now, ClientId id) {
  auto* client = find(id);
  if (client == nullptr) return false;
  auto request = client->session.next_request();
  update_tracing();  // before a command that was sent together with its registrations
  if (!request) {
    flush(id);
    closed(id);
    host_.disconnect(id);
    return false;
  }
  if (!*request) return false;
  const auto answer = dispatch(now, id, **request);
  (*request)->message.wipe();  // it may have carried a secret
  client = find(id);
  if (client != nullptr && answer) client->session.respond(*answer);
  return client != nullptr;
}

std::optional<vici::Message> Server::dispatch(Instant now, ClientId id, const vici::Request& request) {
  if (request.command == "initiate") return operations_.initiate(now, id, request.message);
  if (request.command == "terminate") return operations_.terminate(now, id, request.message);
  if (request.command == "rekey") return operations_.rekey(request.message);
  if (request.command == "redirect") return redirect(access_, request.message);
  if (auto listing = Listing::of(request, configuration_)) {
    find(id)->listing = std::move(listing);
    go_on_listing(now, id);
    return std::nullopt;
  }
  if (const auto reason = reason_against(request.command)) return vici::refusal(*reason);
  const auto* command = find_command(request.command);
  if (command == nullptr) return vici::refusal("this command is not known");  // the vocabulary has no other
  const Services services{host_, access_, configuration_, failures_, started_};
  auto answer = command->handler({services, now, request.message});
  if (answer.configuration_changed) apply_configuration();
  log_warnings(request.command, answer.message);
  return std::move(answer.message);
}

void Server::log_warnings(std::string_view command, const vici::Message& answer) {
  const auto* warnings = answer.find_list("warnings");
  if (warnings == nullptr) return;
  for (const auto& warning : *warnings) {
    const auto text = std::string(command) + ": " + warning;
    host_.note(text);
    log({"CFG", 1, {}, {}, text});
  }
}

void Server::adopt_files(config::SnapshotPointer files, const CredentialsPointer& parsed) {
  configuration_.set_files(std::move(files), parsed);
  apply_configuration();
}

void Server::apply_configuration() {
  const auto before = std::exchange(applied_, configuration_.current());
  const auto after = applied_;
  const auto credentials_before = std::exchange(applied_credentials_, configuration_.credentials());
  if (before == after && credentials_before == applied_credentials_) return;
  access_.set_configuration(after, applied_credentials_);
  // The inverse of a start action; other SAs of a connection that is gone stay until they end.
  std::vector<IkeSaId> unwanted;
  look_at_all(access_, [&](const ike::Engine& engine) {
    for (const auto& [id, sa] : engine.ike_sas()) {
      const auto name = connection_of(sa);
      if (name.empty() || after->connection(name)) continue;
      const auto old = before->connection(name);
      if (old && starts_a_child(*old)) unwanted.push_back(id);
    }
  });
  for (const auto id : unwanted) operations_.stop(id);
  // Clients load connections, secrets and keys in any order: a start that wanted one is tried again with new ones.
  const bool new_secrets = before->ike_secrets != after->ike_secrets;
  const bool new_ppks = before->ppks != after->ppks;
  const bool new_keys = before->stored != after->stored;
  const auto wanted_secret = [&](const config::Connection& connection) {
    const auto failed_for = [&](ike::RefusalCode code) { return failures_.is(connection.name, to_string(code)); };
    return (new_secrets && failed_for(ike::RefusalCode::no_shared_key)) ||
           (new_ppks && failed_for(ike::RefusalCode::no_ppk)) ||
           (new_keys && failed_for(ike::RefusalCode::no_signing_key));
  };
  for (const auto& connection : after->connections) {
    if (!starts_a_child(*connection) || !(is_news(*before, *connection) || wanted_secret(*connection))) continue;
    for (const auto& child : connection->children) {
      if (starts(child.start_action)) operations_.start(*connection, child.name);
    }
  }
}

void Server::answer(Instant now, const Finished& finished) {
  auto* client = find(finished.client);
  if (client == nullptr || !client->session.command_runs()) return;
  if (finished.verdict) {
    vici::Message record;
    write_verdict(record, *finished.verdict, finished.connection);
    client->session.event(vici::kVerdictEvent, record);
  }
  client->session.respond(finished.answer);
  flush(finished.client);
  serve(now, finished.client);  // what the client sent meanwhile
}

/// One piece at a time: the next one when this one is on its way.
void Server::go_on_listing(Instant now, ClientId id) {
  auto* client = find(id);
  if (client->listing->advance(now, access_, host_, client->session)) {
    flush(id);
    return host_.tell_when_sent(id);
  }
  client->listing.reset();
  client->session.respond({});
  flush(id);
}

void Server::sent(Instant now, ClientId id) {
  auto* client = find(id);
  if (client == nullptr || !client->listing) return;
  go_on_listing(now, id);
  serve(now, id);  // what the client sent meanwhile
}

void Server::on_deadline(Instant now) {
  for (const auto& finished : operations_.on_deadline(now)) answer(now, finished);
}

void Server::flush(ClientId id) {
  auto* client = find(id);
  if (client == nullptr || client->session.output_waiting() == 0) return;
  host_.send(id, client->session.take_output());
}

void Server::update_tracing() {
  access_.set_tracing(anybody_registered("log") || anybody_registered("control-log") ||
                      anybody_registered(vici::kLadderEvent));
}

}  // namespace keypact::control
