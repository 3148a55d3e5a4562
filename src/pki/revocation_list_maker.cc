#include "pki/revocation_list_maker.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/signing.h"
#include "pki/x509_handles.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

X509Handle<asn1_string_st> time_at(std::int64_t seconds) {
  return X509Handle<asn1_string_st>(ASN1_TIME_set(nullptr, seconds));
}

bool set_reason(X509_REVOKED* entry, int reason) {
  // RFC 5280 §5.3.1: the code for no reason is left out.
  if (reason == 0) return true;
  const X509Handle<asn1_string_st> code(ASN1_ENUMERATED_new());
  return code && ASN1_ENUMERATED_set(code.get(), reason) == 1 &&
         X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool add_entry(X509_CRL* list, const RevokedCertificate& revoked) {
  const auto serial = asn1_integer(revoked.serial);
  const auto when = time_at(revoked.when);
  X509_REVOKED* entry = X509_REVOKED_new();
  if (serial && when && entry != nullptr && X509_REVOKED_set_serialNumber(entry, serial.get()) == 1 &&
      X509_REVOKED_set_revocationDate(entry, when.get()) == 1 && set_reason(entry, revoked.reason) &&
      X509_CRL_add0_revoked(list, entry) == 1)
    return true;
  X509_REVOKED_free(entry);
  return false;
}

bool set_fields(X509_CRL* list, const RevocationListPlan& plan, X509* authority) {
  const auto begins = time_at(plan.this_update);
  const auto ends = time_at(plan.next_update);
  const auto number = asn1_integer(plan.number);
  return begins && ends && number && X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
         X509_CRL_set_issuer_name(list, X509_get_subject_name(authority)) == 1 &&
         X509_CRL_set1_lastUpdate(list, begins.get()) == 1 && X509_CRL_set1_nextUpdate(list, ends.get()) == 1 &&
         X509_CRL_add1_ext_i2d(list, NID_crl_number, number.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

/// RFC 5280 §5.2.1: which of the issuer's keys signed it.
bool add_key_identifier(X509_CRL* list, X509* authority) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, authority, nullptr, nullptr, list, 0);
  X509V3_set_ctx_nodb(&context);
  const X509Handle<X509_extension_st> made(
      X509V3_EXT_nconf(nullptr, &context, "authorityKeyIdentifier", "keyid:always"));
  return made && X509_CRL_add_ext(list, made.get(), -1) == 1;
}

}  // namespace

Result<Octets, MakingError> make_revocation_list(const RevocationListPlan& plan, const Certificate& authority,
                                                 const PrivateKey& key) {
  const X509Handle<X509_crl_st> list(X509_CRL_new());
  bool made =
      list && set_fields(list.get(), plan, authority.native()) && add_key_identifier(list.get(), authority.native());
  for (const auto& revoked : plan.revoked) made = made && add_entry(list.get(), revoked);
  made = made && X509_CRL_sort(list.get()) == 1 && X509_CRL_sign(list.get(), key.native(), digest_for(key)) > 0;
  crypto::forget_openssl_errors();
  if (!made) return failure(MakingError{"OpenSSL did not make the list of revoked certificates"});
  return encoded(list.get(), i2d_X509_CRL);
}

}  // namespace keypact::pki
