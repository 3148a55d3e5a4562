// The algorithms when a configuration names none: a safe offer that every known peer meets, and what a responder takes beside
// it. RFC 8247, RFC 8221. Nothing in it is forbidden or advised against there; that works only when it is named.
#pragma once

#include <functional>
#include <vector>

#include "proto/proposal.h"

namespace keypact::config {

/// IKE: AEAD ciphers with ML-KEM-768 behind the first key exchange (RFC 9370), then without it, then AES-CBC with HMAC-SHA2; X25519 is
/// the first guess. As an SA payload it stays far below what one unfragmented IKE_SA_INIT holds.
[[nodiscard]] std::vector<Proposal> default_ike_offer();
/// The offer, and as responder also the other lengths of ML-KEM, with any cipher, ECP-521, MODP-4096, and HMAC-SHA1 where the peer offers nothing better.
[[nodiscard]] std::vector<Proposal> default_ike_acceptable();

/// ESP: the same ciphers, PFS preferred but not demanded (the last key exchange method is NONE), ESN preferred.
[[nodiscard]] std::vector<Proposal> default_esp_offer();
/// The same of ESP: Windows, Azure, Cisco and MikroTik need it.
[[nodiscard]] std::vector<Proposal> default_esp_acceptable();

/// AH, where it is named: HMAC-SHA2, with the same options as ESP.
[[nodiscard]] std::vector<Proposal> default_ah_offer();

/// The proposals without the transforms that are not `usable`; one that loses all transforms of a type that it had goes as a
/// whole. NONE and sequence numbers are not asked about.
[[nodiscard]] std::vector<Proposal> restrict_to(const std::vector<Proposal>& proposals,
                                                const std::function<bool(const Transform&)>& usable);

/// What is left of them for whoever knows no additional key exchanges. RFC 9370.
[[nodiscard]] std::vector<Proposal> without_additional_key_exchanges(const std::vector<Proposal>& proposals);

}  // namespace keypact::config
