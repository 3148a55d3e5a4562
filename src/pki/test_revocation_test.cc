#include "pki/test_revocation.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "pki/revocation_list.h"
#include "pki/x509_values.h"

namespace keypact::pki {

Octets list_by(const Issued& issuer, const WantedList& wanted, const Issued* key_of) {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), 1);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.x509.get()));
  const auto time = [](std::int64_t at) {
    return std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)>(ASN1_TIME_set(nullptr, at), ASN1_TIME_free);
  };
  X509_CRL_set1_lastUpdate(crl.get(), time(wanted.this_update).get());
  if (wanted.next_update != 0) X509_CRL_set1_nextUpdate(crl.get(), time(wanted.next_update).get());
  for (const auto& [issued, reason] : wanted.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(issued->x509.get()));
    X509_REVOKED_set_revocationDate(entry, time(kRevokedAt).get());
    if (reason != 0) {
      const std::unique_ptr<ASN1_ENUMERATED, decltype(&ASN1_ENUMERATED_free)> value(ASN1_ENUMERATED_new(),
                                                                                    ASN1_ENUMERATED_free);
      ASN1_ENUMERATED_set(value.get(), reason);
      X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value.get(), 0, 0);
    }
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  for (const auto& [name, value] : wanted.extensions) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer.x509.get(), nullptr, nullptr, crl.get(), 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str());
    CHECK(extension != nullptr);
    X509_CRL_add_ext(crl.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_CRL_sort(crl.get());
  CHECK(X509_CRL_sign(crl.get(), (key_of != nullptr ? key_of : &issuer)->key.get(), EVP_sha256()) > 0);
  return encoded(crl.get(), i2d_X509_CRL);
}

TEST(TestRevocation, ListsWhatIsWanted) {
  const auto root = self_signed(wanted_ca("CN=Root"));
  const auto list = RevocationList::read(list_by(root, {.revoked = {{&root, 1}}})).value();
  EXPECT_EQ(list.issuer(), "CN=Root");
  EXPECT_TRUE(list.is_signed_by(root.certificate()));
  EXPECT_TRUE(list.find(root.certificate()).has_value());
}

}  // namespace keypact::pki
