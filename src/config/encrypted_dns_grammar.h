// The grammar of name servers that are asked over TLS, QUIC or HTTPS: "dns.corp.example 10.3.0.53 dot port=853".
#pragma once

#include "base/result.h"
#include "config/value_grammar.h"
#include "proto/encrypted_dns.h"

namespace keypact::config {

/// The name in its certificate, its addresses, and how it is asked: dot, doq, doh (HTTP/2, "path=/dns-query{?dns}"); dot when nothing is
/// said. Its priority is left at 1.
[[nodiscard]] Result<EncryptedDns, GrammarError> parse_encrypted_dns(std::string_view text);

}  // namespace keypact::config
