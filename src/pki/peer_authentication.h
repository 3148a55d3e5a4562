// Whether a peer is who it says: its certificates, its signature and our rules for it, as a function of values, so that it can run in
// a process that holds no key. RFC 7296 §2.15, §3.6, §3.8, RFC 4945 §5.1, RFC 7427, RFC 7670.
#pragma once

#include <variant>

#include "pki/revocation.h"
#include "pki/trust.h"

namespace keypact::pki {

/// The contents of a CERT payload.
struct SentCertificate {
  CertEncoding encoding{};
  Octets data;
};

/// What the peer sent.
struct PeerClaim {
  Identification identity;  ///< IDi or IDr
  AuthMethod method{};
  Octets auth_data;
  Octets signed_octets;                       ///< what the signature is over
  std::vector<SentCertificate> certificates;  ///< in the order of the CERT payloads
};

/// Whether keys from the DNS are trusted: those whose signatures lead to a trust anchor, or also unsigned ones (RFC 4025 §4).
enum class DnsKeys : std::uint8_t { no, secure, insecure };

/// What our configuration demands of this peer.
struct PeerRules {
  AuthConstraints constraints;
  TrustAnchors anchors;
  bool anchored = false;  ///< a path to one of the anchors is wanted, even of a certificate that is `known`
  std::optional<IdentityPattern> authority_id{};  ///< of a CA in the path: its subject, or an alternative name
  std::vector<std::string> policies{};            ///< OIDs: the path is of all of these (RFC 5280 §4.2.1.4)
  std::vector<Certificate> pinned;     ///< not empty: the peer's certificate is one of these, trusted as it is
  std::vector<PublicKey> pinned_keys;  ///< the peer's raw public key is one of these
  DnsKeys dns_keys = DnsKeys::no;      ///< or one of those that the DNS has for its identity
  /// Of the configuration: CAs that may stand in a path, end entities that are trusted.
  std::vector<Certificate> known;
  RevocationRules revocation;  ///< the peer may send CRLs too
};

/// The evidence that a peer is who it says: only authenticate_peer() makes one.
class AuthenticatedPeer {
 public:
  [[nodiscard]] const Identification& identity() const { return identity_; }
  /// The end entity first, up to what is trusted; empty where a raw public key was enough.
  [[nodiscard]] std::span<const Certificate> certificates() const { return certificates_; }
  [[nodiscard]] const SignatureScheme& scheme() const { return *scheme_; }

 private:
  friend class PeerVerification;
  AuthenticatedPeer(Identification identity, std::vector<Certificate> certificates, const SignatureScheme& scheme)
      : identity_(std::move(identity)), certificates_(std::move(certificates)), scheme_(&scheme) {}
  Identification identity_;
  std::vector<Certificate> certificates_;
  const SignatureScheme* scheme_;
};

/// Whether it is who it says depends on these, and on nothing else any more: certificates and signature are good.
struct WantedDocuments {
  std::vector<DocumentRequest> requests;  ///< never empty
};

struct Authentication {
  std::variant<AuthenticatedPeer, Refusal, WantedDocuments> outcome;
  Learned learned;  ///< about revocation
};

/// `now`: seconds since 1970 in UTC.
[[nodiscard]] Authentication authenticate_peer(const PeerClaim& claim, const PeerRules& rules, std::int64_t now,
                                               const Inquiry& inquiry, const RevocationKnowledge& knowledge);
/// By what is at hand.
[[nodiscard]] Result<AuthenticatedPeer, Refusal> authenticate_peer(const PeerClaim& claim, const PeerRules& rules,
                                                                   std::int64_t now);

/// For TLS, which verifies the signature itself: whether the certificate in front of `sent` (not empty) is trusted under the rules, and
/// by which path. Whom it speaks for, and keys without a certificate, are not looked at.
[[nodiscard]] Result<std::vector<Certificate>, Refusal> trust_certificate(std::span<const Certificate> sent,
                                                                          const PeerRules& rules, std::int64_t now);

}  // namespace keypact::pki
