#include "proto/proposal.h"

#include <algorithm>

namespace keypact {
namespace {

template <class Enumeration>
Transform make(TransformType type, Enumeration id, std::optional<std::uint16_t> key_bits = std::nullopt) {
  return {type, static_cast<std::uint16_t>(id), key_bits};
}

std::string id_name(const Transform& transform) {
  switch (transform.type) {
    case TransformType::ENCR: return to_string(static_cast<EncryptionId>(transform.id));
    case TransformType::PRF: return to_string(static_cast<PrfId>(transform.id));
    case TransformType::INTEG: return to_string(static_cast<IntegrityId>(transform.id));
    case TransformType::SN: return to_string(static_cast<SequenceNumbers>(transform.id));
    case TransformType::KE:
    case TransformType::ADDKE1:
    case TransformType::ADDKE2:
    case TransformType::ADDKE3:
    case TransformType::ADDKE4:
    case TransformType::ADDKE5:
    case TransformType::ADDKE6:
    case TransformType::ADDKE7: return to_string(static_cast<KeyExchangeMethod>(transform.id));
    default: return to_string(transform.type) + '(' + std::to_string(transform.id) + ')';
  }
}

}  // namespace

Transform encryption(EncryptionId id, std::optional<std::uint16_t> key_bits) {
  return make(TransformType::ENCR, id, key_bits);
}
Transform prf(PrfId id) { return make(TransformType::PRF, id); }
Transform integrity(IntegrityId id) { return make(TransformType::INTEG, id); }
Transform key_exchange(KeyExchangeMethod method) { return make(TransformType::KE, method); }
Transform sequence_numbers(SequenceNumbers value) { return make(TransformType::SN, value); }

std::string to_string(const Transform& transform) {
  std::string text = id_name(transform);
  if (transform.key_bits) text += '-' + std::to_string(*transform.key_bits);
  return text;
}

bool is_aead(EncryptionId id) {
  switch (id) {
    case EncryptionId::ENCR_AES_CCM_8:
    case EncryptionId::ENCR_AES_CCM_12:
    case EncryptionId::ENCR_AES_CCM_16:
    case EncryptionId::ENCR_AES_GCM_8:
    case EncryptionId::ENCR_AES_GCM_12:
    case EncryptionId::ENCR_AES_GCM_16:
    case EncryptionId::ENCR_NULL_AUTH_AES_GMAC:
    case EncryptionId::ENCR_CAMELLIA_CCM_8:
    case EncryptionId::ENCR_CAMELLIA_CCM_12:
    case EncryptionId::ENCR_CAMELLIA_CCM_16:
    case EncryptionId::ENCR_CHACHA20_POLY1305:
    case EncryptionId::ENCR_AES_CCM_8_IIV:
    case EncryptionId::ENCR_AES_GCM_16_IIV:
    case EncryptionId::ENCR_CHACHA20_POLY1305_IIV:
    case EncryptionId::ENCR_KUZNYECHIK_MGM_KTREE:
    case EncryptionId::ENCR_MAGMA_MGM_KTREE:
    case EncryptionId::ENCR_KUZNYECHIK_MGM_MAC_KTREE:
    case EncryptionId::ENCR_MAGMA_MGM_MAC_KTREE: return true;
    default: return false;
  }
}

std::vector<Transform> Proposal::of_type(TransformType type) const {
  std::vector<Transform> found;
  std::ranges::copy_if(transforms, std::back_inserter(found), [type](const auto& t) { return t.type == type; });
  return found;
}

bool Proposal::has_type(TransformType type) const {
  return std::ranges::any_of(transforms, [type](const auto& t) { return t.type == type; });
}

std::string to_string(const Proposal& proposal) {
  std::string text = to_string(proposal.protocol) + ':';
  TransformType previous{};
  for (const auto& transform : proposal.transforms) {
    if (previous == TransformType{}) text += ' ';
    else text += transform.type == previous ? "|" : " / ";
    text += to_string(transform);
    previous = transform.type;
  }
  return text;
}

}  // namespace keypact
