// list-sas, list-conns, list-policies: each entry goes out as an event, the answer is empty.
#include "control/commands.h"
#include "control/connection_section.h"
#include "control/sa_sections.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

/// True when the request names nobody, or this one.
bool asks_for(const vici::Message& request, std::string_view key, std::string_view name) {
  const auto wanted = vici::text_of(request, key);
  return !wanted || *wanted == name;
}

bool asks_for_id(const vici::Message& request, std::string_view key, std::uint64_t id) {
  const auto wanted = vici::text_of(request, key);
  return !wanted || vici::parse_number(*wanted) == static_cast<std::int64_t>(id);
}

PolicyId policy_of(const ike::Engine& engine, const ike::v2::ChildSa& child) {
  const auto* entry = engine.policies().find(child.policy_name);
  return entry == nullptr ? PolicyId() : entry->id;
}

/// The number of children that the filter let through.
std::size_t write_children(const Call& call, vici::Section& section, const ike::v2::EstablishedSa& sa) {
  std::size_t written = 0;
  for (const auto& [id, child] : sa.children()) {
    if (!asks_for(call.request, "child", child.name) || !asks_for_id(call.request, "child-id", id.value)) continue;
    write_child_sa(section.section(child_section_name(child)), child, policy_of(call.services.engine, child),
                   call.services.host.counters(id), call.now);
    ++written;
  }
  return written;
}

vici::Section::List texts(const std::vector<TrafficSelector>& selectors) {
  vici::Section::List list;
  for (const auto& selector : selectors) list.push_back(selector.to_string());
  return list;
}

}  // namespace

Answer list_sas(const Call& call) {
  const bool wants_child = vici::text_of(call.request, "child") || vici::text_of(call.request, "child-id");
  for (const auto& [id, sa] : call.services.engine.ike_sas()) {
    const auto facts = facts_of(sa);
    if (!facts || !asks_for(call.request, "ike", facts->connection) || !asks_for_id(call.request, "ike-id", id.value)) {
      continue;
    }
    vici::Message message;
    auto& section = message.section(ike_section_name(*facts));
    write_ike_sa(section, *facts, call.now);
    auto& children = section.section("child-sas");
    const auto written = sa.established() == nullptr ? 0 : write_children(call, children, *sa.established());
    if (!wants_child || written > 0) call.client.event("list-sa", message);
  }
  return vici::Message();
}

Answer list_connections(const Call& call) {
  for (const auto& connection : call.services.configuration.current()->connections) {
    if (!asks_for(call.request, "ike", connection->name)) continue;
    vici::Message message;
    write_connection(message.section(connection->name), *connection);
    call.client.event("list-conn", message);
  }
  return vici::Message();
}

namespace {

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

Answer list_policies(const Call& call) {
  for (const auto& [name, entry] : call.services.engine.policies().all()) {
    const auto words = words_of(entry.action);
    if (call.request.find(words.asked) == nullptr) continue;
    if (!asks_for(call.request, "ike", name.first) || !asks_for(call.request, "child", name.second)) continue;
    vici::Message message;
    auto& section = message.section(name.first + "/" + name.second);
    section.key("child", name.second).key("ike", name.first).key("mode", words.mode);
    section.key("reqid", std::to_string(entry.id.value));
    section.list("local-ts", texts(entry.local)).list("remote-ts", texts(entry.remote));
    call.client.event("list-policy", message);
  }
  return vici::Message();
}

Answer list_nothing(const Call&) { return vici::Message(); }

}  // namespace keypact::control
