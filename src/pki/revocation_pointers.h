// Where a certificate, or a CRL, says that one may ask about revocation. RFC 5280 §4.2.1.13, §4.2.1.15, §4.2.2.1. URIs of HTTP only.
#pragma once

#include "pki/certificate.h"

struct X509_crl_st;

namespace keypact::pki {

struct RevocationPointers {
  std::vector<std::string> lists;   ///< cRLDistributionPoints, of all reasons and by the issuer itself
  std::vector<std::string> deltas;  ///< freshestCRL
  std::vector<std::string> ocsp;    ///< authorityInfoAccess, id-ad-ocsp
};

/// At most four of each.
[[nodiscard]] RevocationPointers revocation_pointers(const Certificate& certificate);
[[nodiscard]] std::vector<std::string> delta_uris(const X509_crl_st* list);
/// "http://" in any case of letters, visible ASCII, of a sane length.
[[nodiscard]] bool is_http_uri(std::string_view text);

}  // namespace keypact::pki
