#include "ike/engine/sa_table.h"

#include "base/check.h"

namespace keypact::ike {

v2::IkeSa& SaTable::insert(v2::IkeSa sa) {
  const auto id = sa.record().id;
  const auto [position, inserted] = sas_.emplace(id, std::move(sa));
  CHECK(inserted);
  const auto& record = position->second.record();
  by_local_spi_.emplace(record.local_spi(), id);
  if (!record.initiator) begun_.emplace(Begun{record.initiator_spi, record.remote}, id);
  refile(position->second);
  return position->second;
}

void SaTable::erase(IkeSaId id) {
  const auto found = sas_.find(id);
  if (found == sas_.end()) return;
  by_local_spi_.erase(found->second.record().local_spi());
  // The endpoint may have floated since: the entry is found by its id.
  std::erase_if(begun_, [id](const auto& entry) { return entry.second == id; });
  if (const auto filed = deadline_of_.find(id); filed != deadline_of_.end()) {
    deadlines_.erase({filed->second, id});
    deadline_of_.erase(filed);
  }
  if (const auto counted = half_open_.find(id); counted != half_open_.end()) {
    if (--half_open_by_source_[counted->second] == 0) half_open_by_source_.erase(counted->second);
    half_open_.erase(counted);
  }
  sas_.erase(found);
}

v2::IkeSa* SaTable::find(IkeSaId id) {
  const auto found = sas_.find(id);
  return found == sas_.end() ? nullptr : &found->second;
}

v2::IkeSa* SaTable::find_by_local_spi(IkeSpi spi) {
  const auto found = by_local_spi_.find(spi);
  return found == by_local_spi_.end() ? nullptr : find(found->second);
}

v2::IkeSa* SaTable::find_begun(IkeSpi initiator_spi, const Endpoint& remote) {
  const auto found = begun_.find({initiator_spi, remote});
  return found == begun_.end() ? nullptr : find(found->second);
}

void SaTable::refile(const v2::IkeSa& sa) {
  const auto id = sa.record().id;
  if (const auto filed = deadline_of_.find(id); filed != deadline_of_.end()) {
    deadlines_.erase({filed->second, id});
    deadline_of_.erase(filed);
  }
  if (const auto deadline = sa.deadline()) {
    deadlines_.insert({*deadline, id});
    deadline_of_.emplace(id, *deadline);
  }
  const auto counted = half_open_.find(id);
  if (sa.is_half_open() && counted == half_open_.end()) {
    half_open_.emplace(id, sa.record().remote.address);
    ++half_open_by_source_[sa.record().remote.address];
  } else if (!sa.is_half_open() && counted != half_open_.end()) {
    if (--half_open_by_source_[counted->second] == 0) half_open_by_source_.erase(counted->second);
    half_open_.erase(counted);
  }
}

std::optional<Instant> SaTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::optional<IkeSaId> SaTable::due(Instant now) const {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  return deadlines_.begin()->second;
}

std::size_t SaTable::half_open_from(const IpAddress& source) const {
  const auto found = half_open_by_source_.find(source);
  return found == half_open_by_source_.end() ? 0 : found->second;
}

}  // namespace keypact::ike
