// A certificate or raw public key of the daemon, as list-certs sends it, for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pki/certificate.h"
#include "vici/message.h"

namespace keypact::cli {

struct CertificateRecord {
  std::string kind;  ///< "end entity", "CA", "OCSP signer", "public key"
  std::string subject;
  std::string issuer;
  std::string serial;
  std::vector<std::string> names;  ///< alternative ones
  std::string key;                 ///< "ECDSA 256"
  bool private_key = false;
  std::int64_t not_before = 0;  ///< seconds since 1970; 0 for public keys
  std::int64_t not_after = 0;
};

/// Nothing for what is no certificate or key.
[[nodiscard]] std::optional<CertificateRecord> certificate_record(const vici::Message& event);

[[nodiscard]] CertificateRecord certificate_record(const pki::Certificate& certificate);

/// "valid until 2126-10-30 (in 36499 d)", "expired on 2020-01-01", "valid from 2030-01-01"; nothing to say of public keys.
[[nodiscard]] std::string validity_text(const CertificateRecord& record, std::int64_t now);

}  // namespace keypact::cli
