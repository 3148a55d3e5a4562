#include "cli/records_json.h"

#include "cli/json_document.h"
#include "vici/request_grammar.h"

namespace keypact::cli {

namespace {

Json optional_seconds(const std::optional<std::chrono::seconds>& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json optional_text(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

double milliseconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

Json json_of(const Algorithms& algorithms) {
  Json json = {{"encryption", algorithms.encryption}};
  if (!algorithms.integrity.empty()) json["integrity"] = algorithms.integrity;
  if (!algorithms.prf.empty()) json["prf"] = algorithms.prf;
  if (!algorithms.key_exchange.empty()) json["key_exchange"] = algorithms.key_exchange;
  return json;
}

Json json_of(const ChildSa& child) {
  return {{"name", child.name},
          {"id", child.id},
          {"state", child.state},
          {"mode", child.mode},
          {"protocol", child.protocol},
          {"udp_encapsulation", child.udp_encapsulation},
          {"hardware_offload", child.offload.empty() ? Json() : Json(child.offload)},
          {"extended_sequence_numbers", child.esn},
          {"spi_in", child.spi_in},
          {"spi_out", child.spi_out},
          {"algorithms", json_of(child.algorithms)},
          {"octets_in", child.octets_in},
          {"packets_in", child.packets_in},
          {"last_in_seconds_ago", optional_seconds(child.last_in)},
          {"octets_out", child.octets_out},
          {"packets_out", child.packets_out},
          {"last_out_seconds_ago", optional_seconds(child.last_out)},
          {"installed_seconds_ago", optional_seconds(child.installed)},
          {"rekey_in_seconds", optional_seconds(child.rekey_in)},
          {"expires_in_seconds", optional_seconds(child.expires_in)},
          {"local_ts", child.local_ts},
          {"remote_ts", child.remote_ts}};
}

Json json_of(const IkeSa& sa) {
  Json children = Json::array();
  for (const auto& child : sa.children) children.push_back(json_of(child));
  return {{"id", sa.id},
          {"version", sa.version},
          {"state", sa.state},
          {"initiator", sa.initiator},
          {"local", {{"host", sa.local_host}, {"port", sa.local_port}, {"identity", sa.local_id}}},
          {"peer", {{"host", sa.remote_host}, {"port", sa.remote_port}, {"identity", sa.remote_id}}},
          {"initiator_spi", sa.initiator_spi},
          {"responder_spi", sa.responder_spi},
          {"nat_local", sa.nat_local},
          {"nat_peer", sa.nat_remote},
          {"inner_addresses", {{"local", sa.inner_local}, {"peer", sa.inner_remote}}},
          {"algorithms", json_of(sa.algorithms)},
          {"established_seconds_ago", optional_seconds(sa.established)},
          {"rekey_in_seconds", optional_seconds(sa.rekey_in)},
          {"reauthentication_in_seconds", optional_seconds(sa.reauthenticate_in)},
          {"child_sas", std::move(children)}};
}

Json json_of(const Connection& connection) {
  Json children = Json::array();
  for (const auto& child : connection.children) {
    children.push_back(
        {{"name", child.name}, {"mode", child.mode}, {"local_ts", child.local_ts}, {"remote_ts", child.remote_ts}});
  }
  return {{"version", connection.version},           {"local_addrs", connection.local_addrs},
          {"remote_addrs", connection.remote_addrs}, {"local_auth", connection.local_auth},
          {"local_id", connection.local_id},         {"remote_auth", connection.remote_auth},
          {"remote_id", connection.remote_id},       {"children", std::move(children)}};
}

Json json_of(const Verdict& verdict) {
  Json json = {{"code", verdict.code}, {"what", verdict.what},     {"phase", verdict.phase},
               {"ours", verdict.ours}, {"theirs", verdict.theirs}, {"rule", verdict.rule},
               {"side", verdict.side}, {"remedy", verdict.remedy}};
  if (!verdict.detail.empty()) json["detail"] = verdict.detail;
  if (verdict.failed_ago) json["failed_seconds_ago"] = verdict.failed_ago->count();
  return json;
}

/// Values are texts in vici; the answers that are printed as they are have one truth and two numbers.
Json json_of(std::string_view key, const std::string& value) {
  if (key == "success") return vici::parse_boolean(value).value_or(false);
  const auto number = key == "connections" || key == "secrets" ? vici::parse_number(value) : std::nullopt;
  return number ? Json(*number) : Json(value);
}

Json json_of(const vici::Section& section) {
  Json json = Json::object();
  for (const auto& element : section.elements()) {
    if (const auto* value = std::get_if<std::string>(&element.content)) {
      json[element.name] = json_of(element.name, *value);
    } else if (const auto* items = std::get_if<vici::Section::List>(&element.content)) {
      json[element.name] = *items;
    } else {
      json[element.name] = json_of(std::get<vici::Section>(element.content));
    }
  }
  return json;
}

}  // namespace

std::string ladder_json(const LadderLine& line) {
  Json json = document("up");
  json["event"] = "message";
  json["offset_ms"] = milliseconds(line.offset);
  json["direction"] = line.sent ? "out" : "in";
  json["exchange"] = line.exchange;
  json["response"] = line.response;
  json["message_id"] = line.message_id;
  json["notation"] = line.notation;
  json["octets"] = line.octets;
  json["retransmission"] = line.retransmission;
  if (!line.note.empty()) json["note"] = line.note;
  return dumped(json);
}

std::string verdict_json(std::string_view verb, const Target& target, const Verdict& verdict) {
  Json json = document(verb);
  json["event"] = "failed";
  json["connection"] = target.connection;
  json["child"] = target.child.empty() ? Json(nullptr) : Json(target.child);
  json["verdict"] = json_of(verdict);
  return dumped(json);
}

std::string up_json(const Target& target, std::chrono::microseconds elapsed, const IkeSa& sa, const ChildSa* child) {
  Json json = document("up");
  json["event"] = "up";
  json["connection"] = target.connection;
  json["child"] = target.child.empty() ? Json(nullptr) : Json(target.child);
  json["elapsed_ms"] = milliseconds(elapsed);
  json["ike_sa"] = json_of(sa);
  json["child_sa"] = child == nullptr ? Json(nullptr) : json_of(*child);
  return dumped(json);
}

std::string down_json(const Target& target, std::chrono::microseconds elapsed, std::uint64_t terminated) {
  Json json = document("down");
  json["event"] = "down";
  json["connection"] = target.connection;
  json["child"] = target.child.empty() ? Json(nullptr) : Json(target.child);
  json["elapsed_ms"] = milliseconds(elapsed);
  json["terminated"] = terminated;
  return dumped(json);
}

std::string status_json(const std::vector<ConnectionStatus>& all, const Counters& counters, const KeptSas& kept) {
  Json json = document("status");
  json["connections"] = Json::array();
  for (const auto& status : all) {
    Json one = {{"name", status.connection.name}, {"state", to_string(status.state())}};
    one["established_seconds_ago"] = optional_seconds(status.established());
    one["octets_in"] = status.octets_in();
    one["octets_out"] = status.octets_out();
    one["configuration"] = json_of(status.connection);
    one["ike_sas"] = Json::array();
    for (const auto& sa : status.sas) one["ike_sas"].push_back(json_of(sa));
    one["last_failure"] = status.last_failure ? json_of(*status.last_failure) : Json(nullptr);
    json["connections"].push_back(std::move(one));
  }
  json["counters"] = Json::object();
  for (const auto& [name, value] : counters) json["counters"][name] = value;
  json["kept_sas"] = {{"total", kept.total}, {"shown", Json::array()}};
  for (const auto& sas : kept.shown) {
    Json one = {{"spi_out", sas.value_or("spi-out")}, {"remote_host", sas.value_or("remote-host")}};
    one["connection"] = optional_text(sas.value_or("ike"));
    one["child"] = optional_text(sas.value_or("child"));
    const auto left = vici::parse_number(sas.value_or("ends-in"));
    one["ends_in_seconds"] = left ? Json(*left) : Json(nullptr);
    json["kept_sas"]["shown"].push_back(std::move(one));
  }
  return dumped(json);
}

std::string drift_json(const std::vector<std::string>& differences) {
  Json json = document("status");
  json["differences"] = differences;
  return dumped(json);
}

std::string certs_json(const std::vector<CertificateRecord>& certificates) {
  Json json = document("certs");
  Json all = Json::array();
  for (const auto& one : certificates) {
    Json record = {{"kind", one.kind}, {"subject", one.subject}, {"key", one.key}, {"private_key", one.private_key}};
    if (one.not_after != 0) {
      record["issuer"] = one.issuer;
      record["serial"] = one.serial;
      record["names"] = one.names;
      record["not_before"] = one.not_before;
      record["not_after"] = one.not_after;
    }
    all.push_back(std::move(record));
  }
  json["certificates"] = std::move(all);
  return dumped(json);
}

std::string explain_json(const std::string& destination, const std::vector<std::string>& reasons) {
  Json json = document("explain");
  json["destination"] = destination.empty() ? Json(nullptr) : Json(destination);
  json["reasons"] = reasons;
  return dumped(json);
}

std::string failure_json(std::string_view verb, const Failure& failure) {
  Json json = document(verb);
  json["event"] = "error";
  json["exit_code"] = static_cast<int>(failure.code);
  json["what"] = failure.error.what;
  json["why"] = failure.error.why;
  json["remedy"] = failure.error.remedy;
  return dumped(json);
}

std::string response_json(std::string_view verb, const vici::Section& response) {
  Json json = document(verb);
  json.update(json_of(response));
  return dumped(json);
}

}  // namespace keypact::cli
