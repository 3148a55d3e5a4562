// Which addresses a URI that a stranger wrote may lead to: those of the public Internet, and what the configuration adds. Everything
// else is this machine, or is behind it, and would answer to it what it answers to no stranger (row C07).
#pragma once

#include <vector>

#include "base/ip_address.h"

namespace keypact::fetch {

/// Globally reachable unicast; an IPv6 address that carries an IPv4 one is judged by that.
[[nodiscard]] bool is_public(const IpAddress& address);
[[nodiscard]] bool may_be_reached(const IpAddress& address, const std::vector<Prefix>& also);

}  // namespace keypact::fetch
