// Whether a certificate that came in TLS is that of who it has to be. RFC 5216 §5.2 and §5.3, RFC 9190 §2.2.
#pragma once

#include <span>
#include <string>

#include "eap/tls_settings.h"

namespace keypact::eap {

struct CertificateQuestion {
  const TlsSettings& settings;
  const std::vector<IdentityPattern>& names;  ///< one of them has to be the certificate's; empty: anybody
  bool of_client = false;
  std::int64_t now = 0;
};

/// `sent`: certificates in DER, the end entity first. The path, or a sentence.
[[nodiscard]] Result<std::vector<pki::Certificate>, std::string> judge_certificates(
    std::span<const Octets> sent, const CertificateQuestion& question);

/// The principal names that Windows puts into SubjectAltName as otherName; at most 16.
[[nodiscard]] std::vector<std::string> user_principal_names(const pki::Certificate& certificate);

}  // namespace keypact::eap
