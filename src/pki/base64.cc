#include "pki/base64.h"

#include <openssl/evp.h>

namespace keypact::pki {

std::string base64_of(OctetView octets) {
  std::string text(4 * ((octets.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets.data(),  // NOLINT
                                     static_cast<int>(octets.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace keypact::pki
