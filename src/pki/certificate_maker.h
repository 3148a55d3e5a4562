// What a CA signs: its own certificate and those of the ends of a tunnel. RFC 5280 §4, RFC 4945 §5.1. What may be asked for is decided
// by who asks.
#pragma once

#include "pki/certificate.h"
#include "pki/making_error.h"
#include "pki/private_key.h"

namespace keypact::pki {

enum class CertificateUse : std::uint8_t { authority, server, client };

struct CertificatePlan {
  CertificateUse use = CertificateUse::server;
  Octets subject;                       ///< a name in DER
  std::vector<Identification> names{};  ///< SubjectAltName: dNSName, rfc822Name and iPAddress
  Octets serial;                        ///< big-endian, positive, at most 20 octets
  std::int64_t not_before = 0;          ///< seconds since 1970 in UTC
  std::int64_t not_after = 0;
  std::string crl_uri{};  ///< where the list of revoked certificates is; empty: not said
};

/// A CA's own certificate.
[[nodiscard]] Result<Certificate, MakingError> make_root(const CertificatePlan& plan, const PrivateKey& key);

/// A certificate for `subject_key` by an authority.
[[nodiscard]] Result<Certificate, MakingError> make_certificate(const CertificatePlan& plan,
                                                                const PublicKey& subject_key,
                                                                const Certificate& authority, const PrivateKey& key);

/// What a certificate says that it is for.
[[nodiscard]] CertificateUse use_of(const Certificate& certificate);

}  // namespace keypact::pki
