// The configuration payload as client and as gateway: from its attributes to addresses, name servers and domains, and back.
// What has a length that its type does not have is passed over. RFC 7296 §2.19, §3.15, RFC 8598, RFC 9464.
#pragma once

#include "config/pool.h"
#include "ike/core/payload_set.h"
#include "proto/encrypted_dns.h"

namespace keypact::ike {

/// What a client is told.
struct ClientConfiguration {
  std::vector<IpAddress> addresses;           ///< at most one of each family
  std::vector<IpAddress> name_servers;        ///< at most kNameServers
  std::vector<std::string> domains;           ///< that are asked for there, and those below (RFC 8598 §3.1); none: all
  std::vector<EncryptedDns> encrypted_dns{};  ///< RFC 9464; at most kNameServers, the one to be asked first in front
  bool operator==(const ClientConfiguration&) const = default;
};

/// CP(CFG_REQUEST) for these addresses, an unspecified one for any, and what goes along with them.
[[nodiscard]] wire::Payload configuration_request(const std::vector<IpAddress>& addresses);

/// The addresses that a client asks for, one of each family at most; nothing: it asks for no configuration.
[[nodiscard]] std::optional<std::vector<IpAddress>> requested_addresses(const PayloadSet& payloads);

/// CP(CFG_REPLY).
[[nodiscard]] wire::Payload configuration_reply(const std::vector<IpAddress>& addresses,
                                                const std::vector<config::PoolAttribute>& attributes);

/// What the gateway's CP(CFG_REPLY) says; nothing of it where there is none.
[[nodiscard]] ClientConfiguration configuration_in(const PayloadSet& payloads);

}  // namespace keypact::ike
