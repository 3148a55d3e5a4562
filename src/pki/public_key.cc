#include "pki/public_key.h"

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>

#include "pki/signature_digest.h"
#include "pki/x509_handles.h"

namespace keypact::pki {

struct PublicKey::Impl {
  crypto::Handle<evp_pkey_st> key;
  KeyType type = KeyType::rsa;
  Curve curve = Curve::none;
  unsigned bits = 0;
  bool pss_only = false;
  Octets spki;
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> spki_sha1{};
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> key_id{};
};

namespace {

constexpr std::size_t kSpkiOctets = 8192;  // RSA of 16384 bits has 2086

struct NamedCurve {
  int nid;
  Curve curve;
  unsigned bits;
};
constexpr NamedCurve kCurves[] = {
    {NID_X9_62_prime256v1, Curve::p256, 256},
    {NID_secp384r1, Curve::p384, 384},
    {NID_secp521r1, Curve::p521, 521},
    {NID_brainpoolP256r1, Curve::brainpool_p256, 256},
    {NID_brainpoolP384r1, Curve::brainpool_p384, 384},
    {NID_brainpoolP512r1, Curve::brainpool_p512, 512},
};

/// The parts of SubjectPublicKeyInfo before the key in it is looked at.
struct Envelope {
  X509Handle<X509_pubkey_st> object;
  int algorithm = NID_undef;
  int parameter_type = V_ASN1_UNDEF;
  const void* parameters = nullptr;
  OctetView key;
};

Result<Envelope, KeyError> open_envelope(OctetView der) {
  if (der.size() > kSpkiOctets) return failure(KeyError::too_long);
  const auto* at = der.data();
  Envelope envelope;
  envelope.object.reset(d2i_X509_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  crypto::forget_openssl_errors();
  if (!envelope.object || at != der.data() + der.size()) return failure(KeyError::malformed);
  unsigned char* again = nullptr;
  const int size = i2d_X509_PUBKEY(envelope.object.get(), &again);
  const bool exact = size > 0 && same_octets({again, static_cast<std::size_t>(size)}, der);
  OPENSSL_free(again);
  const unsigned char* key = nullptr;
  int key_octets = 0;
  X509_ALGOR* algorithm = nullptr;
  if (!exact || X509_PUBKEY_get0_param(nullptr, &key, &key_octets, &algorithm, envelope.object.get()) != 1)
    return failure(KeyError::malformed);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, &envelope.parameter_type, &envelope.parameters, algorithm);
  envelope.algorithm = OBJ_obj2nid(object);
  envelope.key = {key, static_cast<std::size_t>(key_octets)};
  return envelope;
}

crypto::Handle<bignum_st> number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return crypto::Handle<bignum_st>(number);
}

/// RSAPublicKey in DER, as RFC 8017 §A.1.1 has it. OpenSSL's own parser takes negative numbers for positive ones.
bool is_two_numbers(OctetView der) {
  const auto* at = der.data();
  auto* const members = d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size()));
  crypto::forget_openssl_errors();
  if (members == nullptr) return false;
  unsigned char* again = nullptr;
  const int size = i2d_ASN1_SEQUENCE_ANY(members, &again);
  bool good = size > 0 && same_octets({again, static_cast<std::size_t>(size)}, der) && sk_ASN1_TYPE_num(members) == 2;
  OPENSSL_free(again);
  for (int i = 0; good && i < 2; ++i) {
    const auto* const member = sk_ASN1_TYPE_value(members, i);
    good = member->type == V_ASN1_INTEGER && ASN1_STRING_type(member->value.integer) == V_ASN1_INTEGER;
  }
  sk_ASN1_TYPE_pop_free(members, ASN1_TYPE_free);
  return good;
}

/// RFC 8017 §3.1: n is a product of odd primes, e is odd and at least 3.
Result<void, KeyError> check_rsa(EVP_PKEY* key, OctetView der, KeyLimits limits) {
  if (!is_two_numbers(der)) return failure(KeyError::malformed);
  const auto n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  const auto e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (!n || !e || BN_is_negative(n.get()) != 0 || BN_is_negative(e.get()) != 0) return failure(KeyError::malformed);
  const auto bits = static_cast<unsigned>(BN_num_bits(n.get()));
  if (bits < limits.min_rsa_bits) return failure(KeyError::rsa_modulus_short);
  if (bits > limits.max_rsa_bits) return failure(KeyError::rsa_modulus_long);
  if (BN_is_odd(n.get()) == 0) return failure(KeyError::rsa_modulus_even);
  if (BN_num_bits(e.get()) < 2) return failure(KeyError::rsa_exponent_small);
  if (BN_is_odd(e.get()) == 0) return failure(KeyError::rsa_exponent_even);
  if (BN_num_bits(e.get()) > 64) return failure(KeyError::rsa_exponent_large);
  return {};
}

