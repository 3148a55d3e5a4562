// ChildSa: one Child SA of an established IKE SA, from the request to install it until the IPsec stack has let it go.
// RFC 7296 §1.3, §2.8.
#pragma once

#include "ike/core/policy_book.h"
#include "ike/v2/lifetime.h"
#include "proto/proposal.h"
#include "proto/spi.h"

namespace keypact::ike::v2 {

/// The exchange that created a Child SA, while another one of the other end may still turn out to have done the same.
struct ChildOrigin {
  bool ours = false;                  ///< we began the exchange
  std::optional<ChildSaId> replaces;  ///< it was a rekeying of this one
  Octets lower_nonce;                 ///< of the exchange
  bool crossed = false;               ///< it met one of ours for the same child on its way
};

/// How messages name an SA that its sender receives on.
struct SaName {
  ProtocolId protocol{};
  EspSpi spi;
  bool operator==(const SaName&) const = default;
};

struct ChildSa {
  enum class Phase : std::uint8_t {
    installing,
    installed,
    deleting,  ///< a Delete of ours is to go out, or waits for its answer
    retired,   ///< replaced and deleted: what the peer sent before is still accepted for a moment
  } phase = Phase::installing;
  ChildSaId id;
  std::string name;  ///< of the ChildConfig
  PolicyBook::Name policy_name;
  EspSpi inbound_spi;
  EspSpi outbound_spi;
  Proposal proposal;
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;
  Mode mode{};
  std::optional<CpiPair> compression;
  Placement placement;
  bool udp_encapsulation = false;
  Instant created;
  ControlId waiter;        ///< whoever asked for it and waits for the installation
  bool moved = false;      ///< the path changed while it was being installed
  bool announced = false;  ///< ChildSaUp was told
  bool in_stack = false;   ///< it was installed
  ChildOrigin origin;
  std::optional<ChildSaId> replaced_by;
  Lifetime lifetime;
  Instant used;                      ///< so far as the IPsec stack was asked; at first when it was created
  std::optional<Instant> idle_at;    ///< when it is asked again, since it may have carried nothing for too long
  std::optional<Instant> leaves_at;  ///< retired, or the peer was to delete it and may not: then it goes

  [[nodiscard]] SaName inbound() const { return {proposal.protocol, inbound_spi}; }
  [[nodiscard]] SaName outbound() const { return {proposal.protocol, outbound_spi}; }
  /// It carries traffic, and nothing is to take its place yet.
  [[nodiscard]] bool is_current() const { return phase == Phase::installed && !replaced_by && !leaves_at; }
};

}  // namespace keypact::ike::v2
