#include "pki/signature_scheme.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "base/reader.h"
#include "base/writer.h"
#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

using namespace std::string_view_literals;

// RFC 7427 §A.1 to §A.4, RFC 8420 §A. RSASSA-PSS as RFC 7427 §A.4.3 with each hash and its length, but without the trailer field, which has
// its default value there: DER leaves it out, as strongSwan does, and libreswan compares octets.
constexpr auto kRsaSha1 = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00"sv;
constexpr auto kRsaSha256 = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"sv;
constexpr auto kRsaSha384 = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"sv;
constexpr auto kRsaSha512 = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"sv;
#define KEYPACT_PSS(hash, salt)                                                                                       \
  "\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34"                                                      \
  "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" hash                                                     \
  "\x05\x00"                                                                                                          \
  "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" hash \
  "\x05\x00"                                                                                                          \
  "\xa2\x03\x02\x01" salt ""sv
constexpr auto kPssSha256 = KEYPACT_PSS("\x01", "\x20");
constexpr auto kPssSha384 = KEYPACT_PSS("\x02", "\x30");
constexpr auto kPssSha512 = KEYPACT_PSS("\x03", "\x40");
#undef KEYPACT_PSS
constexpr auto kEcdsaSha256 = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"sv;
constexpr auto kEcdsaSha384 = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"sv;
constexpr auto kEcdsaSha512 = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"sv;
constexpr auto kEd25519 = "\x30\x05\x06\x03\x2b\x65\x70"sv;
constexpr auto kEd448 = "\x30\x05\x06\x03\x2b\x65\x71"sv;

constexpr auto kDigital = AuthMethod::DIGITAL_SIGNATURE;
using enum SignatureForm;

constexpr std::array<SignatureScheme, 16> kSchemes = {{
    {"RSASSA-PSS with SHA2_256", kDigital, rsa_pss, KeyType::rsa, HashAlgorithm::SHA2_256, 0, kPssSha256},
    {"RSASSA-PSS with SHA2_384", kDigital, rsa_pss, KeyType::rsa, HashAlgorithm::SHA2_384, 0, kPssSha384},
    {"RSASSA-PSS with SHA2_512", kDigital, rsa_pss, KeyType::rsa, HashAlgorithm::SHA2_512, 0, kPssSha512},
    {"RSA PKCS#1 v1.5 with SHA2_256", kDigital, rsa_pkcs1, KeyType::rsa, HashAlgorithm::SHA2_256, 0, kRsaSha256},
    {"RSA PKCS#1 v1.5 with SHA2_384", kDigital, rsa_pkcs1, KeyType::rsa, HashAlgorithm::SHA2_384, 0, kRsaSha384},
    {"RSA PKCS#1 v1.5 with SHA2_512", kDigital, rsa_pkcs1, KeyType::rsa, HashAlgorithm::SHA2_512, 0, kRsaSha512},
    {"RSA PKCS#1 v1.5 with SHA1", kDigital, rsa_pkcs1, KeyType::rsa, HashAlgorithm::SHA1, 0, kRsaSha1},
    {"ECDSA with SHA2_256", kDigital, ecdsa_der, KeyType::ecdsa, HashAlgorithm::SHA2_256, 0, kEcdsaSha256},
    {"ECDSA with SHA2_384", kDigital, ecdsa_der, KeyType::ecdsa, HashAlgorithm::SHA2_384, 0, kEcdsaSha384},
    {"ECDSA with SHA2_512", kDigital, ecdsa_der, KeyType::ecdsa, HashAlgorithm::SHA2_512, 0, kEcdsaSha512},
    {"Ed25519", kDigital, eddsa, KeyType::ed25519, HashAlgorithm::IDENTITY, 0, kEd25519},
    {"Ed448", kDigital, eddsa, KeyType::ed448, HashAlgorithm::IDENTITY, 0, kEd448},
    {"ECDSA with SHA2_256 on P-256",
     AuthMethod::ECDSA_SHA256_P256,
     ecdsa_raw,
     KeyType::ecdsa,
     HashAlgorithm::SHA2_256,
     256,
     {}},
    {"ECDSA with SHA2_384 on P-384",
     AuthMethod::ECDSA_SHA384_P384,
     ecdsa_raw,
     KeyType::ecdsa,
     HashAlgorithm::SHA2_384,
     384,
     {}},
    {"ECDSA with SHA2_512 on P-521",
     AuthMethod::ECDSA_SHA512_P521,
     ecdsa_raw,
     KeyType::ecdsa,
     HashAlgorithm::SHA2_512,
     521,
     {}},
    // RFC 7296 §3.8: method 1 may have any hash in its signature; without an announcement of the peer's it is SHA-1.
    {"RSA Digital Signature with SHA1",
     AuthMethod::RSA_DIGITAL_SIGNATURE,
     rsa_pkcs1,
     KeyType::rsa,
     HashAlgorithm::SHA1,
     0,
     {}},
}};

struct Sentence {
  SchemeError error;
  std::string_view text;
};

