// The list of the certificates that a CA took back. RFC 5280 §5. What others' lists say is read by revocation_list.h.
#pragma once

#include "pki/certificate.h"
#include "pki/making_error.h"
#include "pki/private_key.h"

namespace keypact::pki {

struct RevokedCertificate {
  Octets serial;
  std::int64_t when = 0;  ///< seconds since 1970 in UTC
  int reason = 0;         ///< CRLReason of RFC 5280 §5.3.1; 0, unspecified, is not written
};

struct RevocationListPlan {
  Octets number{};  ///< big-endian; greater than that of the list before (RFC 5280 §5.2.3)
  std::int64_t this_update = 0;
  std::int64_t next_update = 0;
  std::vector<RevokedCertificate> revoked{};
};

/// In DER.
[[nodiscard]] Result<Octets, MakingError> make_revocation_list(const RevocationListPlan& plan,
                                                               const Certificate& authority, const PrivateKey& key);

}  // namespace keypact::pki
