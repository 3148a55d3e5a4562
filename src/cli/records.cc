#include "cli/records.h"

#include "cli/algorithm_names.h"
#include "vici/request_grammar.h"

namespace keypact::cli {

namespace {

using vici::Section;

std::string text(const Section& section, std::string_view key) { return std::string(section.value_or(key)); }

bool flag(const Section& section, std::string_view key) {
  return vici::parse_boolean(section.value_or(key)).value_or(false);
}

std::optional<std::uint64_t> optional_number(const Section& section, std::string_view key) {
  const auto value = vici::parse_number(section.value_or(key));
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::uint64_t number(const Section& section, std::string_view key) { return optional_number(section, key).value_or(0); }

std::optional<std::chrono::seconds> time(const Section& section, std::string_view key) {
  const auto value = optional_number(section, key);
  if (!value) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(*value));
}

std::vector<std::string> list(const Section& section, std::string_view key) {
  const auto* items = section.find_list(key);
  return items == nullptr ? std::vector<std::string>() : *items;
}

Algorithms algorithms(const Section& section) {
  Algorithms found;
  found.encryption = encryption_name(section.value_or("encr-alg"), section.value_or("encr-keysize"));
  found.integrity = integrity_name(section.value_or("integ-alg"));
  found.prf = prf_name(section.value_or("prf-alg"));
  found.key_exchange = key_exchange_name(section.value_or("dh-group"));
  for (const auto* additional : {"ake1", "ake2", "ake3", "ake4", "ake5", "ake6", "ake7"}) {
    const auto method = section.value_or(additional);
    if (!method.empty() && method != "KE_NONE") found.key_exchange += "+" + key_exchange_name(method);
  }
  return found;
}

ChildSa child_sa(const std::string& section_name, const Section& section) {
  ChildSa child;
  child.name = section.value_or("name", section_name);
  child.id = text(section, "uniqueid");
  child.state = text(section, "state");
  child.mode = text(section, "mode");
  child.protocol = text(section, "protocol");
  child.udp_encapsulation = flag(section, "encap");
  child.offload = text(section, "hw-offload");
  child.esn = flag(section, "esn");
  child.spi_in = text(section, "spi-in");
  child.spi_out = text(section, "spi-out");
  child.algorithms = algorithms(section);
  child.octets_in = number(section, "bytes-in");
  child.octets_out = number(section, "bytes-out");
  child.packets_in = number(section, "packets-in");
  child.packets_out = number(section, "packets-out");
  child.last_in = time(section, "use-in");
  child.last_out = time(section, "use-out");
  child.installed = time(section, "install-time");
  child.rekey_in = time(section, "rekey-time");
  child.expires_in = time(section, "life-time");
  child.local_ts = list(section, "local-ts");
  child.remote_ts = list(section, "remote-ts");
  return child;
}

IkeSa ike_sa(const std::string& connection, const Section& section) {
  IkeSa sa;
  sa.connection = connection;
  sa.id = text(section, "uniqueid");
  sa.version = text(section, "version");
  sa.state = text(section, "state");
  sa.initiator = flag(section, "initiator");
  sa.local_host = text(section, "local-host");
  sa.local_port = text(section, "local-port");
  sa.local_id = text(section, "local-id");
  sa.remote_host = text(section, "remote-host");
  sa.remote_port = text(section, "remote-port");
  sa.remote_id = text(section, "remote-id");
  sa.initiator_spi = text(section, "initiator-spi");
  sa.responder_spi = text(section, "responder-spi");
  sa.nat_local = flag(section, "nat-local");
  sa.nat_remote = flag(section, "nat-remote");
  sa.inner_local = list(section, "local-vips");
  sa.inner_remote = list(section, "remote-vips");
  sa.algorithms = algorithms(section);
  sa.established = time(section, "established");
  sa.rekey_in = time(section, "rekey-time");
  sa.reauthenticate_in = time(section, "reauth-time");
  if (const auto* children = section.find_section("child-sas")) {
    for (const auto& element : children->elements()) {
      if (const auto* child = std::get_if<Section>(&element.content))
        sa.children.push_back(child_sa(element.name, *child));
    }
  }
  return sa;
}

/// The first round of one side: "local-1", "remote-1".
const Section* first_round(const Section& section, std::string_view side) {
  for (const auto& element : section.elements()) {
    const auto* round = std::get_if<Section>(&element.content);
    if (round != nullptr && element.name.starts_with(side)) return round;
  }
  return nullptr;
}

Connection connection(const std::string& name, const Section& section) {
  Connection found;
  found.name = name;
  found.version = text(section, "version");
  found.local_addrs = list(section, "local_addrs");
  found.remote_addrs = list(section, "remote_addrs");
  if (const auto* local = first_round(section, "local")) {
    found.local_auth = text(*local, "class");
    found.local_id = text(*local, "id");
  }
  if (const auto* remote = first_round(section, "remote")) {
    found.remote_auth = text(*remote, "class");
    found.remote_id = text(*remote, "id");
  }
  const auto* children = section.find_section("children");
  if (children == nullptr) return found;
  for (const auto& element : children->elements()) {
    const auto* child = std::get_if<Section>(&element.content);
    if (child == nullptr) continue;
    found.children.push_back({element.name, text(*child, "mode"), list(*child, "local-ts"), list(*child, "remote-ts")});
  }
  return found;
}

}  // namespace

LadderLine ladder_line(const Section& event) {
  LadderLine line;
  line.offset = std::chrono::microseconds(static_cast<std::int64_t>(number(event, "offset-us")));
  line.sent = event.value_or("direction") == "out";
  line.exchange = text(event, "exchange");
  line.response = event.value_or("kind") == "response";
  line.message_id = number(event, "message-id");
  line.notation = text(event, "notation");
  line.octets = number(event, "octets");
  line.retransmission = number(event, "retransmission");
  line.note = text(event, "note");
  return line;
}

Verdict verdict(const Section& event) {
  Verdict found;
  found.connection = text(event, "connection");
  found.code = text(event, "code");
  found.what = text(event, "what");
  found.phase = text(event, "phase");
  found.rule = text(event, "rule");
  found.side = text(event, "side");
  found.remedy = text(event, "remedy");
  found.detail = text(event, "detail");
  found.ours = list(event, "ours");
  found.theirs = list(event, "theirs");
  found.failed_ago = time(event, "failed-ago");
  return found;
}

std::vector<IkeSa> ike_sas(const Section& list_sa) {
  std::vector<IkeSa> found;
  for (const auto& element : list_sa.elements()) {
    if (const auto* section = std::get_if<Section>(&element.content)) found.push_back(ike_sa(element.name, *section));
  }
  return found;
}

std::vector<Connection> connections(const Section& list_conn) {
  std::vector<Connection> found;
  for (const auto& element : list_conn.elements()) {
    if (const auto* section = std::get_if<Section>(&element.content))
      found.push_back(connection(element.name, *section));
  }
  return found;
}

}  // namespace keypact::cli