constexpr Sentence kSentences[] = {
    {SchemeError::method_without_signature, "the authentication method is none of a signature that is known here"},
    {SchemeError::data_truncated, "the authentication data ends within its AlgorithmIdentifier"},
    {SchemeError::signature_empty, "the signature is empty"},
    {SchemeError::identifier_of_other_method, "only method 14 has an AlgorithmIdentifier"},
    {SchemeError::identifier_malformed, "the AlgorithmIdentifier is not one value in DER"},
    {SchemeError::algorithm_unknown, "the AlgorithmIdentifier names an algorithm that is not known here"},
    {SchemeError::hash_weak, "the AlgorithmIdentifier names SHA-1 or an older hash"},
    {SchemeError::parameters_not_null, "the parameters of this AlgorithmIdentifier must be NULL"},
    {SchemeError::parameters_not_absent, "the parameters of this AlgorithmIdentifier must be absent"},
    {SchemeError::pss_parameters_malformed, "the parameters of RSASSA-PSS are not in DER"},
    {SchemeError::pss_hash_unknown, "the hash of RSASSA-PSS is none of SHA2_256, SHA2_384 and SHA2_512"},
    {SchemeError::pss_mask_not_mgf1, "the mask generation of RSASSA-PSS is not MGF1"},
    {SchemeError::pss_mask_of_other_hash, "MGF1 of RSASSA-PSS uses another hash than the signature"},
    {SchemeError::pss_salt_length, "the salt of RSASSA-PSS is not as long as its hash"},
    {SchemeError::pss_trailer, "the trailer field of RSASSA-PSS is not 1"},
};

/// Whether encoding the object again gives these octets: d2i takes BER, an AUTH payload must be DER.
template <class T, class Encode>
bool encodes_to(T* object, OctetView der, Encode encode) {
  unsigned char* encoded = nullptr;
  const int size = encode(object, &encoded);
  if (size < 0) return false;
  const bool same = same_octets({encoded, static_cast<std::size_t>(size)}, der);
  OPENSSL_free(encoded);
  return same;
}

X509Handle<X509_algor_st> parse_algorithm(OctetView der) {
  const auto* at = der.data();
  X509Handle<X509_algor_st> algorithm(d2i_X509_ALGOR(nullptr, &at, static_cast<long>(der.size())));
  crypto::forget_openssl_errors();
  if (!algorithm || !encodes_to(algorithm.get(), der, i2d_X509_ALGOR)) return nullptr;
  return algorithm;
}

struct Parts {
  int nid;
  int parameter_type;  ///< V_ASN1_UNDEF: absent
  OctetView sequence;  ///< the parameters, when they are a SEQUENCE
};

Parts parts_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  const void* value = nullptr;
  Parts parts{NID_undef, V_ASN1_UNDEF, {}};
  X509_ALGOR_get0(&object, &parts.parameter_type, &value, algorithm);
  parts.nid = OBJ_obj2nid(object);
  if (parts.parameter_type == V_ASN1_SEQUENCE) {
    const auto* sequence = static_cast<const ASN1_STRING*>(value);
    parts.sequence = {ASN1_STRING_get0_data(sequence), static_cast<std::size_t>(ASN1_STRING_length(sequence))};
  }
  return parts;
}

struct PssHash {
  int nid;
  long octets;
  std::string_view identifier;
};
constexpr PssHash kPssHashes[] = {
    {NID_sha256, 32, kPssSha256}, {NID_sha384, 48, kPssSha384}, {NID_sha512, 64, kPssSha512}};

bool null_or_absent(const Parts& parts) {
  return parts.parameter_type == V_ASN1_NULL || parts.parameter_type == V_ASN1_UNDEF;
}

/// RFC 8017 §A.2.3. What is left out stands for SHA-1 and a salt of 20 octets, which are refused by name.
Result<std::string_view, SchemeError> check_pss(OctetView parameters) {
  const auto* at = parameters.data();
  const X509Handle<rsa_pss_params_st> pss(d2i_RSA_PSS_PARAMS(nullptr, &at, static_cast<long>(parameters.size())));
  crypto::forget_openssl_errors();
  if (!pss || !encodes_to(pss.get(), parameters, i2d_RSA_PSS_PARAMS))
    return failure(SchemeError::pss_parameters_malformed);
  if (pss->hashAlgorithm == nullptr) return failure(SchemeError::hash_weak);
  const auto hash = parts_of(pss->hashAlgorithm);
  if (hash.nid == NID_sha1 || hash.nid == NID_md5) return failure(SchemeError::hash_weak);
  const auto known = std::ranges::find(kPssHashes, hash.nid, &PssHash::nid);
  if (known == std::end(kPssHashes) || !null_or_absent(hash)) return failure(SchemeError::pss_hash_unknown);
  if (pss->maskGenAlgorithm == nullptr) return failure(SchemeError::pss_mask_of_other_hash);
  const auto mask = parts_of(pss->maskGenAlgorithm);
  if (mask.nid != NID_mgf1) return failure(SchemeError::pss_mask_not_mgf1);
  const auto mask_hash = parse_algorithm(mask.sequence);
  if (!mask_hash) return failure(SchemeError::pss_parameters_malformed);
  const auto mask_parts = parts_of(mask_hash.get());
  if (mask_parts.nid != hash.nid || !null_or_absent(mask_parts)) return failure(SchemeError::pss_mask_of_other_hash);
  std::int64_t number = 0;
  if (pss->saltLength == nullptr || ASN1_INTEGER_get_int64(&number, pss->saltLength) != 1 || number != known->octets) {
    crypto::forget_openssl_errors();
    return failure(SchemeError::pss_salt_length);
  }
  if (pss->trailerField != nullptr && (ASN1_INTEGER_get_int64(&number, pss->trailerField) != 1 || number != 1)) {
    crypto::forget_openssl_errors();
    return failure(SchemeError::pss_trailer);
  }
  return known->identifier;
}

