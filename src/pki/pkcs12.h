// PKCS#12: a private key and certificates in one file under one passphrase. RFC 7292 by OpenSSL.
#pragma once

#include "pki/certificate.h"
#include "pki/private_key.h"

namespace keypact::pki {

struct Pkcs12Error {
  enum class Kind : std::uint8_t {
    too_long,
    malformed,
    passphrase_wrong,
    encryption_unsupported,
    key_refused,
    certificate_refused,
  };
  Kind kind;
  std::string detail;  ///< why a key or certificate in it is refused
  [[nodiscard]] std::string sentence() const;
};

struct Pkcs12 {
  std::optional<PrivateKey> key;
  std::vector<Certificate> certificates;  ///< the one of the key first

  /// DER to its last octet; an empty passphrase fits files that were made without one.
  static Result<Pkcs12, Pkcs12Error> read(const Secret& octets, const Secret& passphrase, KeyLimits limits = {});
};

}  // namespace keypact::pki
