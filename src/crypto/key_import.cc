#include "crypto/key_import.h"

#include <openssl/evp.h>
#include <openssl/params.h>

namespace keypact::crypto {

std::optional<KeyImport> KeyImport::of(const char* algorithm) {
  Handle<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  if (context && EVP_PKEY_fromdata_init(context.get()) == 1) return KeyImport(std::move(context));
  forget_openssl_errors();
  return std::nullopt;
}

Handle<evp_pkey_st> KeyImport::key_of(const char* part, OctetView octets, int selection) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(part, const_cast<std::uint8_t*>(octets.data()), octets.size()),
      OSSL_PARAM_construct_end()};
  evp_pkey_st* key = nullptr;
  if (EVP_PKEY_fromdata(context_.get(), &key, selection, parameters) == 1) return Handle<evp_pkey_st>(key);
  forget_openssl_errors();
  return nullptr;
}

}  // namespace keypact::crypto
