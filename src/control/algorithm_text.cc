#include "control/algorithm_text.h"

#include <array>

namespace keypact::control {

namespace {

struct Name {
  TransformType type;
  std::uint16_t id;
  std::string_view vici;
};

constexpr Name encr(EncryptionId id, std::string_view vici) {
  return {TransformType::ENCR, static_cast<std::uint16_t>(id), vici};
}
constexpr Name ke(KeyExchangeMethod id, std::string_view vici) {
  return {TransformType::KE, static_cast<std::uint16_t>(id), vici};
}

/// Where charon's name is not IANA's without its prefix.
constexpr std::array kOwnNames{
    encr(EncryptionId::ENCR_DES, "DES_CBC"),
    encr(EncryptionId::ENCR_3DES, "3DES_CBC"),
    encr(EncryptionId::ENCR_CAST, "CAST_CBC"),
    encr(EncryptionId::ENCR_BLOWFISH, "BLOWFISH_CBC"),
    encr(EncryptionId::ENCR_NULL_AUTH_AES_GMAC, "NULL_AES_GMAC"),
    ke(KeyExchangeMethod::NONE, "KE_NONE"),
    ke(KeyExchangeMethod::MODP_1024_S160, "MODP_1024_160"),
    ke(KeyExchangeMethod::MODP_2048_S224, "MODP_2048_224"),
    ke(KeyExchangeMethod::MODP_2048_S256, "MODP_2048_256"),
    ke(KeyExchangeMethod::BRAINPOOL_P224R1, "ECP_224_BP"),
    ke(KeyExchangeMethod::BRAINPOOL_P256R1, "ECP_256_BP"),
    ke(KeyExchangeMethod::BRAINPOOL_P384R1, "ECP_384_BP"),
    ke(KeyExchangeMethod::BRAINPOOL_P512R1, "ECP_512_BP"),
    ke(KeyExchangeMethod::CURVE25519, "CURVE_25519"),
    ke(KeyExchangeMethod::CURVE448, "CURVE_448"),
};

bool is_key_exchange(TransformType type) {
  return type == TransformType::KE || (type >= TransformType::ADDKE1 && type <= TransformType::ADDKE7);
}

std::string without_prefix(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

}  // namespace

std::string vici_name(const Transform& transform) {
  const auto type = is_key_exchange(transform.type) ? TransformType::KE : transform.type;
  for (const auto& name : kOwnNames) {
    if (name.type == type && name.id == transform.id) return std::string(name.vici);
  }
  switch (type) {
    case TransformType::ENCR: return without_prefix(to_string(EncryptionId{transform.id}), "ENCR_");
    case TransformType::PRF: return to_string(PrfId{transform.id});
    case TransformType::INTEG: return without_prefix(to_string(IntegrityId{transform.id}), "AUTH_");
    case TransformType::KE: return to_string(KeyExchangeMethod{transform.id});
    default: return to_string(transform);
  }
}

std::string_view vici_name(Mode mode) {
  switch (mode) {
    case Mode::tunnel: return "TUNNEL";
    case Mode::transport: return "TRANSPORT";
    case Mode::beet: return "BEET";
  }
  return "TUNNEL";
}

}  // namespace keypact::control
