#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "diagnose/verdict.h"
#include "io/clock.h"

namespace keypact::daemon {
namespace {

LogLevel level_of(const std::string& name) {
  if (name == "error") return LogLevel::error;
  if (name == "warning") return LogLevel::warning;
  return name == "debug" ? LogLevel::debug : LogLevel::info;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::debug: return spdlog::level::debug;
  }
  return spdlog::level::info;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : "; ") + value;
  return text.empty() ? "unknown" : text;
}

std::string sentence(const ike::Refusal& refusal, const std::string& connection) {
  const auto verdict = diagnose::verdict_of(refusal, connection);
  std::string text = verdict.phase + ": " + verdict.what;
  if (!verdict.detail.empty()) text += ": " + verdict.detail;
  if (!verdict.ours.empty() || !verdict.theirs.empty())
    text += " [ours: " + joined(verdict.ours) + "] [theirs: " + joined(verdict.theirs) + "]";
  return text + " [" + verdict.rule + ", " + verdict.side + "]";
}

std::string number(std::uint64_t value) { return std::to_string(value); }

/// Which end is behind a NAT, and what is made of it.
std::string nat_text(const ike::IkeSaEstablished& e) {
  if (!e.udp_encapsulation) return {};
  const std::string where = e.nat.local_behind_nat && e.nat.peer_behind_nat ? "; both ends are behind a NAT"
                            : e.nat.local_behind_nat                        ? "; this end is behind a NAT"
                            : e.nat.peer_behind_nat                         ? "; the peer is behind a NAT"
                                                                            : "; no NAT was found";
  return where + ", ESP goes in UDP";
}

struct Line {
  LogLevel level = LogLevel::info;
  std::string text;
};
std::string encrypted_text(const std::vector<EncryptedDns>& servers) {
  std::string text;
  for (const auto& server : servers) text += (text.empty() ? "; asked encrypted: " : ", ") + to_string(server);
  return text;
}

std::string text_of(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : ", ") + address.to_string();
  return text.empty() ? "none" : text;
}

struct LineOf {
  Line operator()(const ike::MessageTraced& e) const {
    return {LogLevel::debug, "IKE SA " + number(e.ike_sa.value) + (e.sent ? " sent " : " received ") +
                                 to_string(e.exchange) + (e.response ? " response " : " request ") +
                                 number(e.message_id) + " (" + number(e.octets) + " octets): " + e.notation};
  }
  Line operator()(const ike::IkeSaEstablished& e) const {
    return {LogLevel::info, "IKE SA " + number(e.ike_sa.value) + " established" + nat_text(e)};
  }
  Line operator()(const ike::IkeSaMoved& e) const {
    return {LogLevel::info, "IKE SA " + number(e.ike_sa.value) + " goes between " + e.to.local.to_string() + " and " +
                                e.to.remote.to_string() + " from now on, not " + e.from.remote.to_string()};
  }
  Line operator()(const ike::IkeSaClosed& e) const {
    const bool wanted = e.reason.code == ike::RefusalCode::terminated;
    return {wanted ? LogLevel::info : LogLevel::warning, "IKE SA " + number(e.ike_sa.value) + " of " + e.connection +
                                                             " closed: " + sentence(e.reason, e.connection)};
  }
  Line operator()(const ike::ChildSaUp& e) const {
    return {LogLevel::info, "Child SA " + number(e.child_sa.value) + " of IKE SA " + number(e.ike_sa.value) + " up"};
  }
  Line operator()(const ike::ChildSaDown& e) const {
    return {LogLevel::info, "Child SA " + number(e.child_sa.value) + " of IKE SA " + number(e.ike_sa.value) + " down"};
  }
  Line operator()(const ike::IkeSaRekeyed& e) const {
    return {LogLevel::info, "IKE SA " + number(e.old.value) + " goes on as IKE SA " + number(e.fresh.value)};
  }
  Line operator()(const ike::ChildSaRekeyed& e) const {
    return {LogLevel::info, "Child SA " + number(e.old.value) + " of IKE SA " + number(e.ike_sa.value) +
                                " is replaced by Child SA " + number(e.fresh.value)};
  }
  Line operator()(const ike::Refused& e) const {
    return {LogLevel::warning, e.peer.to_string() + ": " + sentence(e.refusal, e.connection)};
  }
  Line operator()(const ike::RequestDone& e) const {
    return {LogLevel::debug, "request " + number(e.request.value) + (e.refusal ? " failed" : " done")};
  }
  Line operator()(const ike::IkeKeysDerived& e) const {
    return {LogLevel::debug, "keys of IKE SA " + to_string(e.initiator_spi) + " exported"};
  }
  Line operator()(const ike::ClientConfigured& e) const {
    return {LogLevel::info, "IKE SA " + number(e.ike_sa.value) + ": the gateway gives us " +
                                text_of(e.configuration.addresses) + ", name servers " +
                                text_of(e.configuration.name_servers) + encrypted_text(e.configuration.encrypted_dns)};
  }
  Line operator()(const ike::AddressesLeased& e) const {
    std::string text;
    for (const auto& lease : e.leases)
      text += (text.empty() ? "" : ", ") + lease.address.to_string() + " of pool " + lease.pool;
    return {LogLevel::info, "IKE SA " + number(e.ike_sa.value) + ": " + e.client.to_string() + " gets " + text};
  }
  Line operator()(const ike::AddressWanted& e) const {
    return {LogLevel::debug, "the peer of " + e.connection + " is looked up"};
  }
  Line operator()(const ike::ChildKeysDerived& e) const {
    return {LogLevel::debug, "keys of ESP SPI " + to_string(e.spi) + " exported"};
  }
};

}  // namespace

Log::Log(const std::string& level) : level_(level_of(level)) {
  auto logger = spdlog::stderr_logger_mt("keypactd");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  logger->set_level(spdlog_level(level_));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void Log::write(LogLevel level, const std::string& line) {
  // As an argument, never as the format: the line may hold what a peer chose (row A28).
  spdlog::log(spdlog_level(level), "{}", line);
}

bool Log::admits(std::size_t kind) {
  if (level_ == LogLevel::debug) return true;
  const auto verdict = budget_.judge(kind, io::monotonic_now());
  if (verdict.left_out_before > 0)
    write(LogLevel::warning, std::to_string(verdict.left_out_before) + " lines of the same kind were left out");
  return verdict.admitted;
}

void Log::event(const ike::Event& event) {
  if (std::holds_alternative<ike::MessageTraced>(event) && !wants_messages()) return;
  if (!admits(event.index())) return;
  const auto line = std::visit(LineOf{}, event);
  write(line.level, line.text);
}

}  // namespace keypact::daemon
