// The keys of EAP-SIM, EAP-AKA and EAP-AKA'. RFC 4186 §7, RFC 4187 §7, RFC 9048 §3.3.
#pragma once

#include "eap/credentials.h"
#include "eap/usim.h"

namespace keypact::eap {

struct SimAkaKeys {
  Secret k_encr;  ///< of AT_ENCR_DATA
  Secret k_aut;   ///< of AT_MAC: 16 octets, 32 with AKA'
  Msk msk;
};

/// Random numbers of FIPS 186-2 with the change notice of 2001 (RFC 4186 §B).
[[nodiscard]] Secret fips_186_prf(OctetView seed, std::size_t octets);

/// `version_list` and `selected` are as in the packets, without lengths.
[[nodiscard]] SimAkaKeys sim_keys(std::string_view identity, std::span<const Secret> kc, OctetView nonce_mt,
                                  OctetView version_list, std::uint16_t selected);
[[nodiscard]] SimAkaKeys aka_keys(std::string_view identity, const Secret& ik, const Secret& ck);
[[nodiscard]] SimAkaKeys aka_prime_keys(std::string_view identity, const Secret& ik, const Secret& ck,
                                        std::string_view network, const Autn& autn);

/// CK' | IK' (3GPP TS 33.402 §A.2).
[[nodiscard]] Secret bound_to_network(const Secret& ik, const Secret& ck, std::string_view network, const Autn& autn);

}  // namespace keypact::eap
