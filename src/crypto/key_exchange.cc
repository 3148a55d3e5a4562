#include "crypto/key_exchange.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/key_exchange_algorithm.h"
#include "crypto/library_impl.h"

namespace keypact::crypto {
namespace {

using enum KeyExchangeMethod;
using Kind = KeyExchangeKind;

// Exponents of MODP have twice the strength that NIST gives the group, and more (RFC 3526 §8): longer ones only cost time.
// RFC 8247 §2.4: groups 1 and 22 must not be used, 23 and 24 should not and would need a test of the subgroup for each value:
// these four are not here. ECP-192, ECP-224 and Brainpool-224 are weak by their size, as MODP-1024 and MODP-1536 are.
constexpr KeyExchangeInfo kMethods[] = {
    {MODP_1024, Kind::modp, nullptr, 128, 128, 32, true},
    {MODP_1536, Kind::modp, nullptr, 192, 192, 32, true},
    {MODP_2048, Kind::modp, nullptr, 256, 256, 32, false},
    {MODP_3072, Kind::modp, nullptr, 384, 384, 40, false},
    {MODP_4096, Kind::modp, nullptr, 512, 512, 48, false},
    {MODP_6144, Kind::modp, nullptr, 768, 768, 56, false},
    {MODP_8192, Kind::modp, nullptr, 1024, 1024, 64, false},
    {ECP_192, Kind::ec, "prime192v1", 48, 48, 24, true},
    {ECP_224, Kind::ec, "secp224r1", 56, 56, 28, true},
    {ECP_256, Kind::ec, "prime256v1", 64, 64, 32, false},
    {ECP_384, Kind::ec, "secp384r1", 96, 96, 48, false},
    {ECP_521, Kind::ec, "secp521r1", 132, 132, 66, false},
    {BRAINPOOL_P224R1, Kind::ec, "brainpoolP224r1", 56, 56, 28, true},
    {BRAINPOOL_P256R1, Kind::ec, "brainpoolP256r1", 64, 64, 32, false},
    {BRAINPOOL_P384R1, Kind::ec, "brainpoolP384r1", 96, 96, 48, false},
    {BRAINPOOL_P512R1, Kind::ec, "brainpoolP512r1", 128, 128, 64, false},
    {CURVE25519, Kind::montgomery, "X25519", 32, 32, 32, false},
    {CURVE448, Kind::montgomery, "X448", 56, 56, 56, false},
    {ML_KEM_512, Kind::kem, "ML-KEM-512", 800, 768, 64, false},
    {ML_KEM_768, Kind::kem, "ML-KEM-768", 1184, 1088, 64, false},
    {ML_KEM_1024, Kind::kem, "ML-KEM-1024", 1568, 1568, 64, false},
};

}  // namespace

std::string to_string(KeyExchangeError error) {
  switch (error) {
    case KeyExchangeError::method_not_supported: return "the key exchange method is not supported";
    case KeyExchangeError::public_value_length: return "the public value has not the length of the method";
    case KeyExchangeError::public_value_invalid: return "the public value is no element of the group";
    case KeyExchangeError::shared_secret_zero: return "the shared secret is zero: the public value has a small order";
  }
  return "unknown";
}

const KeyExchangeInfo* key_exchange_info(KeyExchangeMethod method) {
  const auto* const found = std::ranges::find(kMethods, method, &KeyExchangeInfo::method);
  return found == std::end(kMethods) ? nullptr : found;
}

std::span<const KeyExchangeInfo> key_exchange_infos() { return kMethods; }

bool is_weak_key_exchange(KeyExchangeMethod method) {
  switch (method) {
    case NONE: return false;
    case MODP_768:
    case MODP_1024_S160:
    case MODP_2048_S224:
    case MODP_2048_S256: return true;
    default: break;
  }
  const auto* const info = key_exchange_info(method);
  return info != nullptr && info->weak;
}

std::unique_ptr<KeyExchangeAlgorithm> make_key_exchange_algorithm(KeyExchangeMethod method) {
  const auto* const info = key_exchange_info(method);
  if (info == nullptr) return nullptr;
  switch (info->kind) {
    case Kind::modp: return make_modp(*info);
    case Kind::ec: return make_ec(*info);
    case Kind::montgomery: return make_montgomery(*info);
    case Kind::kem: return make_kem(*info);
  }
  return nullptr;
}

std::size_t initiator_value_octets(KeyExchangeMethod method) {
  const auto* const info = key_exchange_info(method);
  return info == nullptr ? 0 : info->initiator_value;
}

std::size_t responder_value_octets(KeyExchangeMethod method) {
  const auto* const info = key_exchange_info(method);
  return info == nullptr ? 0 : info->responder_value;
}

KeyExchangeState::KeyExchangeState(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyExchangeState::KeyExchangeState(KeyExchangeState&&) noexcept = default;
KeyExchangeState& KeyExchangeState::operator=(KeyExchangeState&&) noexcept = default;
KeyExchangeState::~KeyExchangeState() = default;

Result<Responded, KeyExchangeError> DiffieHellman::respond(OctetView initiator_value, RandomSource& random) {
  if (!take_peer(initiator_value)) return failure(KeyExchangeError::public_value_invalid);
  KeyExchangeState::Impl state;
  Octets public_value = begin(random, state);
  TRY(Secret shared, derive(state));
  return Responded{std::move(public_value), std::move(shared)};
}

Result<Secret, KeyExchangeError> DiffieHellman::finish(KeyExchangeState::Impl& state, OctetView responder_value) {
  if (!take_peer(responder_value)) return failure(KeyExchangeError::public_value_invalid);
  return derive(state);
}

Result<Begun, KeyExchangeError> begin_key_exchange(Library& library, KeyExchangeMethod method, RandomSource& random) {
  auto* const algorithm = library.impl().key_exchange(method);
  if (algorithm == nullptr) return failure(KeyExchangeError::method_not_supported);
  auto state = std::make_unique<KeyExchangeState::Impl>();
  state->method = method;
  Octets public_value = algorithm->begin(random, *state);
  return Begun{KeyExchangeState(std::move(state)), std::move(public_value)};
}

// The length is checked before anything is computed: it is the one thing that costs nothing and that buffers depend on.
Result<Responded, KeyExchangeError> respond_key_exchange(Library& library, KeyExchangeMethod method,
                                                         OctetView initiator_value, RandomSource& random) {
  auto* const algorithm = library.impl().key_exchange(method);
  if (algorithm == nullptr) return failure(KeyExchangeError::method_not_supported);
  if (initiator_value.size() != initiator_value_octets(method)) return failure(KeyExchangeError::public_value_length);
  return algorithm->respond(initiator_value, random);
}

Result<Secret, KeyExchangeError> finish_key_exchange(Library& library, KeyExchangeState state,
                                                     OctetView responder_value) {
  const auto method = state.impl().method;
  auto* const algorithm = library.impl().key_exchange(method);
  if (algorithm == nullptr) return failure(KeyExchangeError::method_not_supported);
  if (responder_value.size() != responder_value_octets(method)) return failure(KeyExchangeError::public_value_length);
  return algorithm->finish(state.impl(), responder_value);
}

}  // namespace keypact::crypto
