#include "ike/engine/keepalives.h"

#include <algorithm>
#include <utility>

namespace keypact::ike {
namespace {

/// How long an IPsec stack may take to tell when an SA was used last.
constexpr Duration kAnswerTime = seconds(1);

}  // namespace

void Keepalives::set_due(Entries::value_type& entry, Instant due) {
  deadlines_.erase({entry.second.due, entry.first});
  entry.second.due = due;
  deadlines_.insert({due, entry.first});
}

void Keepalives::leave(IkeSaId id) {
  const auto filed = path_of_.find(id);
  if (filed == path_of_.end()) return;
  const auto entry = paths_.find(filed->second);
  path_of_.erase(filed);
  entry->second.ike_sas.erase(id);
  if (!entry->second.ike_sas.empty()) return;
  deadlines_.erase({entry->second.due, entry->first});
  paths_.erase(entry);
}

void Keepalives::file(IkeSaId id, const std::optional<Path>& path, Instant now) {
  if (interval_ <= Duration{}) return;
  const auto filed = path_of_.find(id);
  if (filed != path_of_.end() && path && *path == filed->second) return;
  leave(id);
  if (!path) return;
  path_of_.emplace(id, *path);
  const auto [entry, fresh] = paths_.try_emplace(*path);
  entry->second.ike_sas.insert(id);
  if (!fresh) return;
  entry->second.last_sent = now;
  set_due(*entry, now + interval_);
}

void Keepalives::sent(const Path& path, Instant when) {
  const auto entry = paths_.find(path);
  // When it is due, it is seen that it need not be: that is cheaper than another deadline for each datagram.
  if (entry != paths_.end()) entry->second.last_sent = std::max(entry->second.last_sent, when);
}

std::optional<Keepalives::Silent> Keepalives::take_due(Instant now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto entry = paths_.find(deadlines_.begin()->second);
    auto& state = entry->second;
    const bool asked = std::exchange(state.asked, false);
    const auto silent_until = state.last_sent + interval_;
    set_due(*entry, std::max(silent_until, now + interval_));
    if (silent_until <= now) return Silent{entry->first, {state.ike_sas.begin(), state.ike_sas.end()}, asked};
    set_due(*entry, silent_until);
  }
  return std::nullopt;
}

void Keepalives::asked(const Path& path, std::size_t questions, Instant now) {
  const auto entry = paths_.find(path);
  if (entry == paths_.end()) return;
  entry->second.asked = true;
  entry->second.unanswered = questions;
  set_due(*entry, questions == 0 ? now : now + kAnswerTime);
}

void Keepalives::answered(IkeSaId id, Instant last_out, Instant now) {
  const auto filed = path_of_.find(id);
  if (filed == path_of_.end()) return;
  const auto entry = paths_.find(filed->second);
  entry->second.last_sent = std::max(entry->second.last_sent, last_out);
  if (entry->second.asked && entry->second.unanswered > 0 && --entry->second.unanswered == 0) set_due(*entry, now);
}

std::optional<Instant> Keepalives::next() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace keypact::ike
