// SaTable: all IKE SAs of one engine, found by id, by our SPI, by what a fresh IKE_SA_INIT request shows, by connection, by peer
// and by deadline. RFC 7296 §2.6.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "ike/engine/admission.h"
#include "ike/v2/ike_sa.h"

namespace keypact::ike {

/// IKE SAs by a text that they have in common.
class SaIndex {
 public:
  /// Nothing: the SA is not to be found any more.
  void file(IkeSaId id, const std::optional<std::string>& key);
  /// The oldest first.
  [[nodiscard]] std::vector<IkeSaId> find(const std::string& key) const;

 private:
  std::set<std::pair<std::string, IkeSaId>> entries_;
  std::unordered_map<IkeSaId, std::string> key_of_;
};

class SaTable {
 public:
  v2::IkeSa& insert(v2::IkeSa sa);
  void erase(IkeSaId id);

  /// What it is, or is to be, for; nothing where there is no connection yet, or the IKE SA is on its way out.
  [[nodiscard]] static std::optional<std::string> connection_of(const v2::IkeSa& sa);

  [[nodiscard]] v2::IkeSa* find(IkeSaId id);
  [[nodiscard]] const v2::IkeSa* find(IkeSaId id) const;
  [[nodiscard]] v2::IkeSa* find_by_local_spi(IkeSpi spi);
  /// The IKE SA that an IKE_SA_INIT request from there with this initiator SPI began.
  [[nodiscard]] v2::IkeSa* find_begun(IkeSpi initiator_spi, const Endpoint& remote);

  /// Those that we set up for this connection or that are established, the oldest first.
  [[nodiscard]] std::vector<IkeSaId> of_connection(const std::string& name) const { return by_connection_.find(name); }
  /// The established ones with this peer, the oldest first.
  [[nodiscard]] std::vector<IkeSaId> established_with(const Identification& peer) const;

  /// Does it to each SA, which is filed again afterwards. It may neither add nor take away any.
  void for_each(const std::function<void(v2::IkeSa&)>& change);
  /// To be called after each change of an SA: files it under its present deadline, connection and peer, and counts it as half-open
  /// or not.
  void refile(const v2::IkeSa& sa);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::optional<IkeSaId> due(Instant now) const;

  [[nodiscard]] std::size_t half_open() const { return half_open_; }
  /// With the peer at this address.
  [[nodiscard]] Occupancy occupancy(const IpAddress& source) const;
  [[nodiscard]] const std::map<IkeSaId, v2::IkeSa>& all() const { return sas_; }

 private:
  void refile_deadline(const v2::IkeSa& sa);
  void forget_deadline(IkeSaId id);
  void refile_source(const v2::IkeSa& sa);
  void forget_source(IkeSaId id);

  using Begun = std::pair<IkeSpi, Endpoint>;
  std::map<IkeSaId, v2::IkeSa> sas_;
  std::unordered_map<IkeSpi, IkeSaId> by_local_spi_;
  std::map<Begun, IkeSaId> begun_;
  std::unordered_map<IkeSaId, Begun> begun_as_;  ///< the record's endpoint may have floated since
  SaIndex by_connection_;
  SaIndex by_peer_;
  std::set<std::pair<Instant, IkeSaId>> deadlines_;
  std::unordered_map<IkeSaId, Instant> deadline_of_;
  /// Half-open and established IKE SAs with the peer's address.
  struct Source {
    IpAddress address;
    bool half_open = false;
  };
  struct SourceCount {
    std::size_t half_open = 0;
    std::size_t established = 0;
  };
  std::unordered_map<IkeSaId, Source> source_of_;
  std::map<IpAddress, SourceCount> by_source_;
  std::size_t half_open_ = 0;
};

}  // namespace keypact::ike
