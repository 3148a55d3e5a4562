#include "control/operations.h"

#include <algorithm>

#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

/// What the commands share: whom it is about, how long, how much log.
struct Wanted {
  std::string ike;
  std::string child;
  std::optional<std::uint64_t> ike_id;
  std::optional<std::uint64_t> child_id;
  std::int64_t timeout_ms = 0;  ///< 0: as long as it takes; -1: not at all
  int log_level = 1;
  bool force = false;
  bool reauthenticate = false;

  [[nodiscard]] bool names_nothing() const { return ike.empty() && child.empty() && !ike_id && !child_id; }
};

Result<std::optional<std::uint64_t>, vici::BadValue> id_of(const vici::Message& request, std::string_view key) {
  TRY(const auto number, vici::number_of(request, key));
  if (!number) return std::nullopt;
  if (*number < 0) return failure(vici::BadValue{std::string(key), std::to_string(*number)});
  return static_cast<std::uint64_t>(*number);
}

Result<Wanted, vici::BadValue> read(const vici::Message& request) {
  Wanted wanted;
  wanted.ike = vici::text_of(request, "ike").value_or("");
  wanted.child = vici::text_of(request, "child").value_or("");
  TRY(wanted.ike_id, id_of(request, "ike-id"));
  TRY(wanted.child_id, id_of(request, "child-id"));
  TRY(const auto timeout, vici::number_of(request, "timeout"));
  TRY(const auto level, vici::number_of(request, "loglevel"));
  TRY(const auto force, vici::boolean_of(request, "force"));
  TRY(const auto reauthenticate, vici::boolean_of(request, "reauth"));
  // A day is longer than any retransmission; beyond that the arithmetic of instants has no room to go wrong.
  wanted.timeout_ms = std::clamp<std::int64_t>(timeout.value_or(0), -1, 24 * 3600 * 1000);
  wanted.log_level = static_cast<int>(std::clamp<std::int64_t>(level.value_or(1), -1, 4));
  wanted.force = force.value_or(false);
  wanted.reauthenticate = reauthenticate.value_or(false);
  return wanted;
}

bool has_single_address(const std::vector<config::AddressPattern>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const auto& pattern) { return pattern.is_single(); });
}

std::shared_ptr<const config::Connection> connection_with(const config::Snapshot& snapshot, const Wanted& wanted) {
  if (!wanted.ike.empty()) return snapshot.connection(wanted.ike);
  for (const auto& connection : snapshot.connections) {
    if (connection->child(wanted.child) != nullptr) return connection;
  }
  return nullptr;
}

/// What terminate and rekey mean: whole IKE SAs, or single Child SAs.
struct Matches {
  std::vector<IkeSaId> ikes;
  std::vector<ChildSaId> children;
};

/// `only_current`: only what carries the tunnel can be replaced, not what was replaced already or is being deleted.
void find_matches(const ike::Engine& engine, const Wanted& wanted, bool only_current, Matches& matches) {
  const bool wants_child = !wanted.child.empty() || wanted.child_id;
  for (const auto& [id, sa] : engine.ike_sas()) {
    if (std::holds_alternative<ike::v2::Closed>(sa.state()) || (wanted.ike_id && id.value != *wanted.ike_id)) continue;
    if (!wanted.ike.empty() && connection_of(sa) != wanted.ike) continue;
    const auto* established = sa.established();
    if (!wants_child) {
      if (!only_current || (established != nullptr && established->serves())) matches.ikes.push_back(id);
      continue;
    }
    if (established == nullptr) continue;
    for (const auto& [child_id, child] : established->children()) {
      if (!wanted.child.empty() && child.name != wanted.child) continue;
      if (wanted.child_id && child_id.value != *wanted.child_id) continue;
      if (child.phase == ike::v2::ChildSa::Phase::retired) continue;  // deleted, it only waits for stragglers
      if (!only_current || child.is_current()) matches.children.push_back(child_id);
    }
  }
}

Matches find_matches(EngineAccess& access, const Wanted& wanted, bool only_current) {
  Matches matches;
  look_at_all(access, [&](const ike::Engine& engine) { find_matches(engine, wanted, only_current, matches); });
  return matches;
}

