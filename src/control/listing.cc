#include "control/listing.h"

#include "control/connection_section.h"
#include "control/credential_listing.h"
#include "control/sa_sections.h"
#include "control/told_event.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

/// Of one piece: so much of an engine is looked at, and so much is listed, before anything else has its turn.
constexpr std::size_t kLookedAt = 1024;
constexpr std::size_t kListed = 64;

struct ListedSa {
  IkeFacts ike;
  std::vector<ChildFacts> children;
};

vici::Section::List texts(const std::vector<TrafficSelector>& selectors) {
  vici::Section::List list;
  for (const auto& selector : selectors) list.push_back(selector.to_string());
  return list;
}

struct PolicyWords {
  std::string_view asked;
  std::string_view mode;
};

PolicyWords words_of(PolicyAction action) {
  switch (action) {
    case PolicyAction::protect: return {"trap", "TUNNEL"};
    case PolicyAction::bypass: return {"pass", "PASS"};
    case PolicyAction::discard: return {"drop", "DROP"};
  }
  return {};
}

}  // namespace

std::optional<Listing> Listing::of(const vici::Request& request, const Configuration& configuration) {
  const auto kind = request.command == "list-sas"           ? std::optional(Kind::sas)
                    : request.command == "list-policies"    ? std::optional(Kind::policies)
                    : request.command == "list-conns"       ? std::optional(Kind::connections)
                    : request.command == "list-certs"       ? std::optional(Kind::certificates)
                    : request.command == "list-authorities" ? std::optional(Kind::authorities)
                                                            : std::nullopt;
  if (!kind) return std::nullopt;
  return Listing(*kind, request.message, configuration);
}

bool Listing::advance(Instant now, EngineAccess& access, Host& host, vici::ServerSession& client) {
  switch (kind_) {
    case Kind::sas: return add_sas(now, access, host, client);
    case Kind::policies: return add_policies(access, client);
    case Kind::connections: return add_connections(client);
    case Kind::certificates:
      if (!events_) events_ = certificate_events(request_, *configuration_, *credentials_, host.fetched_lists());
      return add_prepared("list-cert", client);
    case Kind::authorities:
      if (!events_) events_ = authority_events(request_, *configuration_, *credentials_);
      return add_prepared("list-authority", client);
  }
  return false;
}

bool Listing::asks_for(std::string_view key, std::string_view name) const {
  const auto wanted = vici::text_of(request_, key);
  return !wanted || *wanted == name;
}

bool Listing::asks_for(std::string_view key, std::uint64_t id) const {
  const auto wanted = vici::text_of(request_, key);
  return !wanted || vici::parse_number(*wanted) == static_cast<std::int64_t>(id);
}

void Listing::next_engine() {
  ++engine_;
  after_ = {};
  last_.reset();
  after_policy_ = {};
}

bool Listing::add_sas(Instant now, EngineAccess& access, Host& host, vici::ServerSession& client) {
  std::vector<ListedSa> piece;
  bool more = true;
  access.look(engine_, [&](const ike::Engine& engine) {
    const auto& all = engine.ike_sas();
    if (!last_) last_ = all.empty() ? IkeSaId{} : all.rbegin()->first;
    std::size_t looked_at = 0;
    auto sa = all.upper_bound(after_);
    for (; sa != all.end() && sa->first <= *last_ && looked_at < kLookedAt && piece.size() < kListed;
         ++sa, ++looked_at) {
      after_ = sa->first;
      auto facts = facts_of(sa->second);
      if (!facts || !asks_for("ike", facts->connection) || !asks_for("ike-id", facts->id.value)) continue;
      auto& listed = piece.emplace_back(ListedSa{std::move(*facts), {}});
      if (const auto* established = sa->second.established())
        for (const auto& [id, child] : established->children()) listed.children.push_back(facts_of(engine, child));
    }
    more = sa != all.end() && sa->first <= *last_;
  });
  const bool wants_child = vici::text_of(request_, "child") || vici::text_of(request_, "child-id");
  for (const auto& sa : piece) {
    vici::Message message;
    auto& section = message.section(ike_section_name(sa.ike));
    write_ike_sa(section, sa.ike, now);
    auto& children = section.section("child-sas");
    for (const auto& [child, policy] : sa.children)
      if (asks_for("child", child.name) && asks_for("child-id", child.id.value))
        write_child_sa(children.section(child_section_name(child)), child, policy, host.counters(child.id), now);
    if (!wants_child || !children.empty()) client.event("list-sa", message);
  }
  if (!more) next_engine();
  return engine_ < access.engines();
}

bool Listing::add_policies(EngineAccess& access, vici::ServerSession& client) {
  std::vector<std::pair<ike::PolicyBook::Name, ike::PolicyBook::Entry>> piece;
  bool more = true;
  access.look(engine_, [&](const ike::Engine& engine) {
    const auto& all = engine.policies().all();
    std::size_t looked_at = 0;
    auto policy = all.upper_bound(after_policy_);
    for (; policy != all.end() && looked_at < kLookedAt && piece.size() < kListed; ++policy, ++looked_at) {
      after_policy_ = policy->first;
      const bool asked = request_.find(words_of(policy->second.action).asked) != nullptr;
      if (asked && asks_for("ike", policy->first.first) && asks_for("child", policy->first.second))
        piece.push_back(*policy);
    }
    more = policy != all.end();
  });
  for (const auto& [name, entry] : piece) {
    vici::Message message;
    auto& section = message.section(name.first + "/" + name.second);
    section.key("child", name.second).key("ike", name.first).key("mode", words_of(entry.action).mode);
    section.key("reqid", std::to_string(entry.id.value));
    section.list("local-ts", texts(entry.local)).list("remote-ts", texts(entry.remote));
    client.event("list-policy", message);
  }
  if (!more) next_engine();
  return engine_ < access.engines();
}

bool Listing::add_connections(vici::ServerSession& client) {
  const auto& connections = configuration_->connections;
  const auto end = std::min(connections.size(), next_ + kListed);
  for (; next_ < end; ++next_) {
    const auto& connection = *connections[next_];
    if (!asks_for("ike", connection.name)) continue;
    vici::Message message;
    write_connection(message.section(connection.name), connection, *credentials_);
    client.event("list-conn", message);
  }
  return next_ < connections.size();
}

bool Listing::add_prepared(std::string_view event, vici::ServerSession& client) {
  const auto end = std::min(events_->size(), next_ + kListed);
  for (; next_ < end; ++next_) client.event(event, (*events_)[next_]);
  return next_ < events_->size();
}

}  // namespace keypact::control
