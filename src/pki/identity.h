// Whom a certificate speaks for. RFC 4945 §3.1 and §5.1.2, RFC 7296 §4.
#pragma once

#include "pki/certificate.h"

namespace keypact::pki {

/// The identity is the subject, or one of the alternative names of its type: names without case, distinguished names by RFC 5280
/// §7.1, all else octet for octet. A star is a star, on either side. A key identifier is that of the certificate or its key.
[[nodiscard]] bool speaks_for(const Certificate& certificate, const Identification& identity);

/// The last CN of the issuer's name, in UTF-8; empty when it has none.
[[nodiscard]] std::string issuer_common_name(const Certificate& certificate);

/// For people: the subject and the alternative names, the first 16 of them.
[[nodiscard]] std::string identities_text(const Certificate& certificate);

}  // namespace keypact::pki
