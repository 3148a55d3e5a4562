// Revocation: what is known of the certificates of a path, whether that is enough, and what to ask when it is not. RFC 5280 §6.3.
// Nothing is fetched here.
#pragma once

#include "pki/revocation_inquiry.h"
#include "pki/trust.h"

namespace keypact::pki {

/// swanctl's revocation.
enum class RevocationPolicy : std::uint8_t {
  relaxed,  ///< what is known to be revoked is refused
  ifuri,    ///< and what is not known to be good, where the certificate or the configuration says where to ask
  strict,   ///< and what is not known to be good
};

/// swanctl's authorities: where to ask about what this CA issued, before the places that its certificates name.
struct AuthorityUris {
  Certificate authority;
  std::vector<std::string> lists;
  std::vector<std::string> ocsp;
};

struct RevocationRules {
  RevocationPolicy policy = RevocationPolicy::relaxed;
  std::vector<RevocationList> lists{};
  std::vector<AuthorityUris> authorities{};
  std::vector<Certificate> ocsp_signers{};  ///< of the configuration
  std::vector<Octets> sent_responses{};     ///< of OCSP responders, which the peer sent along (RFC 4806)
};

struct RevocationOutcome {
  std::optional<Refusal> refusal;
  std::vector<DocumentRequest> wanted;  ///< not empty: there is no refusal yet, and there may be one with these
  Learned learned;
};

/// Of each certificate of the path but the anchor, which is trusted otherwise. `now`: seconds since 1970 in UTC.
[[nodiscard]] RevocationOutcome check_revocation(std::span<const Certificate> path, const RevocationRules& rules,
                                                 const Inquiry& inquiry, const RevocationKnowledge& knowledge,
                                                 std::int64_t now);

}  // namespace keypact::pki
