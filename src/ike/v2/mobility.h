// The addresses that an IKE SA may use beside those in use, and what the two ends tell each other of them. RFC 4555.
#pragma once

#include "config/snapshot.h"
#include "ike/core/datagram.h"
#include "ike/core/payload_set.h"

namespace keypact::ike::v2 {

struct Mobility {
  bool agreed = false;     ///< both ends sent MOBIKE_SUPPORTED (RFC 4555 §3.2)
  bool we_decide = false;  ///< we set up the first of the IKE SAs that led to this one: its "initiator" (RFC 4555 §3.5)
  std::vector<IpAddress> of_peer;  ///< its addresses, as it told them last
  /// What its earlier lists named, the newest first. Such an address may be back before the peer can say so, as when the only
  /// other path breaks while its next list is on the way: these are tried last.
  std::vector<IpAddress> formerly_of_peer;
  std::vector<IpAddress> told;  ///< our additional addresses, as we told them last

  /// The peer's new list.
  void learn(std::vector<IpAddress> addresses);
};

/// The way of ESP.
struct EspPath {
  Path path;
  bool udp_encapsulation = false;
};

/// An IKE SA that changes its path, or may have to.
struct Moving {
  bool seeks_path = false;     ///< requests take all paths until one is answered
  std::optional<EspPath> esp;  ///< still taken by ESP until it is proven that the peer is where it says (RFC 4555 §3.7)
  std::vector<Path> refused;   ///< by the peer, for this move
  std::optional<Path> heard_over;  ///< the initiator's newest message came this way and did not say that it moved
  Octets seen_as;                  ///< the hash of our endpoint as the peer sees it (RFC 4555 §3.8)
};

/// Those of this machine's addresses that IKE SAs of the connection may use. What the tunnel itself protects cannot carry it.
[[nodiscard]] std::vector<IpAddress> usable_addresses(const config::Connection& connection,
                                                      const std::vector<IpAddress>& of_this_machine);
/// `usable` without the one in use, so many as a peer keeps.
[[nodiscard]] std::vector<IpAddress> additional_addresses(const std::vector<IpAddress>& usable,
                                                          const IpAddress& in_use);

/// RFC 4555 §3.4: ADDITIONAL_IP4_ADDRESS and ADDITIONAL_IP6_ADDRESS.
[[nodiscard]] std::vector<wire::Payload> address_payloads(const std::vector<IpAddress>& additional);
/// RFC 4555 §3.6: the same as a complete list, which may be that there are none.
[[nodiscard]] std::vector<wire::Payload> address_list_payloads(const std::vector<IpAddress>& additional);
/// RFC 4555 §3.6: all addresses of who sent such a message, first the one that it came from; nothing when it says nothing of
/// addresses.
[[nodiscard]] std::optional<std::vector<IpAddress>> told_addresses(const PayloadSet& payloads, const IpAddress& source);

/// What IKE_AUTH says where this end can move: MOBIKE_SUPPORTED and additional addresses.
[[nodiscard]] std::vector<wire::Payload> mobility_payloads(const config::Connection& connection,
                                                           const std::vector<IpAddress>& additional);
/// What the two ends agreed on in IKE_AUTH; the peer's message came from `source`.
[[nodiscard]] Mobility mobility_of(const config::Connection& connection, bool we_decide, const PayloadSet& of_peer,
                                   const IpAddress& source, std::vector<IpAddress> told);

/// RFC 4555 §3.9: the addresses and ports that the datagram has when it is sent.
[[nodiscard]] wire::Payload no_nats_allowed(const Path& path);
/// The notify of a datagram that came over `path`.
[[nodiscard]] bool is_from_where_it_came(const wire::NotifyPayload& no_nats_allowed, const Path& path);

/// Each pair of addresses of one family, at most limits::kPaths.
[[nodiscard]] std::vector<Path> pairs(const std::vector<Endpoint>& local, const std::vector<Endpoint>& remote);

}  // namespace keypact::ike::v2
