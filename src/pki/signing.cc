#include "pki/signing.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace keypact::pki {

const evp_md_st* digest_for(const PrivateKey& key) {
  return EVP_PKEY_is_a(key.native(), "ED25519") == 1 || EVP_PKEY_is_a(key.native(), "ED448") == 1 ? nullptr
                                                                                                  : EVP_sha256();
}

X509Handle<X509_name_st> name_of_der(OctetView der) {
  const auto* at = der.data();
  X509Handle<X509_name_st> name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  crypto::forget_openssl_errors();
  return at == der.data() + der.size() ? std::move(name) : nullptr;
}

X509Handle<asn1_string_st> asn1_integer(OctetView octets) {
  const crypto::Handle<bignum_st> number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  return X509Handle<asn1_string_st>(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
}

}  // namespace keypact::pki
