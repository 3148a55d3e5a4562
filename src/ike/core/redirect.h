// Redirection to another gateway: the notifies REDIRECT and REDIRECTED_FROM, and where a client lets itself be sent.
// RFC 5685 §3, §7, §9.
#pragma once

#include "base/result.h"
#include "ike/core/context.h"

namespace keypact::ike {

struct RedirectNotify {
  Identification gateway;  ///< an address or a name
  Octets nonce;            ///< in IKE_SA_INIT: the initiator's; else empty
};

/// `gateway` is an address or a name.
[[nodiscard]] Octets redirect_data(const Identification& gateway, OctetView nonce = {});
[[nodiscard]] std::optional<RedirectNotify> parse_redirect(OctetView data);
/// The data of REDIRECTED_FROM: the address of the gateway that sends.
[[nodiscard]] std::optional<IpAddress> parse_redirected_from(OctetView data);

/// Where to go, by a gateway that we talk to on `path`; a sentence when we do not go there.
[[nodiscard]] Result<IpAddress, std::string> redirect_target(const Identification& gateway, const Path& path);
/// With one more gateway that sent us on; nothing when there were too many in too short a time.
[[nodiscard]] std::optional<Redirections> one_more(Redirections before, const IpAddress& from, Instant now);

/// The whole decision of a client: where it goes, with what it remembers of the way; else why not.
struct Destination {
  IpAddress gateway;
  Redirections redirections;
};
[[nodiscard]] Result<Destination, Refusal> follow_redirect(const Context& context, const RedirectNotify& notify,
                                                           const Path& path, const Redirections& before);

}  // namespace keypact::ike
