// OCSP: what is asked about one certificate, and what an answer says of it. RFC 6960, RFC 9654.
#pragma once

#include "pki/revocation_inquiry.h"

namespace keypact::pki {

/// By which the status of this certificate is known (RevocationKnowledge).
[[nodiscard]] std::string ocsp_key(const Certificate& certificate, const Certificate& issuer);

/// An OCSPRequest in DER.
[[nodiscard]] Octets ocsp_request(const Certificate& certificate, const Certificate& issuer, OctetView nonce);

struct OcspContext {
  const Certificate& certificate;
  const Certificate& issuer;
  /// Certificates of responders that the configuration trusts, whoever issued them (RFC 6960 §4.2.2.2, the first case).
  std::span<const Certificate> signers;
  OctetView nonce;       ///< of the request; empty: we did not ask, the answer came by itself
  std::int64_t now = 0;  ///< seconds since 1970 in UTC
};

/// Of an OCSPResponse in DER, or a sentence why it says nothing. It is signed by the issuer, by whom the issuer has named for that
/// (id-kp-OCSPSigning), or by one of `signers`, and is of this time.
[[nodiscard]] Result<CertificateStatus, std::string> read_ocsp_response(OctetView octets, const OcspContext& context);

}  // namespace keypact::pki
