// How the system's resolver is told of name servers: systemd-resolved, or resolvconf in either of its two kinds.
#pragma once

#include "base/ip_address.h"
#include "io/command.h"
#include "proto/encrypted_dns.h"

namespace keypact::daemon {

/// Who writes what programs look names up by.
struct SystemResolver {
  enum class Kind {
    none,
    ignored,     ///< it is left as it is
    resolved,    ///< systemd-resolved, by its resolvectl
    openresolv,  ///< resolvconf that can keep servers to some domains
    resolvconf,  ///< Debian's
  };
  Kind kind = Kind::none;
  std::string program;  ///< its path
  bool operator==(const SystemResolver&) const = default;
};

/// The one that this machine has.
[[nodiscard]] SystemResolver find_resolver();

/// What it is to know.
struct NameService {
  std::vector<IpAddress> servers{};
  std::vector<std::string> domains{};  ///< the servers are for these names and those below; none: for all
  std::vector<EncryptedDns> tls{};     ///< where the resolver can ask over TLS it asks these, and no others
  bool operator==(const NameService&) const = default;
};

/// False: it would ask the servers for names that they are not for (RFC 8598 §5).
[[nodiscard]] bool can_serve(const SystemResolver& resolver, const NameService& service);

/// It would be asked over TLS.
[[nodiscard]] bool asks_by_tls(const SystemResolver& resolver, const NameService& service);

/// To run one after the other: `service` takes the place of what was told for the interface before; without servers that can be asked, nothing does.
[[nodiscard]] std::vector<io::Program> resolver_commands(const SystemResolver& resolver, const std::string& interface,
                                                         const NameService& service);

}  // namespace keypact::daemon
