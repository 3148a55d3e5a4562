// For the tests of this folder: certificates as a test wants them, good and bad.
#pragma once

#include "pki/certificate.h"

namespace keypact::pki {

/// The second at which the tests look at certificates: 2026-06-01 00:00:00 UTC.
inline constexpr std::int64_t kTestNow = 1780272000;
inline constexpr std::int64_t kDay = 86400;

struct Wanted {
  std::string subject{};  ///< as name_from_text(); "" makes an empty one
  std::vector<std::pair<std::string, std::string>>
      extensions{};  ///< as openssl.cnf writes them; names may be dotted OIDs
  std::int64_t not_before = kTestNow - kDay;
  std::int64_t not_after = kTestNow + 365 * kDay;
  std::string hash = "SHA256";  ///< "" for keys of Ed25519
  std::string key = "P-256";    ///< a curve, "RSA" (2048 bits) or "ED25519"
  std::string issuer{};         ///< when it is to be another name than that of the certificate that signs
  int version = 3;
};

struct Issued {
  std::shared_ptr<x509_st> x509;
  std::shared_ptr<evp_pkey_st> key;

  [[nodiscard]] Octets der() const;
  [[nodiscard]] Certificate certificate() const { return Certificate::from_der(der()).value(); }
};

[[nodiscard]] Issued self_signed(const Wanted& wanted);
[[nodiscard]] Issued issued_by(const Issued& issuer, const Wanted& wanted);

/// A CA with all extensions that RFC 5280 asks for, and more.
[[nodiscard]] Wanted wanted_ca(std::string subject, std::vector<std::pair<std::string, std::string>> more = {});
/// A certificate that is no CA.
[[nodiscard]] Wanted wanted_leaf(std::string subject, std::vector<std::pair<std::string, std::string>> more = {});

}  // namespace keypact::pki
