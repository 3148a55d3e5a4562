// State: one SA of ESP or AH as the kernel holds it (one direction; its word is "state"), the compression that goes before it (RFC 3173),
// and the messages about them. RFC 4301 §4.4.2.1.
#pragma once

#include "ipsec/stack.h"
#include "xfrm/ip_protocol.h"
#include "xfrm/message.h"
#include "xfrm/offload.h"
#include "xfrm/selector.h"

namespace keypact::xfrm {

/// How the kernel finds an SA.
struct StateId {
  IpAddress destination;
  EspSpi spi;   ///< of compression: the CPI
  Mark mark{};  ///< of the packets that may use it
  IpProtocol protocol = IpProtocol::esp;
  auto operator<=>(const StateId&) const = default;
};

struct UdpPorts {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  bool operator==(const UdpPorts&) const = default;
};

/// What can change while the SA stays what it is.
struct StateLimits {
  ipsec::VolumeLimit soft;
  ipsec::VolumeLimit hard;
  std::uint64_t seconds = 0;  ///< from when it was made; then it is gone. 0: none
};

struct State {
  StateId id;
  IpAddress source;
  std::uint32_t reqid = 0;
  Mode mode = Mode::tunnel;
  bool esn = false;
  std::uint32_t replay_window = 0;  ///< packets
  HeaderHandling headers;
  std::optional<UdpPorts> udp{};  ///< RFC 3948; none: ESP is carried by IP
  StateLimits limits;
  std::optional<Selector>
      selector{};   ///< of the packets that it may carry; none: any, as far as the SA knows. BEET mode: their
                    ///< addresses, which do not cross the wire
  Mark set_mark{};  ///< which packets get that it has dealt with; outer ones look for their route with it
  std::uint32_t interface_id = 0;
  std::uint32_t tfc_padding = 0;  ///< octets that each packet is padded to
  bool inbound = false;           ///< told to the interface alone
  std::optional<OffloadedTo> offload{};
  std::uint32_t answers = 0;   ///< the number of the kernel's question that this SA answers; 0: none
  std::uint64_t sent = 0;      ///< last sequence number of packets that were sent
  std::uint64_t received = 0;  ///< highest one received; what is below it counts as received
};

/// Nothing when the kernel has no name for the algorithms. One of compression has no keys.
[[nodiscard]] std::optional<Message> new_state(const State& state, const PacketKeys& keys);
/// Changes limits and UDP ports of an SA that is there; a soft limit that was reached can be reached again.
[[nodiscard]] std::optional<Message> update_state(const State& state, const PacketKeys& keys);
[[nodiscard]] Message delete_state(const StateId& id);
[[nodiscard]] Message get_state(const StateId& id);
[[nodiscard]] Message dump_states();

/// What the kernel tells of an SA.
struct StateReport {
  State state;
  std::string encryption;  ///< the kernel's names; of an AEAD `integrity` is empty, and of AH this
  std::string integrity;
  std::string compression;
  std::uint32_t icv_bits = 0;
  Secret encryption_key;
  Secret integrity_key;
  std::uint64_t octets = 0;
  std::uint64_t packets = 0;
  std::uint64_t last_used = 0;  ///< seconds since 1970; 0: never, or the kernel is too old to know
  std::uint32_t replays = 0;
  std::uint32_t authentication_failures = 0;
};
/// From an answer to get_state or dump_states.
[[nodiscard]] std::optional<StateReport> read_state(const MessageView& message);

}  // namespace keypact::xfrm
