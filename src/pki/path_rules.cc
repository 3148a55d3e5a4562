#include "pki/path_rules.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

Refusal refusal(const Certificate& certificate, std::string_view rule, std::string sentence) {
  return {certificate.subject(), std::string(rule), std::move(sentence)};
}

/// The purposes that let a certificate speak for an IKE peer. RFC 4945 has ipsecIKE and any; most certificates of gateways were
/// made for TLS.
bool purpose_allows(const Certificate& certificate) {
  auto* const purposes =
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate.native(), NID_ext_key_usage, nullptr, nullptr));
  crypto::forget_openssl_errors();
  if (purposes == nullptr) return true;  // a malformed one was refused when the certificate was read
  bool allowed = false;
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes); ++i) {
    const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(purposes, i));
    allowed |=
        nid == NID_anyExtendedKeyUsage || nid == NID_ipsec_IKE || nid == NID_server_auth || nid == NID_client_auth;
  }
  EXTENDED_KEY_USAGE_free(purposes);
  return allowed;
}

bool usage_allows(const Certificate& certificate) {
  const auto usage = X509_get_key_usage(certificate.native());
  return usage == UINT32_MAX || (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

bool may_sign_certificates(const Certificate& certificate) {
  const auto usage = X509_get_key_usage(certificate.native());
  return usage == UINT32_MAX || (usage & KU_KEY_CERT_SIGN) != 0;
}

/// The hash of a certificate's signature; that of EdDSA is its own.
struct PathHash {
  int nid;
  HashAlgorithm hash;
};
constexpr PathHash kPathHashes[] = {{NID_sha1, HashAlgorithm::SHA1},
                                    {NID_sha256, HashAlgorithm::SHA2_256},
                                    {NID_sha384, HashAlgorithm::SHA2_384},
                                    {NID_sha512, HashAlgorithm::SHA2_512},
                                    {NID_undef, HashAlgorithm::IDENTITY}};

std::optional<Refusal> check_hash(const Certificate& certificate, const Certificate& issuer,
                                  const AuthConstraints& constraints) {
  int hash = NID_undef;
  int key = NID_undef;
  if (X509_get_signature_info(certificate.native(), &hash, &key, nullptr, nullptr) != 1) {
    crypto::forget_openssl_errors();
    return refusal(certificate, "RFC 5280 §4.1.1.2", "its signature algorithm is not known");
  }
  if (hash == NID_sha1 || hash == NID_md5 || hash == NID_md4 || hash == NID_md2 || hash == NID_md5_sha1)
    return refusal(certificate, "RFC 8247 §3.2",
                   std::string("it is signed over ") + OBJ_nid2ln(hash) + ", which can be forged");
  const auto* const known = std::ranges::find(kPathHashes, hash, &PathHash::nid);
  const auto value = known == std::end(kPathHashes) ? HashAlgorithm{} : known->hash;
  if (!constraints.allows_in_path(issuer.public_key().type(), value, key == NID_rsassaPss))
    return refusal(certificate, "configuration",
                   "its signature is none that the configuration allows for certificates");
  return std::nullopt;
}

struct Rule {
  int error;
  std::string_view rule;
  std::string_view sentence;
};
constexpr Rule kRules[] = {
    {X509_V_ERR_CERT_NOT_YET_VALID, "RFC 5280 §4.1.2.5", "it is not valid yet"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "RFC 5280 §4.1.2.5", "it has expired"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "RFC 5280 §6.1.3", "its issuer's key did not sign it"},
    {X509_V_ERR_INVALID_CA, "RFC 5280 §4.2.1.9", "it issued a certificate and is no CA"},
    {X509_V_ERR_INVALID_NON_CA, "RFC 5280 §4.2.1.9", "it issued a certificate and is no CA"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "RFC 5280 §4.2.1.9", "more CAs follow it than its path length allows"},
    {X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, "RFC 5280 §4.2.1.9", "it has a path length and is no CA"},
    {X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, "RFC 5280 §4.2.1.9",
     "it has a path length and may not sign certificates"},
    {X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, "RFC 5280 §4.2.1.3",
     "its key usage has keyCertSign and it is no CA"},
    {X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, "RFC 5280 §4.2.1.3", "it is a CA without a key usage"},
    {X509_V_ERR_PERMITTED_VIOLATION, "RFC 5280 §4.2.1.10", "a name in it is outside of what a CA above it may certify"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "RFC 5280 §4.2.1.10", "a name in it is one that a CA above it must not certify"},
    {X509_V_ERR_SUBTREE_MINMAX, "RFC 5280 §4.2.1.10", "name constraints above it have a minimum or a maximum"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "RFC 5280 §4.2.1.10",
     "name constraints above it limit a type of name that cannot be checked"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "RFC 5280 §4.2.1.10", "name constraints above it are malformed"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "RFC 5280 §4.2.1.10", "a name in it is malformed"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "RFC 5280 §4.2", "it has a critical extension that is not known here"},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, "RFC 5280 §6.1.3", "its certificate policies are malformed"},
    {X509_V_ERR_NO_EXPLICIT_POLICY, "RFC 5280 §6.1.5", "a CA above it asks for a certificate policy that it has not"},
    {X509_V_ERR_UNNESTED_RESOURCE, "RFC 3779 §2.3", "addresses in it are outside of those of the CA above it"},
    {X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, "RFC 4945 §5.1.3", "it is a proxy certificate"},
    {X509_V_ERR_SUBJECT_NAME_EMPTY, "RFC 5280 §4.1.2.6", "it is a CA without a name"},
    {X509_V_ERR_ISSUER_NAME_EMPTY, "RFC 5280 §4.1.2.4", "its issuer has no name"},
    {X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, "RFC 5280 §4.1.2.6",
     "it has no subject and its alternative name is not critical"},
    {X509_V_ERR_EMPTY_SUBJECT_ALT_NAME, "RFC 5280 §4.2.1.6", "its alternative name is empty"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, "RFC 5280 §4.1.1.2",
     "it was signed with another kind of key than its issuer's"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, "RFC 5280 §4.1.1.2", "it names two different signature algorithms"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "RFC 8247 §3.1", "its key is too short"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "RFC 8247 §3.1", "its key is too short"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "RFC 8247 §3.2", "the hash of its signature can be forged"},
};

/// What RFC 5280 tells CAs to write and does not let those who validate refuse.
bool is_advice_for_cas(int error) {
  return error == X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER || error == X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER ||
         error == X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL || error == X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL ||
         error == X509_V_ERR_CA_BCONS_NOT_CRITICAL || error == X509_V_ERR_CA_CERT_MISSING_KEY_USAGE;
}

int decide(int good, X509_STORE_CTX* context) {
  if (good == 1 || !is_advice_for_cas(X509_STORE_CTX_get_error(context))) return good;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

bool names_policy(const Certificate& certificate, std::string_view oid, bool or_any) {
  const std::unique_ptr<CERTIFICATEPOLICIES, decltype(&CERTIFICATEPOLICIES_free)> policies(
      static_cast<CERTIFICATEPOLICIES*>(
          X509_get_ext_d2i(certificate.native(), NID_certificate_policies, nullptr, nullptr)),
      CERTIFICATEPOLICIES_free);
  crypto::forget_openssl_errors();
  for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
    const auto* const id = sk_POLICYINFO_value(policies.get(), i)->policyid;
    std::array<char, 256> text{};
    const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), id, 1);
    if (size > 0 && size < static_cast<int>(text.size()) && oid == text.data()) return true;
    if (or_any && OBJ_obj2nid(id) == NID_any_policy) return true;
  }
  return false;
}

