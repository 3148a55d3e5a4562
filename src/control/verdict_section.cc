#include "control/verdict_section.h"

namespace keypact::control {

void write_verdict(vici::Section& section, const Verdict& verdict, const std::string& connection) {
  section.key("connection", connection).key("code", verdict.code).key("what", verdict.what).key("phase", verdict.phase);
  section.list("ours", verdict.ours).list("theirs", verdict.theirs);
  section.key("rule", verdict.rule).key("side", verdict.side).key("remedy", verdict.remedy);
  if (!verdict.detail.empty()) section.key("detail", verdict.detail);
}

void LastFailures::note(const std::string& connection, Verdict verdict, Instant at) {
  if (connection.empty()) return;
  if (failures_.size() >= kConnections && !failures_.contains(connection)) failures_.erase(failures_.begin());
  failures_[connection] = {std::move(verdict), at};
}

bool LastFailures::is(const std::string& connection, std::string_view code) const {
  const auto found = failures_.find(connection);
  return found != failures_.end() && found->second.verdict.code == code;
}

void LastFailures::write(vici::Section& section, const std::string& connection, Instant now) const {
  const auto found = failures_.find(connection);
  if (found == failures_.end()) return;
  write_verdict(section, found->second.verdict, connection);
  const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - found->second.at).count();
  section.key("failed-ago", std::to_string(ago));
}

}  // namespace keypact::control
