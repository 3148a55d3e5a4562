// Which CA issued a certificate: for what is sent along with our own. Nothing of this is trust, which is asked in trust.h.
#pragma once

#include "pki/certificate.h"

namespace keypact::pki {

/// Names, key identifiers and the signature fit. One signature is verified when the names do.
[[nodiscard]] bool is_issued_by(const Certificate& certificate, const Certificate& issuer);

/// From the issuer of `end_entity` upward over the certificates of `known`, as far as they lead, at most seven.
[[nodiscard]] std::vector<Certificate> issuers_of(const Certificate& end_entity, std::span<const Certificate> known);

}  // namespace keypact::pki
