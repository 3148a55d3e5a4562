#include "ike/v2/keys.h"

#include "base/check.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/packet_cipher.h"

namespace keypact::ike::v2 {
namespace {

/// RFC 7296 §2.14: with these two PRFs only the first 64 bits of each nonce enter SKEYSEED.
bool takes_first_nonce_octets_only(PrfId prf) { return prf == PrfId::PRF_AES128_XCBC || prf == PrfId::PRF_AES128_CMAC; }

Secret skeyseed(crypto::Library& library, PrfId prf, const Nonces& nonces, OctetView shared_secret) {
  constexpr std::size_t kFirst = 8;
  const bool short_nonces = takes_first_nonce_octets_only(prf);
  Octets key = to_octets(short_nonces ? nonces.initiator.first(kFirst) : nonces.initiator);
  append(key, short_nonces ? nonces.responder.first(kFirst) : nonces.responder);
  return crypto::prf(library, prf, key, {shared_secret});
}

/// Cuts keys one after the other from keying material that was made exactly long enough.
class KeyCutter {
 public:
  explicit KeyCutter(const Secret& material) : reader_(material.reveal()) {}
  Secret take(std::size_t octets) {
    const auto view = reader_.octets(octets);
    CHECK(view.has_value());
    return Secret::copy_of(*view);
  }

 private:
  Reader reader_;
};

}  // namespace

PrfId prf_of(const Proposal& chosen) {
  for (const auto& transform : chosen.transforms)
    if (transform.type == TransformType::PRF) return static_cast<PrfId>(transform.id);
  return {};
}

namespace {

IkeKeys expand(crypto::Library& library, const Secret& seed, const Proposal& chosen, const Nonces& nonces,
               IkeSpi initiator_spi, IkeSpi responder_spi) {
  IkeKeys keys;
  keys.prf = prf_of(chosen);
  keys.initiator.algorithms = keys.responder.algorithms = packet_algorithms(chosen);
  const auto sizes = crypto::packet_sizes(keys.initiator.algorithms);
  const auto prf_octets = crypto::prf_octets(keys.prf);

  Writer spis;
  spis.u64(initiator_spi.value);
  spis.u64(responder_spi.value);
  // {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
  const auto material =
      crypto::prf_plus(library, keys.prf, seed.reveal(), {nonces.initiator, nonces.responder, spis.view()},
                       3 * prf_octets + 2 * (sizes.integrity_key + sizes.encryption_key));
  KeyCutter cutter(material);
  keys.d = SkD(cutter.take(prf_octets));
  keys.initiator.integrity = cutter.take(sizes.integrity_key);
  keys.responder.integrity = cutter.take(sizes.integrity_key);
  keys.initiator.encryption = cutter.take(sizes.encryption_key);
  keys.responder.encryption = cutter.take(sizes.encryption_key);
  keys.pi = SkP(cutter.take(prf_octets));
  keys.pr = SkP(cutter.take(prf_octets));
  return keys;
}

}  // namespace

IkeKeys derive_ike_keys(crypto::Library& library, const Proposal& chosen, const Nonces& nonces, OctetView shared_secret,
                        IkeSpi initiator_spi, IkeSpi responder_spi) {
  const auto seed = skeyseed(library, prf_of(chosen), nonces, shared_secret);
  return expand(library, seed, chosen, nonces, initiator_spi, responder_spi);
}

IkeKeys derive_rekeyed_ike_keys(crypto::Library& library, PrfId old_prf, const SkD& old_d, const Proposal& chosen,
                                const Nonces& nonces, const SharedSecrets& secrets, IkeSpi initiator_spi,
                                IkeSpi responder_spi) {
  // SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr [| SK(1) | ... | SK(n)]), with the PRF of the old IKE SA.
  const auto seed = crypto::prf(library, old_prf, old_d.reveal(),
                                {secrets.first, nonces.initiator, nonces.responder, secrets.additional});
  return expand(library, seed, chosen, nonces, initiator_spi, responder_spi);
}

IkeKeys derive_updated_ike_keys(crypto::Library& library, const IkeKeys& before, const Proposal& chosen,
                                const Nonces& nonces, OctetView shared_secret, IkeSpi initiator_spi,
                                IkeSpi responder_spi) {
  // SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr): as for an IKE SA that is rekeyed, but its SPIs stay.
  return derive_rekeyed_ike_keys(library, before.prf, before.d, chosen, nonces, {shared_secret}, initiator_spi,
                                 responder_spi);
}

PpkKeys mix_ppk(crypto::Library& library, const IkeKeys& keys, OctetView ppk) {
  const auto octets = crypto::prf_octets(keys.prf);
  const auto mixed = [&](OctetView key) { return crypto::prf_plus(library, keys.prf, ppk, {key}, octets); };
  return {SkD(mixed(keys.d.reveal())), SkP(mixed(keys.pi.reveal())), SkP(mixed(keys.pr.reveal()))};
}

IkeKeys derive_ike_keys_with_ppk(crypto::Library& library, const IkeKeys& before, const Proposal& chosen,
                                 const Nonces& nonces, OctetView ppk, IkeSpi initiator_spi, IkeSpi responder_spi) {
  const auto seed = crypto::prf_plus(library, before.prf, ppk, {before.d.reveal()}, crypto::prf_octets(before.prf));
  return expand(library, seed, chosen, nonces, initiator_spi, responder_spi);
}

ChildKeys derive_child_keys(crypto::Library& library, PrfId prf, const SkD& d, const PacketAlgorithms& algorithms,
                            const Nonces& nonces, const SharedSecrets& secrets) {
  const auto sizes = crypto::packet_sizes(algorithms);
  // KEYMAT = prf+(SK_d, [ g^ir (new) | ] Ni | Nr [| SK(1) | ... | SK(n)]): all keys of the initiator's direction first,
  // encryption before integrity.
  const auto material = crypto::prf_plus(library, prf, d.reveal(),
                                         {secrets.first, nonces.initiator, nonces.responder, secrets.additional},
                                         2 * (sizes.encryption_key + sizes.integrity_key));
  KeyCutter cutter(material);
  ChildKeys keys;
  for (auto* direction : {&keys.initiator, &keys.responder}) {
    direction->algorithms = algorithms;
    direction->encryption = cutter.take(sizes.encryption_key);
    direction->integrity = cutter.take(sizes.integrity_key);
  }
  return keys;
}

}  // namespace keypact::ike::v2
