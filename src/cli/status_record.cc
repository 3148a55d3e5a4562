#include "cli/status_record.h"

#include <algorithm>

namespace keypact::cli {

std::string_view to_string(LinkState state) {
  switch (state) {
    case LinkState::up: return "up";
    case LinkState::partial: return "partial";
    case LinkState::connecting: return "connecting";
    case LinkState::down: return "down";
  }
  return "unknown";
}

bool carries_traffic(const ChildSa& child) {
  return child.state == "INSTALLED" || child.state == "UPDATING" || child.state == "REKEYING";
}

bool is_established(const IkeSa& sa) { return sa.state == "ESTABLISHED" || sa.state == "REKEYING"; }

LinkState ConnectionStatus::state() const {
  if (std::none_of(sas.begin(), sas.end(), is_established)) {
    const bool tries = std::any_of(sas.begin(), sas.end(),
                                   [](const IkeSa& sa) { return sa.state == "CREATED" || sa.state == "CONNECTING"; });
    return tries ? LinkState::connecting : LinkState::down;
  }
  const auto has_sa = [this](const ChildConfig& config) {
    return std::any_of(sas.begin(), sas.end(), [&](const IkeSa& sa) {
      return std::any_of(sa.children.begin(), sa.children.end(),
                         [&](const ChildSa& child) { return child.name == config.name && carries_traffic(child); });
    });
  };
  const bool whole = std::all_of(connection.children.begin(), connection.children.end(), has_sa);
  return whole ? LinkState::up : LinkState::partial;
}

std::optional<std::chrono::seconds> ConnectionStatus::established() const {
  std::optional<std::chrono::seconds> youngest;
  for (const auto& sa : sas) {
    if (is_established(sa) && sa.established && (!youngest || *sa.established < *youngest)) youngest = sa.established;
  }
  return youngest;
}

std::uint64_t ConnectionStatus::octets_in() const {
  std::uint64_t sum = 0;
  for (const auto& sa : sas) {
    for (const auto& child : sa.children) sum += child.octets_in;
  }
  return sum;
}

std::uint64_t ConnectionStatus::octets_out() const {
  std::uint64_t sum = 0;
  for (const auto& sa : sas) {
    for (const auto& child : sa.children) sum += child.octets_out;
  }
  return sum;
}

std::vector<ConnectionStatus> join(std::vector<Connection> connections, std::vector<IkeSa> sas) {
  std::vector<ConnectionStatus> all;
  for (auto& connection : connections) all.push_back({std::move(connection), {}, std::nullopt});
  for (auto& sa : sas) {
    auto owner = std::find_if(all.begin(), all.end(),
                              [&](const ConnectionStatus& s) { return s.connection.name == sa.connection; });
    if (owner == all.end()) {
      Connection gone;
      gone.name = sa.connection;
      owner = all.insert(all.end(), {std::move(gone), {}, std::nullopt});
    }
    owner->sas.push_back(std::move(sa));
  }
  return all;
}

}  // namespace keypact::cli
