#include "ike/engine/sa_table.h"

#include "base/check.h"

namespace keypact::ike {

namespace {

std::string text_of(const Identification& id) {
  return std::to_string(static_cast<unsigned>(id.type)) + ':' + std::string(as_text(id.data));
}

}  // namespace

void SaIndex::file(IkeSaId id, const std::optional<std::string>& key) {
  const auto filed = key_of_.find(id);
  if (filed != key_of_.end()) {
    if (key && *key == filed->second) return;
    entries_.erase({filed->second, id});
    key_of_.erase(filed);
  }
  if (!key) return;
  entries_.emplace(*key, id);
  key_of_.emplace(id, *key);
}

std::vector<IkeSaId> SaIndex::find(const std::string& key) const {
  std::vector<IkeSaId> found;
  for (auto entry = entries_.lower_bound({key, {}}); entry != entries_.end() && entry->first == key; ++entry)
    found.push_back(entry->second);
  return found;
}

std::optional<std::string> SaTable::connection_of(const v2::IkeSa& sa) {
  return std::visit(
      [](const auto& state) -> std::optional<std::string> {
        if constexpr (requires { state.intent; }) return state.intent.connection->name;
        else if constexpr (requires { state.parts(); })
          return state.serves() ? std::optional(state.parts().connection->name) : std::nullopt;
        else return std::nullopt;
      },
      sa.state());
}

v2::IkeSa& SaTable::insert(v2::IkeSa sa) {
  const auto id = sa.record().id;
  const auto [position, inserted] = sas_.emplace(id, std::move(sa));
  CHECK(inserted);
  const auto& record = position->second.record();
  by_local_spi_.emplace(record.local_spi(), id);
  if (!record.initiator && begun_.emplace(Begun{record.initiator_spi, record.remote}, id).second)
    begun_as_.emplace(id, Begun{record.initiator_spi, record.remote});
  refile(position->second);
  return position->second;
}

void SaTable::erase(IkeSaId id) {
  const auto found = sas_.find(id);
  if (found == sas_.end()) return;
  by_local_spi_.erase(found->second.record().local_spi());
  if (const auto begun = begun_as_.find(id); begun != begun_as_.end()) {
    begun_.erase(begun->second);
    begun_as_.erase(begun);
  }
  by_connection_.file(id, std::nullopt);
  by_peer_.file(id, std::nullopt);
  forget_deadline(id);
  forget_source(id);
  sas_.erase(found);
}

v2::IkeSa* SaTable::find(IkeSaId id) {
  const auto found = sas_.find(id);
  return found == sas_.end() ? nullptr : &found->second;
}

const v2::IkeSa* SaTable::find(IkeSaId id) const {
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

std::vector<IkeSaId> SaTable::established_with(const Identification& peer) const {
  return by_peer_.find(text_of(peer));
}

void SaTable::for_each(const std::function<void(v2::IkeSa&)>& change) {
  for (auto& [id, sa] : sas_) {
    change(sa);
    refile(sa);
  }
}

void SaTable::refile(const v2::IkeSa& sa) {
  const auto id = sa.record().id;
  refile_deadline(sa);
  by_connection_.file(id, connection_of(sa));
  const auto* established = sa.established();
  by_peer_.file(id, established != nullptr ? std::optional(text_of(established->peer_identity())) : std::nullopt);
  refile_source(sa);
}

void SaTable::refile_source(const v2::IkeSa& sa) {
  const auto id = sa.record().id;
  const bool half_open = sa.is_half_open();
  if (!half_open && sa.established() == nullptr) return forget_source(id);
  const auto& address = sa.record().remote.address;
  if (const auto filed = source_of_.find(id); filed != source_of_.end()) {
    if (filed->second.half_open == half_open && filed->second.address == address) return;
    forget_source(id);
  }
  source_of_.emplace(id, Source{address, half_open});
  auto& count = by_source_[address];
  ++(half_open ? count.half_open : count.established);
  half_open_ += half_open ? 1 : 0;
}

void SaTable::refile_deadline(const v2::IkeSa& sa) {
  const auto id = sa.record().id;
  forget_deadline(id);
  if (const auto deadline = sa.deadline()) {
    deadlines_.insert({*deadline, id});
    deadline_of_.emplace(id, *deadline);
  }
}

void SaTable::forget_deadline(IkeSaId id) {
  const auto filed = deadline_of_.find(id);
  if (filed == deadline_of_.end()) return;
  deadlines_.erase({filed->second, id});
  deadline_of_.erase(filed);
}

void SaTable::forget_source(IkeSaId id) {
  const auto filed = source_of_.find(id);
  if (filed == source_of_.end()) return;
  const auto counted = by_source_.find(filed->second.address);
  auto& count = counted->second;
  --(filed->second.half_open ? count.half_open : count.established);
  half_open_ -= filed->second.half_open ? 1 : 0;
  if (count.half_open + count.established == 0) by_source_.erase(counted);
  source_of_.erase(filed);
}

std::optional<Instant> SaTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::optional<IkeSaId> SaTable::due(Instant now) const {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  return deadlines_.begin()->second;
}

Occupancy SaTable::occupancy(const IpAddress& source) const {
  const auto found = by_source_.find(source);
  if (found == by_source_.end()) return {half_open_, 0, 0};
  return {half_open_, found->second.half_open, found->second.established};
}

}  // namespace keypact::ike