Refusal refusal_of(X509_STORE_CTX* context, std::span<const Certificate> path) {
  const int error = X509_STORE_CTX_get_error(context);
  const auto depth = static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(context)));
  const auto& certificate = path[std::min(depth, path.size() - 1)];
  const auto* const rule = std::ranges::find(kRules, error, &Rule::error);
  if (rule != std::end(kRules)) return refusal(certificate, rule->rule, std::string(rule->sentence));
  return refusal(certificate, "RFC 5280 §6.1", std::string("OpenSSL says: ") + X509_verify_cert_error_string(error));
}

}  // namespace

std::optional<Refusal> check_usages(std::span<const Certificate> path, const AuthConstraints& constraints) {
  const auto& end_entity = path.front();
  if (!constraints.allows_key(end_entity.public_key()))
    return refusal(end_entity, "configuration", "its key is none that the configuration allows");
  if (!usage_allows(end_entity))
    return refusal(end_entity, "RFC 4945 §5.1.3.2", "its key usage has neither digitalSignature nor nonRepudiation");
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!purpose_allows(path[i]))
      return refusal(path[i], "RFC 4945 §5.1.3.12",
                     "its extended key usage has none of ipsecIKE, anyExtendedKeyUsage, serverAuth and clientAuth");
    if (path[i + 1].is_ca() && !may_sign_certificates(path[i + 1]))
      return refusal(path[i + 1], "RFC 5280 §4.2.1.3", "it issued a certificate and its key usage lacks keyCertSign");
    if (auto refused = check_hash(path[i], path[i + 1], constraints)) return refused;
  }
  return std::nullopt;
}

