// SaPair: the two SAs of a Child SA as the data plane uses them, made from ipsec::ChildSa. RFC 4301 §4.4.2.1.
#pragma once

#include "esp/esp_packet.h"
#include "esp/packet_selectors.h"
#include "ipsec/replay_window.h"
#include "ipsec/sequence_counter.h"
#include "ipsec/stack.h"

namespace keypact::esp {

struct OutboundSa {
  EspSealer sealer;
  ipsec::SequenceCounter sequence;
};

struct InboundSa {
  EspOpener opener;
  ipsec::ReplayWindow window;
  /// RFC 4303 §3.4.3 with ESN: packets in a row that failed their integrity check.
  std::uint32_t failures_in_a_row = 0;
};

/// The way between the two ends of the tunnel.
struct Tunnel {
  Endpoint local;
  Endpoint remote;
  bool udp_encapsulation = false;
  HeaderHandling headers;
  std::size_t path_mtu = 0;
  Instant path_mtu_until;  ///< when a path MTU that was learned is forgotten (RFC 4301 §8.2.2)
};

/// What was told about the end of the SAs.
enum class ExpiryReport : std::uint8_t { none, soft, hard };

struct SaPair {
  /// A sentence for people when the data plane cannot use this SA.
  [[nodiscard]] static Result<std::unique_ptr<SaPair>, std::string> make(crypto::Library& library,
                                                                         const MultiBuffer* multi_buffer,
                                                                         const ipsec::ChildSa& sa);

  /// The largest inner packet that fits the path MTU.
  [[nodiscard]] std::size_t inner_mtu() const;

  ChildSaId id;
  PolicyId policy;
  SelectorPair selectors;
  Tunnel tunnel;
  OutboundSa outbound;
  InboundSa inbound;
  ipsec::ChildSaCounters counters;
  ipsec::VolumeLimit soft;
  ipsec::VolumeLimit hard;
  bool spent = false;  ///< the hard limit is reached: it carries nothing any more
  ExpiryReport reported = ExpiryReport::none;
  std::optional<Instant> move_reported{};  ///< when it was told that the peer has another endpoint
  bool stands_by = false;                  ///< ipsec::ChildSa::use_outbound
};

}  // namespace keypact::esp
