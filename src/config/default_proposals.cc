#include "config/default_proposals.h"

#include <algorithm>

#include "proto/additional_key_exchanges.h"

namespace keypact::config {
namespace {

/// `tolerated`: with HMAC-SHA1 too, which is in proposals of its own behind all others: a peer may offer its proposal with SHA-1
/// before the better ones.
enum class Role : std::uint8_t { offer, acceptable, tolerated };

void add_key_exchanges(Proposal& proposal, Role role) {
  using enum KeyExchangeMethod;
  for (const auto method : {CURVE25519, ECP_256, ECP_384, MODP_3072, MODP_2048})
    proposal.transforms.push_back(key_exchange(method));
  if (role == Role::offer) return;
  for (const auto method : {ECP_521, MODP_4096}) proposal.transforms.push_back(key_exchange(method));
}

/// RFC 9370 §2.2.1: the offer in a proposal of its own, which peers that do not know the type pass over; as responder only where the peer
/// wants it.
void add_ml_kem(Proposal& proposal, Role role) {
  const auto add = [&](KeyExchangeMethod method) {
    proposal.transforms.push_back({TransformType::ADDKE1, static_cast<std::uint16_t>(method), std::nullopt});
  };
  add(KeyExchangeMethod::ML_KEM_768);
  if (role == Role::offer) return;
  for (const auto method : {KeyExchangeMethod::ML_KEM_1024, KeyExchangeMethod::ML_KEM_512, KeyExchangeMethod::NONE})
    add(method);
}

void add_aead_ciphers(Proposal& proposal) {
  proposal.transforms.push_back(encryption(EncryptionId::ENCR_AES_GCM_16, 256));
  proposal.transforms.push_back(encryption(EncryptionId::ENCR_AES_GCM_16, 128));
  proposal.transforms.push_back(encryption(EncryptionId::ENCR_CHACHA20_POLY1305));
}

void add_cbc_ciphers(Proposal& proposal) {
  proposal.transforms.push_back(encryption(EncryptionId::ENCR_AES_CBC, 256));
  proposal.transforms.push_back(encryption(EncryptionId::ENCR_AES_CBC, 128));
}

void add_integrity(Proposal& proposal, Role role) {
  using enum IntegrityId;
  for (const auto id : {AUTH_HMAC_SHA2_256_128, AUTH_HMAC_SHA2_384_192, AUTH_HMAC_SHA2_512_256})
    proposal.transforms.push_back(integrity(id));
  if (role == Role::tolerated) proposal.transforms.push_back(integrity(AUTH_HMAC_SHA1_96));
}

void add_prfs(Proposal& proposal, Role role) {
  using enum PrfId;
  for (const auto id : {PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_512})
    proposal.transforms.push_back(prf(id));
  if (role == Role::tolerated) proposal.transforms.push_back(prf(PRF_HMAC_SHA1));
}

/// What an ESP proposal has after its algorithms: PFS if the peer wants, and both lengths of sequence numbers.
void add_esp_options(Proposal& proposal, Role role) {
  add_key_exchanges(proposal, role);
  proposal.transforms.push_back(key_exchange(KeyExchangeMethod::NONE));
  proposal.transforms.push_back(sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT));
  proposal.transforms.push_back(sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT));
}

std::vector<Proposal> ike(Role role) {
  Proposal aead{ProtocolId::IKE, {}};
  add_aead_ciphers(aead);
  add_prfs(aead, role);
  add_key_exchanges(aead, role);
  Proposal classic{ProtocolId::IKE, {}};
  add_cbc_ciphers(classic);
  add_prfs(classic, role);
  add_integrity(classic, role);
  add_key_exchanges(classic, role);
  if (role == Role::offer) {
    auto hybrid = aead;
    add_ml_kem(hybrid, role);
    return {std::move(hybrid), std::move(aead), std::move(classic)};
  }
  if (role == Role::acceptable)
    for (auto* proposal : {&aead, &classic}) add_ml_kem(*proposal, role);
  return {std::move(aead), std::move(classic)};
}

std::vector<Proposal> esp(Role role) {
  Proposal aead{ProtocolId::ESP, {}};
  add_aead_ciphers(aead);
  add_esp_options(aead, role);
  Proposal classic{ProtocolId::ESP, {}};
  add_cbc_ciphers(classic);
  add_integrity(classic, role);
  add_esp_options(classic, role);
  return {std::move(aead), std::move(classic)};
}

std::vector<Proposal> ah() {
  Proposal proposal{ProtocolId::AH, {}};
  add_integrity(proposal, Role::offer);
  add_esp_options(proposal, Role::offer);
  return {std::move(proposal)};
}

std::vector<Proposal> joined(std::vector<Proposal> first, std::vector<Proposal> then) {
  std::ranges::move(then, std::back_inserter(first));
  return first;
}

bool always_usable(const Transform& transform) {
  // Identifier 0 is NONE for key exchange and integrity.
  return transform.type == TransformType::SN || (transform.id == 0 && transform.type != TransformType::ENCR);
}

}  // namespace

std::vector<Proposal> default_ike_offer() { return ike(Role::offer); }
std::vector<Proposal> default_ike_acceptable() { return joined(ike(Role::acceptable), ike(Role::tolerated)); }
std::vector<Proposal> default_esp_offer() { return esp(Role::offer); }
std::vector<Proposal> default_esp_acceptable() {
  // Without integrity to tolerate, the AEAD ciphers are in there already.
  return joined(esp(Role::acceptable), {esp(Role::tolerated).back()});
}

std::vector<Proposal> without_additional_key_exchanges(const std::vector<Proposal>& proposals) {
  return restrict_to(proposals, [](const Transform& transform) { return !is_additional_key_exchange(transform.type); });
}

std::vector<Proposal> default_ah_offer() { return ah(); }

std::vector<Proposal> restrict_to(const std::vector<Proposal>& proposals,
                                  const std::function<bool(const Transform&)>& usable) {
  std::vector<Proposal> kept;
  for (const auto& proposal : proposals) {
    Proposal reduced{proposal.protocol, {}};
    for (const auto& transform : proposal.transforms)
      if (always_usable(transform) || usable(transform)) reduced.transforms.push_back(transform);
    const bool complete = std::ranges::all_of(proposal.transforms,
                                              [&](const auto& transform) { return reduced.has_type(transform.type); });
    if (!complete || reduced.transforms.empty()) continue;
    // RFC 7296 §3.3.6: whoever does not know the type refuses the proposal, so it is not there when it says nothing.
    std::erase_if(reduced.transforms, [&](const Transform& transform) {
      return is_additional_key_exchange(transform.type) && transform.id == 0 &&
             reduced.of_type(transform.type).size() == 1;
    });
    kept.push_back(std::move(reduced));
  }
  return kept;
}

}  // namespace keypact::config
