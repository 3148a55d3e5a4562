// Which connection a peer is meant for: by addresses at IKE_SA_INIT, by identities at IKE_AUTH. RFC 4301 §4.4.3, RFC 7296 §2.15.
#pragma once

#include "ike/core/credentials.h"

namespace keypact::ike::v2 {

using ConnectionPtr = std::shared_ptr<const config::Connection>;

/// IKEv2 connections whose addresses fit, the most specific remote address first, then in the order of the configuration.
[[nodiscard]] std::vector<ConnectionPtr> connections_between(const config::Snapshot& snapshot, const IpAddress& local,
                                                             const IpAddress& remote);

/// A peer at one configured address or name has policies that outlive its SAs; others share the configuration, and each gets
/// its own with its SAs.
[[nodiscard]] bool has_fixed_peer(const config::Connection& connection);
/// Where the peer is, only a name says.
[[nodiscard]] bool is_known_by_name(const config::Connection& connection);
/// Its selectors are known only once one end has given the other an address inside the tunnel.
[[nodiscard]] bool depends_on_given_addresses(const config::Connection& connection, const config::ChildConfig& child);
/// The peer is fixed, and so are the selectors of this child.
[[nodiscard]] bool has_lasting_policy(const config::Connection& connection, const config::ChildConfig& child);
/// The one address of a list that names just one.
[[nodiscard]] std::optional<IpAddress> only_address(const std::vector<config::AddressPattern>& patterns);

/// Who we are in a round of ours: the configured identity, or that of our certificate, or our address.
[[nodiscard]] Identification local_identity(const Credentials& credentials, const config::AuthRound& round,
                                            const IpAddress& local);
/// In the first one.
[[nodiscard]] Identification local_identity(const Credentials& credentials, const config::Connection& connection,
                                            const IpAddress& local);

/// Of `candidates`, the one whose remote identity fits best and which is `asked_for` (the initiator's IDr) when that was sent.
[[nodiscard]] ConnectionPtr connection_for_identities(const Credentials& credentials,
                                                      const std::vector<ConnectionPtr>& candidates,
                                                      const Identification& peer, const Identification* asked_for,
                                                      const IpAddress& local);

/// True when every transform of the chosen IKE proposal is acceptable to this connection.
[[nodiscard]] bool accepts_proposal(const config::Connection& connection, const Proposal& chosen);

}  // namespace keypact::ike::v2
