// Trust: from a peer's certificate over those that came with it to one that the configuration trusts. RFC 5280 §6, RFC 4945 §5.1.
// Revocation and whose certificate it is are asked elsewhere. Nothing is fetched.
#pragma once

#include "pki/auth_constraints.h"
#include "pki/certificate.h"

namespace keypact::pki {

/// Why a certificate is not trusted, for people.
struct Refusal {
  std::string certificate;  ///< the subject of the one that broke the rule
  std::string rule;         ///< "RFC 5280 §4.2.1.9", or "configuration"
  std::string sentence;
  /// `"C=CH, CN=moon": it expired on ... (RFC 5280 §4.1.2.5)`
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Refusal&) const = default;
};

/// The certificates that the configuration trusts to sign others. An intermediate CA may be one.
class TrustAnchors {
 public:
  TrustAnchors() = default;
  /// Refuses certificates that are no CA.
  static Result<TrustAnchors, Refusal> of(std::vector<Certificate> certificates);
  [[nodiscard]] std::span<const Certificate> certificates() const { return certificates_; }

 private:
  std::vector<Certificate> certificates_;
};

/// The evidence that a certificate is trusted: only validate() makes one.
class TrustedPath {
 public:
  [[nodiscard]] const Certificate& end_entity() const { return certificates_.front(); }
  [[nodiscard]] const Certificate& anchor() const { return certificates_.back(); }
  /// From the end entity to the anchor, each issued by the next one.
  [[nodiscard]] std::span<const Certificate> certificates() const { return certificates_; }

 private:
  friend class PathSearch;
  explicit TrustedPath(std::vector<Certificate> certificates) : certificates_(std::move(certificates)) {}
  std::vector<Certificate> certificates_;
};

struct TrustLimits {
  std::size_t path = 8;        ///< certificates in a path, with both ends
  std::size_t untrusted = 64;  ///< certificates that may come along; those after them are not looked at
  /// Signatures that are verified while looking for a path; one of RSA with 4096 bits counts for four.
  unsigned signatures = 64;
  unsigned complete_paths = 4;  ///< paths that are validated
};

/// `now` is in seconds since 1970. When several paths exist, the first good one. When none is good, the refusal of the one that
/// came furthest.
[[nodiscard]] Result<TrustedPath, Refusal> validate(const Certificate& end_entity,
                                                    std::span<const Certificate> untrusted, const TrustAnchors& anchors,
                                                    std::int64_t now, const AuthConstraints& constraints = {},
                                                    TrustLimits limits = {});

}  // namespace keypact::pki
