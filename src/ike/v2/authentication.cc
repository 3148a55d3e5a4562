#include "ike/v2/authentication.h"

namespace keypact::ike::v2 {
namespace {

constexpr std::string_view kKeyPad = "Key Pad for IKEv2";

/// Compared in constant time.
bool is_made_with(crypto::Library& library, OctetView shared_secret, const SignedOctets& octets,
                  const wire::AuthPayload& auth, AuthMethod method = AuthMethod::SHARED_KEY_MIC) {
  return auth.method == method && !shared_secret.empty() &&
         secret_equal(shared_key_auth(library, shared_secret, octets), auth.data);
}

}  // namespace

Octets joined(crypto::Library& library, const SignedOctets& octets) {
  const auto maced_id = crypto::prf(library, octets.prf, octets.sk_p.reveal(), {octets.id_body});
  auto whole = to_octets(octets.first_message);
  append(whole, octets.other_nonce);
  append(whole, maced_id.reveal());
  append(whole, octets.intermediate);
  return whole;
}

Octets shared_key_auth(crypto::Library& library, OctetView shared_secret, const SignedOctets& octets) {
  // AUTH = prf( prf(Shared Secret, "Key Pad for IKEv2"), <SignedOctets>)
  const auto key = crypto::prf(library, octets.prf, shared_secret, {as_octets(kKeyPad)});
  const auto maced_id = crypto::prf(library, octets.prf, octets.sk_p.reveal(), {octets.id_body});
  const auto auth = crypto::prf(library, octets.prf, key.reveal(),
                                {octets.first_message, octets.other_nonce, maced_id.reveal(), octets.intermediate});
  return to_octets(auth.reveal());
}

std::optional<PeerAuthenticated> verify_shared_key_auth(crypto::Library& library, OctetView shared_secret,
                                                        const SignedOctets& octets, const Identification& claimed,
                                                        const wire::AuthPayload& auth) {
  if (!is_made_with(library, shared_secret, octets, auth)) return std::nullopt;
  return PeerAuthenticated(claimed, claimed);
}

std::optional<PeerAuthenticated> verify_eap_auth(crypto::Library& library, OctetView shared_secret,
                                                 const SignedOctets& octets, const Identification& claimed,
                                                 const Identification& identity, const wire::AuthPayload& auth) {
  if (!is_made_with(library, shared_secret, octets, auth)) return std::nullopt;
  return PeerAuthenticated(identity, claimed);
}

Octets null_auth(crypto::Library& library, const SignedOctets& octets) {
  return shared_key_auth(library, octets.sk_p.reveal(), octets);
}

std::optional<PeerAuthenticated> verify_null_auth(crypto::Library& library, const config::AuthRound& round,
                                                  const SignedOctets& octets, const Identification& claimed,
                                                  const wire::AuthPayload& auth) {
  if (round.kind != config::AuthKind::null_auth) return std::nullopt;
  if (!is_made_with(library, octets.sk_p.reveal(), octets, auth, AuthMethod::NULL_AUTHENTICATION)) return std::nullopt;
  return PeerAuthenticated(nobody(), claimed);
}

}  // namespace keypact::ike::v2
