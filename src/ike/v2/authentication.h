// AUTH: what each side signs, the shared-key method, and the evidence that a peer is authenticated. RFC 7296 §2.15.
#pragma once

#include <optional>

#include "config/snapshot.h"
#include "ike/v2/keys.h"
#include "pki/peer_authentication.h"
#include "proto/identification.h"
#include "wire/payload.h"

namespace keypact::ike::v2 {

/// What one side's AUTH covers.
struct SignedOctets {
  OctetView first_message;  ///< that side's IKE_SA_INIT message, whole, as it was sent
  OctetView other_nonce;    ///< the other side's nonce
  PrfId prf{};
  const SkP& sk_p;           ///< SK_pi for the initiator, SK_pr for the responder
  OctetView id_body;         ///< that side's identification payload without generic header
  OctetView intermediate{};  ///< IntAuth of RFC 9242 §3.3.2
};

/// The octets of one side in one piece: what its signature is over.
[[nodiscard]] Octets joined(crypto::Library& library, const SignedOctets& octets);

/// AUTH data of the Shared Key Message Integrity Code method.
[[nodiscard]] Octets shared_key_auth(crypto::Library& library, OctetView shared_secret, const SignedOctets& octets);

/// ID_NULL: who does not say who it is. RFC 7619 §2.2.
[[nodiscard]] inline Identification nobody() { return {IdType::ID_NULL, {}}; }

/// The one proof that the peer is who it says: verify_shared_key_auth and verify_eap_auth make it, or what pki::authenticate_peer made;
/// or that it need not say so, which verify_null_auth takes from the configuration alone.
class PeerAuthenticated {
 public:
  explicit PeerAuthenticated(const pki::AuthenticatedPeer& evidence)
      : identity_(evidence.identity()), claimed_(evidence.identity()) {}
  /// Who it has proven to be.
  [[nodiscard]] const Identification& identity() const { return identity_; }
  /// What it called itself in its identification payload; after EAP it may be another name.
  [[nodiscard]] const Identification& claimed() const { return claimed_; }
  /// After one more round it is whom that one proved, and called itself what it did in the first (RFC 4739).
  [[nodiscard]] PeerAuthenticated followed_by(const PeerAuthenticated& next) const {
    return {next.identity_, claimed_};
  }

 private:
  PeerAuthenticated(Identification identity, Identification claimed)
      : identity_(std::move(identity)), claimed_(std::move(claimed)) {}
  friend std::optional<PeerAuthenticated> verify_eap_auth(crypto::Library&, OctetView, const SignedOctets&,
                                                          const Identification&, const Identification&,
                                                          const wire::AuthPayload&);
  friend std::optional<PeerAuthenticated> verify_shared_key_auth(crypto::Library&, OctetView, const SignedOctets&,
                                                                 const Identification&, const wire::AuthPayload&);
  friend std::optional<PeerAuthenticated> verify_null_auth(crypto::Library&, const config::AuthRound&,
                                                           const SignedOctets&, const Identification&,
                                                           const wire::AuthPayload&);
  Identification identity_;
  Identification claimed_;
};

/// Nothing when the method is another one or the code does not fit; compared in constant time.
[[nodiscard]] std::optional<PeerAuthenticated> verify_shared_key_auth(crypto::Library& library, OctetView shared_secret,
                                                                      const SignedOctets& octets,
                                                                      const Identification& claimed,
                                                                      const wire::AuthPayload& auth);

/// The same after EAP, which has proven `identity`.
[[nodiscard]] std::optional<PeerAuthenticated> verify_eap_auth(crypto::Library& library, OctetView shared_secret,
                                                               const SignedOctets& octets,
                                                               const Identification& claimed,
                                                               const Identification& identity,
                                                               const wire::AuthPayload& auth);

/// RFC 7619 §2.1: AUTH of an end that does not authenticate itself; its own SK_p is the shared secret.
[[nodiscard]] Octets null_auth(crypto::Library& library, const SignedOctets& octets);

/// Nothing when the round asks for a proof. Who passes is nobody (ID_NULL), whatever it claims to be: RFC 7619 §2.2.
[[nodiscard]] std::optional<PeerAuthenticated> verify_null_auth(crypto::Library& library,
                                                                const config::AuthRound& round,
                                                                const SignedOctets& octets,
                                                                const Identification& claimed,
                                                                const wire::AuthPayload& auth);

}  // namespace keypact::ike::v2