/// What the connection's attempt is waiting for; nothing when there is none.
std::optional<ike::Refusal> waits_for(EngineAccess& access, const std::string& connection) {
  std::optional<ike::Refusal> found;
  look_at_all(access, [&](const ike::Engine& engine) {
    for (const auto& [id, sa] : engine.ike_sas()) {
      const bool same = std::visit(
          [&](const auto& state) {
            if constexpr (requires { state.intent; }) return state.intent.connection->name == connection;
            else return false;
          },
          sa.state());
      if (same && !found) found = sa.waits_for();
    }
  });
  return found;
}

vici::Message counted(vici::Message answer, std::size_t matches, std::size_t terminated) {
  answer.key("matches", std::to_string(matches)).key("terminated", std::to_string(terminated));
  return answer;
}

}  // namespace

ControlId Operations::new_request(std::optional<ClientId> client) {
  const auto id = access_.next_control_id();
  if (client) requests_.emplace(id, *client);
  return id;
}

std::optional<vici::Message> Operations::initiate(Instant now, ClientId client, const vici::Message& request) {
  const auto wanted = read(request);
  if (!wanted) return vici::refusal(wanted.error().to_string());
  if (wanted->ike.empty() && wanted->child.empty()) return vici::refusal("missing configuration name");
  std::shared_ptr<const config::Snapshot> configuration;
  access_.look(0, [&](const ike::Engine& engine) { configuration = engine.configuration(); });
  const auto connection = connection_with(*configuration, *wanted);
  // charon: without a child it is the IKE SA alone that is wanted.
  if (!connection || (!wanted->child.empty() && connection->child(wanted->child) == nullptr)) {
    return vici::refusal(wanted->child.empty() ? "IKE_SA config '" + wanted->ike + "' not found"
                                               : "CHILD_SA config '" + wanted->child + "' not found");
  }
  const bool waits = wanted->timeout_ms != -1;
  if (waits) {
    auto& operation = operations_[client];
    operation = {Operation::Kind::initiate, connection->name, wanted->child, now, {}, wanted->log_level, 1, 1, 0, {}};
    if (wanted->timeout_ms > 0) operation.deadline = now + milliseconds(wanted->timeout_ms);
  }
  begin(new_request(waits ? std::optional(client) : std::nullopt), *connection, wanted->child);
  if (waits) return std::nullopt;
  return vici::success();
}

void Operations::start(const config::Connection& connection, const std::string& child) {
  begin(new_request(std::nullopt), connection, child, true);
}

void Operations::stop(IkeSaId ike_sa) { access_.submit(ike::TerminateIke{new_request(std::nullopt), ike_sa, false}); }

void Operations::begin(ControlId id, const config::Connection& connection, const std::string& child, bool persistent) {
  ike::Initiate initiate{id, connection.name, child, std::nullopt, std::nullopt, persistent, child.empty()};
  const bool is_located = has_single_address(connection.local_addrs) && has_single_address(connection.remote_addrs);
  // What is to be kept up by a name is asked for by on_address_wanted().
  if (is_located || (persistent && ike::v2::is_known_by_name(connection))) return access_.submit(initiate);
  locating_.emplace(id, std::move(initiate));
  host_.locate(id, connection);
}

void Operations::on_address_wanted(const ike::AddressWanted& event) {
  ike::Initiate initiate{event.request, event.connection, event.child, event.last_local, event.last_remote};
  std::shared_ptr<const config::Connection> connection;
  access_.look(0,
               [&](const ike::Engine& engine) { connection = engine.configuration()->connection(event.connection); });
  if (!connection) return access_.submit(initiate);
  locating_.emplace(event.request, std::move(initiate));
  host_.locate(event.request, *connection);
}

void Operations::located(ControlId id, const Located& located) {
  auto waiting = locating_.extract(id);
  if (waiting.empty()) return;
  auto& initiate = waiting.mapped();
  if (located.remote) initiate.remote_address = located.remote;
  if (located.local) initiate.local_address = located.local;
  access_.submit(initiate);
}

std::optional<vici::Message> Operations::terminate(Instant now, ClientId client, const vici::Message& request) {
  const auto wanted = read(request);
  if (!wanted) return vici::refusal(wanted.error().to_string());
  if (wanted->names_nothing()) return vici::refusal("missing terminate selector");
  const auto matches = find_matches(access_, *wanted, false);
  const auto count = matches.ikes.size() + matches.children.size();
  if (count == 0) return counted(vici::refusal("no matching SAs to terminate found"), 0, 0);
  const bool waits = wanted->timeout_ms != -1;
  if (waits) {
    auto& operation = operations_[client];
    operation = {Operation::Kind::terminate, wanted->ike, wanted->child, now, {},
                 wanted->log_level,          count,       count,         0,   {}};
    if (wanted->timeout_ms > 0) operation.deadline = now + milliseconds(wanted->timeout_ms);
  }
  const auto owner = waits ? std::optional(client) : std::nullopt;
  for (const auto id : matches.ikes) access_.submit(ike::TerminateIke{new_request(owner), id, wanted->force});
  for (const auto id : matches.children) access_.submit(ike::TerminateChild{new_request(owner), id});
  if (waits) return std::nullopt;
  return counted(vici::success(), count, 0);
}