/// RFC 5480: the curve by its name, the point compressed or not; the hybrid form is not allowed.
Result<const NamedCurve*, KeyError> check_curve(const Envelope& envelope) {
  if (envelope.parameter_type != V_ASN1_OBJECT) return failure(KeyError::ec_parameters_explicit);
  const int nid = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(envelope.parameters));
  const auto* const found = std::ranges::find(kCurves, nid, &NamedCurve::nid);
  if (found == std::end(kCurves)) return failure(KeyError::ec_curve_unsupported);
  if (envelope.key.empty() || envelope.key[0] < 2 || envelope.key[0] > 4) return failure(KeyError::ec_point_invalid);
  return found;
}

std::optional<KeyType> type_of(int algorithm) {
  switch (algorithm) {
    case NID_rsaEncryption:
    case NID_rsassaPss: return KeyType::rsa;
    case NID_X9_62_id_ecPublicKey: return KeyType::ecdsa;
    case NID_ED25519: return KeyType::ed25519;
    case NID_ED448: return KeyType::ed448;
    default: return std::nullopt;
  }
}

bool verify_with_openssl(EVP_PKEY* key, const SignatureScheme& scheme, OctetView message, OctetView signature) {
  const crypto::Handle<evp_md_ctx_st> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  const bool good =
      EVP_DigestVerifyInit_ex(context.get(), &padding, digest_name(scheme), nullptr, nullptr, key, nullptr) == 1 &&
      set_padding(padding, scheme) &&
      // Only 1 is a good signature: 0 is a false one, and there are negative results too.
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  crypto::forget_openssl_errors();
  return good;
}

}  // namespace

Result<PublicKey, KeyError> PublicKey::from_spki(OctetView der, KeyLimits limits) {
  TRY(const auto envelope, open_envelope(der));
  const auto type = type_of(envelope.algorithm);
  if (!type) return failure(KeyError::type_unsupported);
  auto impl = std::make_shared<Impl>();
  impl->type = *type;
  impl->pss_only = envelope.algorithm == NID_rsassaPss;
  if (*type == KeyType::ecdsa) {
    TRY(const auto* curve, check_curve(envelope));
    impl->curve = curve->curve;
    impl->bits = curve->bits;
  }
  impl->key.reset(X509_PUBKEY_get(envelope.object.get()));
  crypto::forget_openssl_errors();
  if (!impl->key) return failure(*type == KeyType::ecdsa ? KeyError::ec_point_invalid : KeyError::malformed);
  if (*type == KeyType::rsa) TRY_VOID(check_rsa(impl->key.get(), envelope.key, limits));
  if (impl->bits == 0) impl->bits = static_cast<unsigned>(EVP_PKEY_get_bits(impl->key.get()));
  impl->spki = to_octets(der);
  SHA1(der.data(), der.size(), impl->spki_sha1.data());
  SHA1(envelope.key.data(), envelope.key.size(), impl->key_id.data());
  return PublicKey(std::move(impl));
}

Result<PublicKey, KeyError> PublicKey::from_pem(std::string_view text, KeyLimits limits) {
  constexpr std::size_t kTextOctets = 4 * kSpkiOctets;
  if (text.size() > kTextOctets) return failure(KeyError::too_long);
  const X509Handle<bio_st> source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  unsigned char* der = nullptr;
  long size = 0;
  const bool found = PEM_bytes_read_bio(&der, &size, nullptr, PEM_STRING_PUBLIC, source.get(), nullptr, nullptr) == 1;
  crypto::forget_openssl_errors();
  if (!found) return failure(KeyError::not_a_public_key);
  auto key = from_spki({der, static_cast<std::size_t>(size)}, limits);
  OPENSSL_free(der);
  return key;
}

KeyType PublicKey::type() const { return impl_->type; }
Curve PublicKey::curve() const { return impl_->curve; }
unsigned PublicKey::bits() const { return impl_->bits; }
bool PublicKey::pss_only() const { return impl_->pss_only; }
OctetView PublicKey::spki() const { return impl_->spki; }
OctetView PublicKey::spki_sha1() const { return impl_->spki_sha1; }
OctetView PublicKey::key_id() const { return impl_->key_id; }

