// EncryptedDns: a name server that is asked over TLS, QUIC or HTTPS, as a configuration payload tells of it: ENCDNS_IP4 and ENCDNS_IP6
// of RFC 9464, with the service parameters of RFC 9460 and RFC 9461. A digest of its certificate (ENCDNS_DIGEST_INFO) is not read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"

namespace keypact {

struct EncryptedDns {
  std::uint16_t priority = 1;  ///< the lowest is asked first; never 0
  std::string name;            ///< that its certificate has
  std::vector<IpAddress> addresses;
  std::vector<std::string> protocols;  ///< of ALPN: "dot", "doq", "h2", "h3"; never none
  std::optional<std::uint16_t> port;   ///< nothing: the protocol's own
  std::string path;                    ///< of HTTPS: "/dns-query{?dns}"

  [[nodiscard]] bool speaks(std::string_view protocol) const;
  bool operator==(const EncryptedDns&) const = default;
};

/// The value of an attribute with the server's addresses of one family; nothing when it has none of them.
[[nodiscard]] std::optional<Octets> attribute_value(const EncryptedDns& server, IpFamily family);

/// The reverse. Nothing for what breaks a rule of the RFCs, wants something of us that we do not know, or has a name or a path that is
/// not fit for programs: letters, digits, hyphens, underscores and dots; printable ASCII.
[[nodiscard]] std::optional<EncryptedDns> encrypted_dns_in(OctetView value, IpFamily family);

/// "dns.corp.example 10.3.0.53 dot port=853"
[[nodiscard]] std::string to_string(const EncryptedDns& server);

}  // namespace keypact
