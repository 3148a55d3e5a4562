// Index: what a CA issued and took back, in the form of openssl-ca(1)'s index.txt, so that `openssl ocsp -index` answers from the same
// file. One line a certificate, in the order of issuing.
#pragma once

#include <optional>
#include <vector>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::ca {

/// CRLReason of RFC 5280 §5.3.1, as far as a certificate that is taken back for good can have one.
enum class Reason : std::uint8_t {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
};
/// "keyCompromise"
[[nodiscard]] std::string_view name_of(Reason reason);
/// The case of the letters does not count.
[[nodiscard]] std::optional<Reason> reason_of(std::string_view name);

struct Revocation {
  std::int64_t when = 0;  ///< seconds since 1970 in UTC
  Reason reason = Reason::unspecified;
};

struct Entry {
  Octets serial;
  std::string name;            ///< whose it is: the subject's CN
  std::int64_t not_after = 0;  ///< seconds since 1970 in UTC
  std::optional<Revocation> revoked{};

  [[nodiscard]] bool is_good(std::int64_t now) const { return !revoked && now <= not_after; }
};

/// Capitals, as openssl-ca(1) writes serial numbers.
[[nodiscard]] std::string serial_text(OctetView serial);

[[nodiscard]] std::string index_text(const std::vector<Entry>& entries);
/// An error names the line.
[[nodiscard]] Result<std::vector<Entry>> index_from_text(std::string_view text);

}  // namespace keypact::ca
