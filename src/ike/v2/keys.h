// The key hierarchy of an IKE SA and its Child SAs. RFC 7296 §2.13, §2.14, §2.17.
#pragma once

#include "crypto/prf.h"
#include "proto/packet_keys.h"
#include "proto/spi.h"

namespace keypact::ike::v2 {

using SkD = SecretOf<struct SkDTag>;  ///< derives the keys of Child SAs
using SkP = SecretOf<struct SkPTag>;  ///< enters AUTH

struct IkeKeys {
  PrfId prf{};
  SkD d;
  PacketKeys initiator;  ///< SK_ei, SK_ai: what the initiator sends
  PacketKeys responder;  ///< SK_er, SK_ar
  SkP pi;
  SkP pr;
};

/// Where a post-quantum preshared key comes into the keys, as IKE_SA_INIT settles.
enum class PpkUse : std::uint8_t {
  none,
  with_auth,     ///< USE_PPK: into what comes behind IKE_AUTH (RFC 8784)
  intermediate,  ///< USE_PPK_INT: into all keys of the IKE SA, before IKE_AUTH (RFC 9867)
  /// The same with the numbers of private use that libreswan 5 took before there were any.
  intermediate_of_libreswan,
};

[[nodiscard]] constexpr bool is_intermediate(PpkUse use) {
  return use == PpkUse::intermediate || use == PpkUse::intermediate_of_libreswan;
}

/// Those that a post-quantum preshared key is mixed into. RFC 8784 §3.
struct PpkKeys {
  SkD d;
  SkP pi;
  SkP pr;
};

/// Of every nonce of ours: at least half the key of each PRF, and no less than 16 (RFC 7296 §2.10).
inline constexpr std::size_t kNonceOctets = 32;

struct Nonces {
  OctetView initiator;
  OctetView responder;
};

/// Of the key exchanges of one CREATE_CHILD_SA exchange. RFC 9370 §2.2.4.
struct SharedSecrets {
  OctetView first{};       ///< of its KE payloads; empty without
  OctetView additional{};  ///< SK(1) | ... | SK(n) of the IKE_FOLLOWUP_KE exchanges behind it
};

[[nodiscard]] PrfId prf_of(const Proposal& chosen);

/// RFC 7296 §2.14.
[[nodiscard]] IkeKeys derive_ike_keys(crypto::Library& library, const Proposal& chosen, const Nonces& nonces,
                                      OctetView shared_secret, IkeSpi initiator_spi, IkeSpi responder_spi);

/// RFC 7296 §2.18: of an IKE SA that takes the place of another one, from that one's SK_d and PRF.
[[nodiscard]] IkeKeys derive_rekeyed_ike_keys(crypto::Library& library, PrfId old_prf, const SkD& old_d,
                                              const Proposal& chosen, const Nonces& nonces,
                                              const SharedSecrets& secrets, IkeSpi initiator_spi, IkeSpi responder_spi);

/// RFC 9370 §2.2.2: after an additional key exchange of an IKE SA that is being set up, from the keys before it.
[[nodiscard]] IkeKeys derive_updated_ike_keys(crypto::Library& library, const IkeKeys& before, const Proposal& chosen,
                                              const Nonces& nonces, OctetView shared_secret, IkeSpi initiator_spi,
                                              IkeSpi responder_spi);

/// RFC 8784 §3: SK_d = prf+ (PPK, SK_d'), and so on.
[[nodiscard]] PpkKeys mix_ppk(crypto::Library& library, const IkeKeys& keys, OctetView ppk);

/// RFC 9867: SKEYSEED' = prf+ (PPK, SK_d), and all keys anew from it.
[[nodiscard]] IkeKeys derive_ike_keys_with_ppk(crypto::Library& library, const IkeKeys& before, const Proposal& chosen,
                                               const Nonces& nonces, OctetView ppk, IkeSpi initiator_spi,
                                               IkeSpi responder_spi);

struct ChildKeys {
  PacketKeys initiator;  ///< for what the initiator of the exchange sends
  PacketKeys responder;
};

/// RFC 7296 §2.17. Without secrets where the Child SA has no key exchange of its own.
[[nodiscard]] ChildKeys derive_child_keys(crypto::Library& library, PrfId prf, const SkD& d,
                                          const PacketAlgorithms& algorithms, const Nonces& nonces,
                                          const SharedSecrets& secrets);

}  // namespace keypact::ike::v2