bool PublicKey::fits(const SignatureScheme& scheme) const {
  if (scheme.key != impl_->type) return false;
  if (impl_->pss_only && scheme.form != SignatureForm::rsa_pss) return false;
  switch (scheme.curve_bits) {
    case 0: return true;
    case 256: return impl_->curve == Curve::p256;
    case 384: return impl_->curve == Curve::p384;
    default: return impl_->curve == Curve::p521;
  }
}

Result<void, SignatureError> PublicKey::verify(const SignatureScheme& scheme, OctetView message,
                                               OctetView signature) const {
  if (!fits(scheme)) return failure(SignatureError::scheme_of_other_key);
  const auto longest = static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get()));
  Octets converted;
  if (scheme.form == SignatureForm::ecdsa_raw) {
    if (signature.size() != 2 * scalar_octets(scheme)) return failure(SignatureError::malformed);
    auto der = der_signature(signature);
    if (!der) return failure(SignatureError::malformed);
    converted = std::move(*der);
    signature = converted;
  } else if (scheme.form == SignatureForm::ecdsa_der ? signature.size() > longest : signature.size() != longest) {
    return failure(SignatureError::malformed);
  }
  if (!verify_with_openssl(impl_->key.get(), scheme, message, signature))
    return failure(SignatureError::false_signature);
  return {};
}

std::size_t scalar_octets(const SignatureScheme& scheme) { return (scheme.curve_bits + 7u) / 8u; }

std::optional<Octets> raw_signature(OctetView der, std::size_t octets_of_each) {
  const auto* at = der.data();
  const X509Handle<ECDSA_SIG_st> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  crypto::forget_openssl_errors();
  if (!pair || at != der.data() + der.size()) return std::nullopt;
  Octets raw(2 * octets_of_each);
  const auto each = static_cast<int>(octets_of_each);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), each) != each ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + octets_of_each, each) != each)
    return std::nullopt;
  return raw;
}

std::optional<Octets> der_signature(OctetView raw) {
  if (raw.empty() || raw.size() % 2 != 0 || raw.size() > 1024) return std::nullopt;
  const auto each = static_cast<int>(raw.size() / 2);
  crypto::Handle<bignum_st> r(BN_bin2bn(raw.data(), each, nullptr));
  crypto::Handle<bignum_st> s(BN_bin2bn(raw.data() + each, each, nullptr));
  const X509Handle<ECDSA_SIG_st> pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
  static_cast<void>(r.release());  // the pair owns both now
  static_cast<void>(s.release());
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &encoded);
  if (size <= 0) return std::nullopt;
  Octets der(encoded, encoded + size);
  OPENSSL_free(encoded);
  return der;
}

std::string_view sentence(KeyError error) {
  switch (error) {
    case KeyError::too_long: return "the public key is longer than any key that is taken here";
    case KeyError::malformed: return "the public key is not one SubjectPublicKeyInfo in DER";
    case KeyError::not_a_public_key: return "there is no block PUBLIC KEY in the text";
    case KeyError::type_unsupported: return "the key is none of RSA, ECDSA, Ed25519 and Ed448";
    case KeyError::rsa_modulus_short: return "the RSA modulus is shorter than allowed";
    case KeyError::rsa_modulus_long: return "the RSA modulus is longer than allowed";
    case KeyError::rsa_modulus_even: return "the RSA modulus is even";
    case KeyError::rsa_exponent_even: return "the RSA exponent is even";
    case KeyError::rsa_exponent_small: return "the RSA exponent is less than 3";
    case KeyError::rsa_exponent_large: return "the RSA exponent is longer than 64 bits";
    case KeyError::ec_parameters_explicit: return "the key does not name its curve";
    case KeyError::ec_curve_unsupported:
      return "the curve is none of P-256, P-384, P-521, brainpoolP256r1, brainpoolP384r1 and brainpoolP512r1";
    case KeyError::ec_point_invalid: return "the public point is not on its curve";
  }
  return {};
}

std::string_view sentence(SignatureError error) {
  switch (error) {
    case SignatureError::scheme_of_other_key: return "the signature is of another kind than the key";
    case SignatureError::malformed: return "the signature has another length or form than this key makes";
    case SignatureError::false_signature: return "the signature was not made by this key over these octets";
    case SignatureError::cannot_sign: return "OpenSSL cannot sign with this key";
  }
  return {};
}

}  // namespace keypact::pki
