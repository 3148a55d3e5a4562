#include "pki/test_authority.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {
namespace {

std::shared_ptr<evp_pkey_st> new_key(const std::string& kind) {
  EVP_PKEY* key = nullptr;
  if (kind == "ED25519") key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  else if (kind == "RSA") key = EVP_RSA_gen(2048);
  else key = EVP_EC_gen(kind.c_str());
  CHECK(key != nullptr);
  return {key, EVP_PKEY_free};
}

void set_name(X509* certificate, const std::string& text, int (*set)(X509*, const X509_NAME*)) {
  if (text.empty()) return;
  const auto der = name_from_text(text).value();
  const auto* at = der.data();
  X509_NAME* name = d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size()));
  CHECK(name != nullptr && set(certificate, name) == 1);
  X509_NAME_free(name);
}

void add_extension(X509* certificate, X509* issuer, const std::string& name, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str());
  CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Issued make(const Issued* issuer, const Wanted& wanted) {
  static long serial = 1000;
  const Issued issued{{X509_new(), X509_free}, new_key(wanted.key)};
  auto* const certificate = issued.x509.get();
  auto* const issuer_certificate = issuer != nullptr ? issuer->x509.get() : certificate;
  X509_set_version(certificate, wanted.version - 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), wanted.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate), wanted.not_after);
  X509_set_pubkey(certificate, issued.key.get());
  set_name(certificate, wanted.subject, X509_set_subject_name);
  if (wanted.issuer.empty()) X509_set_issuer_name(certificate, X509_get_subject_name(issuer_certificate));
  else set_name(certificate, wanted.issuer, X509_set_issuer_name);
  for (const auto& [name, value] : wanted.extensions) add_extension(certificate, issuer_certificate, name, value);
  auto* const key = issuer != nullptr ? issuer->key.get() : issued.key.get();
  const auto* const hash = wanted.hash.empty() ? nullptr : EVP_get_digestbyname(wanted.hash.c_str());
  CHECK(X509_sign(certificate, key, hash) > 0);
  return issued;
}

}  // namespace

Octets Issued::der() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  CHECK(size > 0);
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

Issued self_signed(const Wanted& wanted) { return make(nullptr, wanted); }
Issued issued_by(const Issued& issuer, const Wanted& wanted) { return make(&issuer, wanted); }

Wanted wanted_ca(std::string subject, std::vector<std::pair<std::string, std::string>> more) {
  Wanted wanted{.subject = std::move(subject)};
  wanted.extensions = {{"basicConstraints", "critical,CA:TRUE"},
                       {"keyUsage", "critical,keyCertSign,cRLSign"},
                       {"subjectKeyIdentifier", "hash"},
                       {"authorityKeyIdentifier", "keyid"}};
  for (auto& extension : more) {
    std::erase_if(wanted.extensions, [&](const auto& given) { return given.first == extension.first; });
    if (!extension.second.empty()) wanted.extensions.push_back(std::move(extension));
  }
  return wanted;
}

Wanted wanted_leaf(std::string subject, std::vector<std::pair<std::string, std::string>> more) {
  Wanted wanted{.subject = std::move(subject)};
  wanted.extensions = {{"subjectKeyIdentifier", "hash"}, {"authorityKeyIdentifier", "keyid"}};
  for (auto& extension : more) wanted.extensions.push_back(std::move(extension));
  return wanted;
}

TEST(TestAuthority, IssuesWhatIsWanted) {
  const auto root = self_signed(wanted_ca("C=CH, CN=Root"));
  const auto leaf = issued_by(root, wanted_leaf("C=CH, CN=Leaf")).certificate();
  EXPECT_EQ(leaf.issuer(), "C=CH, CN=Root");
  EXPECT_EQ(leaf.subject(), "C=CH, CN=Leaf");
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_TRUE(root.certificate().is_ca());
}

}  // namespace keypact::pki
