// Certificate: one X.509 certificate as an immutable value. RFC 5280 §4. Whether to trust it is asked in trust.h, whom it speaks
// for in identity.h.
#pragma once

#include "pki/public_key.h"
#include "proto/identification.h"

struct x509_st;

namespace keypact::pki {

inline constexpr std::size_t kCertificateOctets = 64 * 1024;

struct CertificateError {
  enum class Kind : std::uint8_t {
    too_long,
    too_many,
    malformed,
    trailing_octets,
    extension_malformed,
    key_refused,  ///< `key` says why
    none_in_text,
  };
  Kind kind;
  std::optional<KeyError> key;
  [[nodiscard]] std::string sentence() const;
  bool operator==(const CertificateError&) const = default;
};

class Certificate {
 public:
  /// From DER to its last octet.
  static Result<Certificate, CertificateError> from_der(OctetView der, KeyLimits limits = {});
  /// All blocks "CERTIFICATE" of a text, in its order: at least one, at most 1024.
  static Result<std::vector<Certificate>, CertificateError> from_pem(std::string_view text, KeyLimits limits = {});

  [[nodiscard]] OctetView der() const;
  [[nodiscard]] OctetView subject_der() const;
  [[nodiscard]] OctetView issuer_der() const;
  /// As strongSwan prints names: "C=CH, O=strongSwan, CN=moon"; "" for an empty subject.
  [[nodiscard]] const std::string& subject() const;
  [[nodiscard]] const std::string& issuer() const;
  [[nodiscard]] OctetView serial() const;
  /// Seconds since 1970 in UTC; both belong to the validity.
  [[nodiscard]] std::int64_t not_before() const;
  [[nodiscard]] std::int64_t not_after() const;
  /// The names of SubjectAltName that IKE has a type for: dNSName, rfc822Name, iPAddress, directoryName. One with a NUL, an
  /// empty one, and an address that has not 4 or 16 octets is left out.
  [[nodiscard]] std::span<const Identification> alternative_names() const;
  [[nodiscard]] const PublicKey& public_key() const;
  /// The extension subjectKeyIdentifier; empty when there is none.
  [[nodiscard]] OctetView subject_key_id() const;
  /// basicConstraints says cA.
  [[nodiscard]] bool is_ca() const;
  /// Issuer and subject are the same name.
  [[nodiscard]] bool is_self_issued() const;

  bool operator==(const Certificate& other) const { return same_octets(der(), other.der()); }

  /// OpenSSL's object, for the files of this folder and TLS; lives as long as this value or a copy of it.
  [[nodiscard]] x509_st* native() const;

  struct Impl;

 private:
  explicit Certificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace keypact::pki
