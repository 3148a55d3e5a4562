// version, stats, get-algorithms, get-counters, keypact-verdict, keypact-drift, keypact-explain, keypact-explain-route, keypact-kept,
// and lists of what this version has none of.
#include "control/algorithm_text.h"
#include "control/commands.h"
#include "vici/extensions.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

/// "2 hours", "1 day": the largest unit, as charon writes it.
std::string running_text(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const auto text = [](std::int64_t count, std::string_view unit) {
    return std::to_string(count) + " " + std::string(unit) + (count == 1 ? "" : "s");
  };
  if (seconds < 120) return text(seconds, "second");
  if (seconds < 7200) return text(seconds / 60, "minute");
  if (seconds < 172800) return text(seconds / 3600, "hour");
  return text(seconds / 86400, "day");
}

void write_priorities(vici::Section& section) {
  for (const auto* priority : {"critical", "high", "medium", "low"}) section.key(priority, "0");
}

std::string_view algorithm_section(const Transform& transform) {
  switch (transform.type) {
    case TransformType::ENCR: return is_aead(EncryptionId{transform.id}) ? "aead" : "encryption";
    case TransformType::INTEG: return "integrity";
    case TransformType::PRF: return "prf";
    case TransformType::KE: return "ke";
    default: return {};
  }
}

}  // namespace

Answer version(const Call& call) {
  const auto facts = call.services.host.facts();
  vici::Message answer;
  answer.key("daemon", facts.daemon).key("version", facts.version).key("sysname", facts.sysname);
  answer.key("release", facts.release).key("machine", facts.machine);
  return answer;
}

Answer statistics(const Call& call) {
  vici::Message answer;
  answer.section("uptime").key("running", running_text(call.now - call.services.started));
  answer.section("uptime").key("since", call.services.host.facts().started);
  // A thread for each engine; there are no queues of jobs as charon has them.
  auto& workers = answer.section("workers");
  workers.key("total", std::to_string(call.services.access.engines())).key("idle", "0");
  write_priorities(workers.section("active"));
  write_priorities(answer.section("queues"));
  std::size_t scheduled = 0;
  std::size_t total = 0;
  std::size_t half_open = 0;
  look_at_all(call.services.access, [&](const ike::Engine& engine) {
    if (engine.deadline()) ++scheduled;
    for (const auto& [id, sa] : engine.ike_sas())
      if (!std::holds_alternative<ike::v2::Closed>(sa.state())) ++total;
    half_open += engine.footprint().half_open;
  });
  answer.key("scheduled", std::to_string(scheduled));
  answer.section("ikesas").key("total", std::to_string(total)).key("half-open", std::to_string(half_open));
  answer.list("plugins", {"keypact"});
  return answer;
}

Answer get_algorithms(const Call& call) {
  vici::Message answer;
  for (const auto* name : {"encryption", "integrity", "aead", "hasher", "prf", "ke", "dh"}) answer.section(name);
  for (const auto& transform : call.services.host.transforms()) {
    const auto section = algorithm_section(transform);
    if (section.empty()) continue;
    answer.section(section).key(vici_name(transform), "openssl");
    if (section == "ke") answer.section("dh").key(vici_name(transform), "openssl");  // its name before charon 6.0
  }
  return answer;
}

Answer get_counters(const Call& call) {
  ike::Counters counters;
  look_at_all(call.services.access, [&](const ike::Engine& engine) { counters += engine.counters(); });
  if (vici::text_of(call.request, "name")) return vici::refusal("keypactd counts for all connections together");
  auto answer = vici::success();
  auto& all = answer.section("counters").section("");
  all.key("invalid", std::to_string(counters.unparsable + counters.malformed_authentic + counters.not_authentic));
  all.key("invalid-spi", std::to_string(counters.unknown_spi));
  // What charon does not count.
  for (const auto& [name, value] : ike::kCounterNames) all.key(std::string(name), std::to_string(counters.*value));
  const auto beside = call.services.host.host_counters();
  all.key("log-lines-left-out", std::to_string(beside.log_lines_left_out))
      .key("control-clients-refused", std::to_string(beside.control_clients_refused))
      .key("control-clients-cut-off", std::to_string(beside.control_clients_cut_off))
      .key("packets-without-sa", std::to_string(beside.packets_without_sa))
      .key("packets-not-held", std::to_string(beside.packets_not_held))
      .key("packets-early", std::to_string(beside.packets_early))
      .key("packets-early-dropped", std::to_string(beside.packets_early_dropped));
  return answer;
}

Answer last_verdict(const Call& call) {
  vici::Message answer;
  const auto connection = vici::text_of(call.request, "ike");
  if (connection) call.services.failures.write(answer, std::string(*connection), call.now);
  return answer;
}

Answer drift(const Call& call) {
  vici::Message answer;
  answer.list("differences", call.services.host.drift());
  return answer;
}

Answer explain_route(const Call& call) {
  const auto asked = vici::text_of(call.request, "destination");
  const auto destination = asked ? IpAddress::parse(*asked) : std::nullopt;
  if (asked && !destination) return vici::refusal("\"" + std::string(*asked) + "\" is no address");
  vici::Message answer;
  answer.list("reasons", call.services.host.explain_routes(destination));
  return answer;
}

Answer explain_packets(const Call& call) {
  const auto asked = vici::text_of(call.request, "destination");
  const auto destination = asked ? IpAddress::parse(*asked) : std::nullopt;
  if (!destination) return vici::refusal("\"" + std::string(asked.value_or("")) + "\" is no address");
  vici::Message answer;
  answer.list("reasons", call.services.host.explain_packets(*destination));
  return answer;
}

Answer kept_sas(const Call& call) {
  const auto connection = vici::text_of(call.request, "ike");
  auto all = call.services.host.kept_sas();
  if (connection) std::erase_if(all, [&](const KeptSas& sas) { return sas.connection != *connection; });
  vici::Message answer;
  answer.key("total", std::to_string(all.size()));
  all.resize(std::min<std::size_t>(all.size(), vici::kKeptShown));
  std::size_t number = 0;
  for (const auto& sas : all) {
    auto& section = answer.section(std::to_string(++number));
    if (!sas.connection.empty()) section.key("ike", sas.connection).key("child", sas.child);
    section.key("spi-out", to_string(sas.outbound)).key("remote-host", sas.remote.to_string());
    if (sas.ends_in) section.key("ends-in", std::to_string(std::chrono::duration_cast<seconds>(*sas.ends_in).count()));
    section.key("text", sas.text);
  }
  return answer;
}

}  // namespace keypact::control
