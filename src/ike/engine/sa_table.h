// SaTable: all IKE SAs of one engine, found by id, by our SPI, by what a fresh IKE_SA_INIT request shows, and by deadline.
// RFC 7296 §2.6.
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "ike/v2/ike_sa.h"

namespace keypact::ike {

class SaTable {
 public:
  v2::IkeSa& insert(v2::IkeSa sa);
  void erase(IkeSaId id);

  [[nodiscard]] v2::IkeSa* find(IkeSaId id);
  [[nodiscard]] v2::IkeSa* find_by_local_spi(IkeSpi spi);
  /// The IKE SA that an IKE_SA_INIT request from there with this initiator SPI began.
  [[nodiscard]] v2::IkeSa* find_begun(IkeSpi initiator_spi, const Endpoint& remote);

  /// To be called after each change of an SA: files it under its present deadline and counts it as half-open or not.
  void refile(const v2::IkeSa& sa);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::optional<IkeSaId> due(Instant now) const;

  [[nodiscard]] std::size_t half_open() const { return half_open_.size(); }
  [[nodiscard]] std::size_t half_open_from(const IpAddress& source) const;
  [[nodiscard]] const std::map<IkeSaId, v2::IkeSa>& all() const { return sas_; }

 private:
  using Begun = std::pair<IkeSpi, Endpoint>;
  std::map<IkeSaId, v2::IkeSa> sas_;
  std::unordered_map<IkeSpi, IkeSaId> by_local_spi_;
  std::map<Begun, IkeSaId> begun_;
  std::set<std::pair<Instant, IkeSaId>> deadlines_;
  std::unordered_map<IkeSaId, Instant> deadline_of_;
  std::unordered_map<IkeSaId, IpAddress> half_open_;
  std::map<IpAddress, std::size_t> half_open_by_source_;
};

}  // namespace keypact::ike