vici::Message Operations::rekey(const vici::Message& request) {
  const auto wanted = read(request);
  if (!wanted) return vici::refusal(wanted.error().to_string());
  if (wanted->names_nothing()) return vici::refusal("missing rekey selector");
  const auto matches = find_matches(access_, *wanted, true);
  const auto count = matches.ikes.size() + matches.children.size();
  for (const auto id : matches.ikes)
    access_.submit(ike::RekeyIke{new_request(std::nullopt), id, wanted->reauthenticate});
  for (const auto id : matches.children) access_.submit(ike::RekeyChild{new_request(std::nullopt), id});
  auto answer = count == 0 ? vici::refusal("no matching SAs to rekey found") : vici::success();
  answer.key("matches", std::to_string(count));
  return answer;
}

std::optional<Finished> Operations::on_done(const ike::RequestDone& done) {
  const auto request = requests_.find(done.request);
  if (request == requests_.end()) return std::nullopt;
  const auto client = request->second;
  requests_.erase(request);
  const auto found = operations_.find(client);
  if (found == operations_.end()) return std::nullopt;
  auto& operation = found->second;
  if (!done.refusal) ++operation.done;
  if (done.refusal && !operation.refusal) operation.refusal = done.refusal;
  if (--operation.waiting > 0) return std::nullopt;
  auto ended = std::move(operation);
  operations_.erase(found);
  return finish(client, std::move(ended));
}

Finished Operations::finish(ClientId client, Operation operation) {
  Finished finished;
  finished.client = client;
  finished.connection = operation.connection;
  if (operation.refusal) {
    finished.verdict = host_.explain(*operation.refusal, operation.connection);
    finished.answer = vici::refusal(finished.verdict->what);
  } else {
    finished.answer = vici::success();
  }
  if (operation.kind == Operation::Kind::terminate) {
    finished.answer = counted(std::move(finished.answer), operation.matches, operation.done);
  }
  return finished;
}

std::vector<Finished> Operations::on_deadline(Instant now) {
  std::vector<Finished> late;
  for (auto it = operations_.begin(); it != operations_.end();) {
    const auto& [client, operation] = *it;
    if (!operation.deadline || *operation.deadline > now) {
      ++it;
      continue;
    }
    const auto limit = std::chrono::duration_cast<milliseconds>(*operation.deadline - operation.began).count();
    const bool initiates = operation.kind == Operation::Kind::initiate;
    auto answer = vici::refusal((initiates ? "not established" : "not terminated") + std::string(" within ") +
                                std::to_string(limit) + " ms, it goes on in the background");
    if (!initiates) answer = counted(std::move(answer), operation.matches, operation.done);
    std::optional<Verdict> verdict;
    const auto refusal = initiates ? waits_for(access_, operation.connection) : std::nullopt;
    if (refusal) verdict = host_.explain(*refusal, operation.connection);
    late.push_back({client, std::move(answer), std::move(verdict), operation.connection});
    std::erase_if(requests_, [&](const auto& request) { return request.second == client; });
    it = operations_.erase(it);
  }
  return late;
}

std::optional<Instant> Operations::deadline() const {
  std::optional<Instant> first;
  for (const auto& [client, operation] : operations_) {
    if (operation.deadline && (!first || *operation.deadline < *first)) first = operation.deadline;
  }
  return first;
}

void Operations::forget(ClientId client) {
  operations_.erase(client);
  std::erase_if(requests_, [client](const auto& request) { return request.second == client; });
}

std::vector<Watcher> Operations::watchers(const std::string& connection) const {
  std::vector<Watcher> found;
  for (const auto& [client, operation] : operations_) {
    const bool concerned = operation.connection.empty() || operation.connection == connection;
    if (concerned) found.push_back({client, operation.began, operation.log_level});
  }
  return found;
}

}  // namespace keypact::control
