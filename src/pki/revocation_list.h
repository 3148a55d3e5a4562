// RevocationList: one CRL as an immutable value, and what it says of a certificate. RFC 5280 §5 and §6.3. Where CRLs come from and what is
// asked of a peer's certificates stands in revocation.h.
#pragma once

#include "pki/certificate.h"

namespace keypact::pki {

inline constexpr std::size_t kRevocationListOctets = 16 * 1024 * 1024;

struct RevocationListError {
  enum class Kind : std::uint8_t {
    too_long,
    malformed,
    trailing_octets,
    critical_extension_unknown,
    extension_malformed,
    indirect,  ///< RFC 5280 §5.2.5: of other issuers too, which is not understood here
  };
  Kind kind;
  [[nodiscard]] std::string sentence() const;
  bool operator==(const RevocationListError&) const = default;
};

class RevocationList {
 public:
  /// DER to its last octet, or a text with one block "X509 CRL".
  static Result<RevocationList, RevocationListError> read(OctetView octets);

  [[nodiscard]] OctetView issuer_der() const;
  [[nodiscard]] const std::string& issuer() const;
  /// Seconds since 1970 in UTC; both belong to the time in which it says what is so. Without next_update: for ever.
  [[nodiscard]] std::int64_t this_update() const;
  [[nodiscard]] std::optional<std::int64_t> next_update() const;
  /// What changed since the list with the number base(): it says nothing without that one.
  [[nodiscard]] bool is_delta() const;
  /// cRLNumber and BaseCRLNumber as big-endian octets; empty without one.
  [[nodiscard]] OctetView number() const;
  [[nodiscard]] OctetView base() const;

  /// The issuer's name, a key usage that allows it, and its signature (row E19), which is verified once and not again for the same key.
  [[nodiscard]] bool is_signed_by(const Certificate& issuer) const;
  /// The certificate is of the part of its issuer's certificates that this list is for (RFC 5280 §6.3.3 (b)(2)).
  [[nodiscard]] bool covers(const Certificate& certificate) const;

  /// In DER.
  [[nodiscard]] Octets der() const;
  [[nodiscard]] std::size_t size() const;
  /// Where its deltas are: freshestCRL (RFC 5280 §5.2.6).
  [[nodiscard]] const std::vector<std::string>& delta_uris() const;

  struct Entry {
    std::int64_t when;  ///< seconds since 1970
    int reason;         ///< CRLReason of RFC 5280 §5.3.1; 0: none is told; 8: of a delta, not revoked any more
  };
  /// The entry of a serial number; the time does not grow with the number of entries but for the first question.
  [[nodiscard]] std::optional<Entry> find(const Certificate& certificate) const;

  struct Impl;

 private:
  explicit RevocationList(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// "keyCompromise"; "" for none.
[[nodiscard]] std::string_view reason_text(int reason);

}  // namespace keypact::pki
