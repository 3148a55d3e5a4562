#include "pki/x509_values.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>

#include <memory>

namespace keypact::pki {

OctetView octets_of(const ASN1_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0), ASN1_TIME_free);
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return std::nullopt;
  return std::int64_t{days} * 86400 + seconds;
}

Octets taken(unsigned char* der, int size) {
  Octets octets;
  if (size > 0) octets.assign(der, der + size);
  OPENSSL_free(der);
  return octets;
}

}  // namespace keypact::pki