/// The identifier of the table that means the same.
Result<std::string_view, SchemeError> canonical_identifier(OctetView der) {
  const auto algorithm = parse_algorithm(der);
  if (!algorithm) return failure(SchemeError::identifier_malformed);
  const auto parts = parts_of(algorithm.get());
  const bool absent = parts.parameter_type == V_ASN1_UNDEF;
  const auto rsa = [&](std::string_view identifier) -> Result<std::string_view, SchemeError> {
    if (!null_or_absent(parts)) return failure(SchemeError::parameters_not_null);
    return identifier;
  };
  const auto bare = [&](std::string_view identifier) -> Result<std::string_view, SchemeError> {
    if (!absent) return failure(SchemeError::parameters_not_absent);
    return identifier;
  };
  switch (parts.nid) {
    case NID_sha1WithRSAEncryption: return rsa(kRsaSha1);
    case NID_sha256WithRSAEncryption: return rsa(kRsaSha256);
    case NID_sha384WithRSAEncryption: return rsa(kRsaSha384);
    case NID_sha512WithRSAEncryption: return rsa(kRsaSha512);
    case NID_ecdsa_with_SHA256: return bare(kEcdsaSha256);
    case NID_ecdsa_with_SHA384: return bare(kEcdsaSha384);
    case NID_ecdsa_with_SHA512: return bare(kEcdsaSha512);
    case NID_ED25519: return bare(kEd25519);
    case NID_ED448: return bare(kEd448);
    case NID_rsassaPss:
      if (parts.parameter_type != V_ASN1_SEQUENCE) return failure(SchemeError::pss_parameters_malformed);
      return check_pss(parts.sequence);
    case NID_md5WithRSAEncryption:
    case NID_dsaWithSHA1:
    case NID_ecdsa_with_SHA1: return failure(SchemeError::hash_weak);
    default: return failure(SchemeError::algorithm_unknown);
  }
}

}  // namespace

std::string_view name_of(KeyType type) {
  switch (type) {
    case KeyType::rsa: return "RSA";
    case KeyType::ecdsa: return "ECDSA";
    case KeyType::ed25519: return "Ed25519";
    case KeyType::ed448: return "Ed448";
  }
  return {};
}

std::span<const SignatureScheme> signature_schemes() { return kSchemes; }

bool is_weak(const SignatureScheme& scheme) { return scheme.hash == HashAlgorithm::SHA1; }

std::string_view sentence(SchemeError error) {
  const auto found = std::ranges::find(kSentences, error, &Sentence::error);
  return found == std::end(kSentences) ? std::string_view{} : found->text;
}

Result<const SignatureScheme*, SchemeError> find_scheme(AuthMethod method, OctetView algorithm_identifier) {
  if (method == AuthMethod::DIGITAL_SIGNATURE) {
    TRY(const auto canonical, canonical_identifier(algorithm_identifier));
    return &*std::ranges::find(kSchemes, canonical, &SignatureScheme::algorithm_identifier);
  }
  const auto found = std::ranges::find(kSchemes, method, &SignatureScheme::method);
  if (found == kSchemes.end()) return failure(SchemeError::method_without_signature);
  if (!algorithm_identifier.empty()) return failure(SchemeError::identifier_of_other_method);
  return &*found;
}

Octets encode_auth_data(const SignatureScheme& scheme, OctetView signature) {
  Writer writer(1 + scheme.algorithm_identifier.size() + signature.size());
  if (scheme.method == AuthMethod::DIGITAL_SIGNATURE)
    writer.length_prefixed(1, 0, [&](Writer& inner) { inner.text(scheme.algorithm_identifier); });
  writer.octets(signature);
  return std::move(writer).take();
}

Result<AuthData, SchemeError> parse_auth_data(AuthMethod method, OctetView data) {
  Reader reader(data);
  OctetView identifier;
  if (method == AuthMethod::DIGITAL_SIGNATURE) {
    const auto length = reader.u8();
    const auto octets = length ? reader.octets(*length) : std::nullopt;
    if (!octets) return failure(SchemeError::data_truncated);
    identifier = *octets;
  }
  TRY(const auto* scheme, find_scheme(method, identifier));
  const auto signature = reader.rest();
  if (signature.empty()) return failure(SchemeError::signature_empty);
  return AuthData{scheme, signature};
}

}  // namespace keypact::pki
