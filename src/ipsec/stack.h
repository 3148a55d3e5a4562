// What IKE and an IPsec stack (userspace ESP, XFRM, the simulated one) say to each other, as values. RFC 4301 §4.4.
// Requests carry the id of what they are about; the stack answers each install with one event.
#pragma once

#include <optional>
#include <variant>

#include "base/id.h"
#include "base/instant.h"
#include "base/ip_address.h"
#include "proto/hardware_offload.h"
#include "proto/ike_header_registries.h"
#include "proto/ipcomp.h"
#include "proto/packet_keys.h"
#include "proto/placement.h"
#include "proto/policy.h"
#include "proto/spi.h"
#include "proto/traffic_selector.h"

namespace keypact::ipsec {

/// SPD entry for both directions of one configured child: outbound local -> remote, inbound the reverse. RFC 4301 §4.4.1.
struct Policy {
  PolicyId id;
  std::string name;  ///< connection/child, for people
  PolicyAction action = PolicyAction::protect;
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;
  /// Transport: between the two ends themselves. BEET: between one address each side. A peer may still grant tunnel mode only.
  Mode mode = Mode::tunnel;
  Placement placement{};
};

/// What an SA may carry, in each of its directions. 0: any amount. RFC 4301 §4.4.2.1.
struct VolumeLimit {
  std::uint64_t octets = 0;
  std::uint64_t packets = 0;
  [[nodiscard]] bool is_reached(std::uint64_t octets_carried, std::uint64_t packets_carried) const {
    return (octets != 0 && octets_carried >= octets) || (packets != 0 && packets_carried >= packets);
  }
  bool operator==(const VolumeLimit&) const = default;
};

/// The two SAs of a Child SA, with all that the data plane needs. RFC 4301 §4.4.2.1.
struct ChildSa {
  ChildSaId id;
  PolicyId policy;
  ProtocolId protocol = ProtocolId::ESP;  ///< or AH
  Mode mode = Mode::tunnel;
  std::optional<CpiPair> compression{};  ///< what it carries is compressed first
  Endpoint local;                        ///< outer addresses; the ports count with UDP encapsulation only
  Endpoint remote;
  bool udp_encapsulation = false;  ///< RFC 3948
  EspSpi inbound_spi;
  EspSpi outbound_spi;
  PacketKeys inbound;
  PacketKeys outbound;
  bool esn = false;
  std::uint32_t replay_window = 32;  ///< packets; 0: no replay check
  std::vector<TrafficSelector> local_selectors;
  std::vector<TrafficSelector> remote_selectors;
  HeaderHandling headers;
  Placement placement;
  /// Octets that each packet is padded to, as far as the path carries them; 0: none. RFC 4303 §2.7.
  std::uint32_t tfc_padding = 0;
  HardwareOffload offload = HardwareOffload::none;
  /// False: it stands by. What another SA of the policy can carry goes there, until UseOutbound, or until a packet comes in on this
  /// one: then the peer has it (RFC 7296 §2.8, the responder).
  bool use_outbound = true;
  VolumeLimit soft;  ///< reached: ChildSaExpired
  VolumeLimit hard;  ///< reached: ChildSaExpired, and it carries nothing any more
  Duration life{};   ///< from now on; whoever owns it removes it then. For a stack that is left alone with it. 0: none
  // Not zero only for SAs that another owner used before: the last number sent, and the highest one received.
  std::uint64_t outbound_sequence = 0;
  std::uint64_t inbound_sequence = 0;
};

struct InstallPolicy {
  Policy policy;
};
struct RemovePolicy {
  PolicyId id;
};
/// The peer is offered a Child SA with this SPI of ours, and may send on it before its answer is here and verified. What comes there
/// meanwhile may be held as it is, within bounds, and is taken in when the SA is there: nothing of it is decrypted before the peer is
/// authenticated. InstallChildSa with that SPI, whatever comes of it, or ForgoChildSa ends it. Neither is answered.
struct ExpectChildSa {
  EspSpi inbound_spi;
  std::vector<ProtocolId> protocols;  ///< of the offer
  Endpoint local;
  Endpoint remote;
  bool udp_encapsulation = false;
};
/// Nothing comes of that offer: what is held for it is dropped.
struct ForgoChildSa {
  EspSpi inbound_spi;
};
/// With what is sent next the peer is told that we hold no SA with it, and drops those that it has (RFC 7296 §2.4). What SAs of an
/// earlier run would carry to it for this connection waits for a moment, at most until InstallChildSa or CarryEarlierRun.
struct HoldEarlierRun {
  std::string connection;
};
/// Nothing came of that: they carry again.
struct CarryEarlierRun {
  std::string connection;
};
struct InstallChildSa {
  ChildSa sa;
};
/// From now on outbound traffic of the policy uses this SA.
struct UseOutbound {
  ChildSaId id;
};
/// Nothing is sent on it any more; what comes in on it is still accepted.
struct StopOutbound {
  ChildSaId id;
};
struct RemoveChildSa {
  ChildSaId id;
};
/// The endpoints of the IKE SA's Child SAs moved (NAT mapping, MOBIKE).
struct UpdateEndpoints {
  ChildSaId id;
  Endpoint local;
  Endpoint remote;
  bool udp_encapsulation = false;
};

/// When did it carry something last? Answered by ChildSaUse, where the SA is there.
struct AskUse {
  ChildSaId id;
};

/// Nothing comes of an Acquire: packets that wait for it are dropped.
struct DropHeld {
  PolicyId policy;
};

/// The peer gave us this address to use inside the tunnel (RFC 7296 §2.19): it is to be one of this machine's. One that was added
/// twice goes with the second removal.
struct AddInnerAddress {
  IpAddress address;
};
struct RemoveInnerAddress {
  IpAddress address;
};

using StackRequest = std::variant<InstallPolicy, RemovePolicy, ExpectChildSa, ForgoChildSa, HoldEarlierRun,
                                  CarryEarlierRun, InstallChildSa, UseOutbound, StopOutbound, RemoveChildSa,
                                  UpdateEndpoints, AskUse, DropHeld, AddInnerAddress, RemoveInnerAddress>;

/// Answers InstallChildSa.
struct ChildSaInstalled {
  ChildSaId id;
};
struct ChildSaInstallFailed {
  ChildSaId id;
  std::string reason;
};
/// A packet matched a protect policy that has no SA; it and some after it wait for InstallChildSa or DropHeld, where there is room.
struct Acquire {
  PolicyId policy;
};
/// An ESP packet came that belongs to no SA; a few of them are told, not all. RFC 7296 §1.5.
struct UnknownSpi {
  Endpoint local;
  Endpoint remote;
  EspSpi spi;
};
/// A lifetime or the sequence number margin was reached; hard means that the SA carries nothing any more.
struct ChildSaExpired {
  ChildSaId id;
  bool hard = false;
};

/// Answers AskUse; the origin where it never carried anything.
struct ChildSaUse {
  ChildSaId id;
  Instant last_in;
  Instant last_out;
};
/// ESP in UDP came from another endpoint of the peer than the SA has: it is authentic, and the newest packet of its SA by a
/// sequence number that is checked (RFC 7296 §2.23). Not told again at once when nobody answers with UpdateEndpoints.
struct PeerMoved {
  ChildSaId id;
  Endpoint remote;
};

using StackEvent =
    std::variant<ChildSaInstalled, ChildSaInstallFailed, Acquire, ChildSaExpired, ChildSaUse, PeerMoved, UnknownSpi>;

/// Counters of one Child SA, read on demand.
struct ChildSaCounters {
  std::uint64_t packets_in = 0, octets_in = 0;
  std::uint64_t packets_out = 0, octets_out = 0;
  std::uint64_t replays = 0, authentication_failures = 0, selector_mismatches = 0;
  /// What an interface does of the work, where that was asked for.
  std::optional<HardwareOffload> offload;
  Instant last_in, last_out;  ///< origin when never used
};

}  // namespace keypact::ipsec
