#include "pki/issuing.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kIssuers = 7;

}  // namespace

bool is_issued_by(const Certificate& certificate, const Certificate& issuer) {
  const bool issued = X509_check_issued(issuer.native(), certificate.native()) == X509_V_OK &&
                      X509_verify(certificate.native(), X509_get0_pubkey(issuer.native())) == 1;
  crypto::forget_openssl_errors();
  return issued;
}

std::vector<Certificate> issuers_of(const Certificate& end_entity, std::span<const Certificate> known) {
  std::vector<Certificate> issuers;
  auto last = end_entity;
  while (issuers.size() < kIssuers && !last.is_self_issued()) {
    const auto next = std::ranges::find_if(known, [&](const Certificate& candidate) {
      return candidate.is_ca() && std::ranges::find(issuers, candidate) == issuers.end() &&
             is_issued_by(last, candidate);
    });
    if (next == known.end()) break;
    last = *next;
    issuers.push_back(last);
  }
  return issuers;
}

}  // namespace keypact::pki
