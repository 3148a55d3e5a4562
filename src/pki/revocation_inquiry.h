// What a verification asks of elsewhere, about revocation or for the peer's key, and what was learned by that: values, which whoever
// fetches carries to and fro. RFC 5280 §4.2.1.13, §4.2.2.1, §6.3, RFC 6960, RFC 4025.
#pragma once

#include <map>

#include "pki/revocation_list.h"

namespace keypact::pki {

/// Of a document that is fetched: a CRL, and an answer of an OCSP responder.
inline constexpr std::size_t kFetchedListOctets = 4 * 1024 * 1024;
inline constexpr std::size_t kOcspOctets = 64 * 1024;
inline constexpr std::size_t kOcspNonceOctets = 32;  ///< RFC 9654

struct DocumentRequest {
  /// Keys are in the DNS, signed (DNSSEC) or not, and come as join_records() of pki/ipseckey.h.
  enum class Kind : std::uint8_t { revocation_list, ocsp, signed_keys, unsigned_keys };
  Kind kind{};
  std::string uri;          ///< of keys: the name
  Octets body;              ///< what is posted; empty: nothing is, the document is got
  bool configured = false;  ///< the configuration names the URI, not a certificate
  std::string key;          ///< by which its answer, or that there is none, is known
};

/// The octets, or a sentence that names the URI and says why there are none.
using Document = Result<std::shared_ptr<const Octets>, std::string>;

/// One verification on its way: it stops where it wants documents, and begins anew with them.
struct Inquiry {
  bool may_ask = false;
  Octets nonce{};  ///< of OCSP requests (RFC 9654)
  std::map<std::string, Document> documents{};
};

/// What an OCSP responder said of one certificate.
struct CertificateStatus {
  enum class Kind : std::uint8_t { good, revoked, unknown };
  Kind kind{};
  std::int64_t this_update = 0;  ///< seconds since 1970 in UTC, as all here
  std::int64_t next_update = 0;  ///< until then it may be used again
  std::int64_t revoked_at = 0;
  int reason = 0;  ///< CRLReason
  bool operator==(const CertificateStatus&) const = default;
};

/// What was found out.
struct Learned {
  std::vector<std::pair<std::string, RevocationList>> lists;        ///< by the URI; signed by their issuers
  std::vector<std::pair<std::string, CertificateStatus>> statuses;  ///< by the key
  std::vector<std::pair<std::string, std::string>> failures;        ///< by the key: why there is nothing
  struct OwnResponse {
    std::string key;
    Octets response;
    std::int64_t until = 0;
  };
  std::vector<OwnResponse> own_responses;  ///< of OCSP responders, about certificates of ours
};

/// What was fetched before, for all who ask: bounded, and nothing in it is older than it says of itself.
class RevocationKnowledge {
 public:
  struct Limits {
    std::size_t lists = 256;
    std::size_t list_octets = 64 * 1024 * 1024;  ///< of all together
    std::size_t statuses = 4096;
    std::size_t failures = 1024;
    std::size_t own_responses = 64;
    std::int64_t failure_seconds = 60;  ///< for so long nobody asks again
  };
  RevocationKnowledge() = default;
  explicit RevocationKnowledge(Limits limits) : limits_(limits) {}

  /// May be out of date.
  [[nodiscard]] const RevocationList* list(const std::string& uri) const;
  /// nullptr when there is none that may be used at that time.
  [[nodiscard]] const CertificateStatus* status(const std::string& key, std::int64_t now) const;
  /// Why nobody asks for it at that time; nullptr when one may.
  [[nodiscard]] const std::string* failure(const std::string& key, std::int64_t now) const;
  /// An OCSP response about a certificate of ours; nullptr when there is none that may be used at that time.
  [[nodiscard]] const Octets* own_response(const std::string& key, std::int64_t now) const;
  [[nodiscard]] const std::map<std::string, RevocationList>& lists() const { return lists_; }

  void learn(Learned learned, std::int64_t now);
  void forget_all();

 private:
  struct Failure {
    std::string why;
    std::int64_t until = 0;
  };
  void keep_within_limits(std::int64_t now);

  Limits limits_;
  std::map<std::string, RevocationList> lists_;
  std::map<std::string, CertificateStatus> statuses_;
  std::map<std::string, Failure> failures_;
  std::map<std::string, Learned::OwnResponse> own_responses_;
};

}  // namespace keypact::pki
