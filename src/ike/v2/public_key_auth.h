// AUTH by public keys: the payloads around it (SIGNATURE_HASH_ALGORITHMS, CERTREQ, CERT), and what leaves as jobs: making our
// signature, and verifying the peer's with its certificates. RFC 7296 §2.15, §3.6 to §3.8, RFC 7427 §4.
#pragma once

#include "ike/core/context.h"
#include "ike/core/credentials.h"
#include "ike/core/payload_set.h"
#include "ike/v2/authentication.h"
#include "ike/v2/connection_choice.h"

namespace keypact::ike::v2 {

/// What the peer said before we sign.
struct SignatureWishes {
  std::vector<HashAlgorithm> hashes;  ///< of SIGNATURE_HASH_ALGORITHMS; none: it does not know method 14
  std::vector<Octets> authorities;    ///< SHA-1 of the keys of the CAs in its CERTREQs, at most kAuthorities
  bool certificates = false;          ///< it asked for X.509 certificates at all
  bool ocsp = false;                  ///< and for what OCSP responders say of ours (RFC 4806)
};
[[nodiscard]] SignatureWishes signature_wishes(const PayloadSet& payloads);

/// Whether whoever authenticates itself so signs.
[[nodiscard]] bool signs(const config::AuthRound& round);
/// Whether we sign in any round.
[[nodiscard]] bool signs(const config::Connection& connection);
/// Whether anybody signs in any round.
[[nodiscard]] bool has_signatures(const config::Connection& connection);
/// RFC 7619: the connection asks nothing of the peer.
[[nodiscard]] bool peer_is_nobody(const config::Connection& connection);

/// Whether EAP alone is to prove both ends. RFC 5998.
[[nodiscard]] bool proves_both_by_eap(const config::Connection& connection);

/// AUTH of a responder is a signature or made with a shared key: nothing takes the place of EAP where that is configured for it.
[[nodiscard]] std::optional<Refusal> refuses_eap_of_responder(const config::AuthRound& round);

/// The hashes that we verify signatures over. RFC 7427 §4.
[[nodiscard]] wire::Payload signature_hash_algorithms();

/// One CERTREQ with the CAs of these rounds of peers, and one for OCSP responses where the configuration wants them; none where no peer of
/// theirs signs. RFC 7296 §3.7, RFC 4806 §4.1.
[[nodiscard]] std::vector<wire::Payload> certificate_requests(const Context& context,
                                                              std::span<const ConnectionPtr> connections);

/// Who signs for us, with what, and the certificates that go along.
struct OwnSignature {
  const pki::SignatureScheme* scheme = nullptr;
  std::vector<wire::Payload> certificates;  ///< CERT payloads, the end entity's first
  Octets key;                               ///< SHA-1 of SubjectPublicKeyInfo
};

/// A round of ours, and the connection that it is of.
struct OwnRound {
  const config::Connection& connection;
  const config::AuthRound& round;
};

/// Whose key signs in this round of a connection, or why none does.
[[nodiscard]] Result<Credentials::Signer, Refusal> signer_for(const Context& context, const OwnRound& own,
                                                              const SignatureWishes& wishes);

/// Starts the job that signs. `octets` are ours.
struct SignatureStarted {
  OwnSignature signature;
  JobId job;
};
[[nodiscard]] Result<SignatureStarted, Refusal> start_signature(const Context& context, const OwnRound& own,
                                                                const Credentials::Signer& signer,
                                                                const SignatureWishes& wishes,
                                                                const SignedOctets& octets);
/// Another one by the same key, over other octets.
[[nodiscard]] JobId sign_again(const Context& context, const OwnSignature& signature, const SignedOctets& octets);
/// The AUTH payload, once the job is done; what came along for the certificates is put to them.
[[nodiscard]] Result<wire::AuthPayload, Refusal> signed_auth(OwnSignature& signature, const JobDone& done);

/// Starts the job that verifies the peer's certificates and signature. `octets` are the peer's.
[[nodiscard]] JobId start_verification(const Context& context, const config::AuthRound& round,
                                       const Identification& claimed, const PayloadSet& payloads,
                                       const SignedOctets& octets);
/// The evidence, once the job is done, or why there is none.
[[nodiscard]] Result<PeerAuthenticated, Refusal> verified_peer(JobDone&& done);

}  // namespace keypact::ike::v2