bool is_of_policy(std::span<const Certificate> path, std::string_view oid) {
  if (!names_policy(path.front(), oid, false)) return false;
  const auto between = path.size() > 2 ? path.subspan(1, path.size() - 2) : std::span<const Certificate>();
  return std::ranges::all_of(between, [&](const auto& authority) { return names_policy(authority, oid, true); });
}

std::optional<Refusal> check_path(std::span<const Certificate> path, std::int64_t now) {
  const X509Handle<x509_store_st> store(X509_STORE_new());
  const X509Handle<x509_store_ctx_st> context(X509_STORE_CTX_new());
  const X509Handle<stack_st_X509> between(sk_X509_new_null());
  bool ready = store && context && between && X509_STORE_add_cert(store.get(), path.back().native()) == 1;
  for (std::size_t i = 1; ready && i + 1 < path.size(); ++i)
    ready = X509_add_cert(between.get(), path[i].native(), X509_ADD_FLAG_UP_REF) == 1;
  ready = ready && X509_STORE_CTX_init(context.get(), store.get(), path.front().native(), between.get()) == 1;
  if (!ready) return refusal(path.front(), "RFC 5280 §6.1", "OpenSSL has no memory for it");
  auto* const parameters = X509_STORE_CTX_get0_param(context.get());
  // An intermediate CA can be the anchor; certificate policies are looked at, as some CA may ask for them.
  X509_VERIFY_PARAM_set_flags(parameters,
                              X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK);
  X509_VERIFY_PARAM_set_time(parameters, now);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(path.size()));
  X509_VERIFY_PARAM_set_auth_level(parameters, 1);
  X509_STORE_CTX_set_verify_cb(context.get(), decide);
  const bool good = X509_verify_cert(context.get()) == 1;
  crypto::forget_openssl_errors();
  if (!good) return refusal_of(context.get(), path);
  // What was validated has to be the path that was found.
  const auto* const validated = X509_STORE_CTX_get0_chain(context.get());
  bool same = sk_X509_num(validated) == static_cast<int>(path.size());
  for (std::size_t i = 0; same && i < path.size(); ++i)
    same = X509_cmp(sk_X509_value(validated, static_cast<int>(i)), path[i].native()) == 0;
  if (!same) return refusal(path.front(), "RFC 5280 §6.1", "OpenSSL took another path than the one that was found");
  return std::nullopt;
}

}  // namespace keypact::pki
