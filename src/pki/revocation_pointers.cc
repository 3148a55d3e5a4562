#include "pki/revocation_pointers.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "pki/x509_handles.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kUris = 4;
constexpr std::size_t kUriOctets = 2048;

using Points = std::unique_ptr<CRL_DIST_POINTS, decltype(&CRL_DIST_POINTS_free)>;

void add_uri(std::vector<std::string>& uris, const GENERAL_NAME* name) {
  if (name->type != GEN_URI || uris.size() == kUris) return;
  std::string uri(as_text(octets_of(name->d.uniformResourceIdentifier)));
  if (is_http_uri(uri) && std::ranges::find(uris, uri) == uris.end()) uris.push_back(std::move(uri));
}

std::vector<std::string> uris_at(const Points& points) {
  std::vector<std::string> uris;
  for (int i = 0; points && i < sk_DIST_POINT_num(points.get()); ++i) {
    const auto* const point = sk_DIST_POINT_value(points.get(), i);
    // RFC 5280 §6.3.3: lists of some reasons alone do not make good, those of others than the issuer are not understood here.
    if (point->reasons != nullptr || point->CRLissuer != nullptr) continue;
    if (point->distpoint == nullptr || point->distpoint->type != 0) continue;
    for (int k = 0; k < sk_GENERAL_NAME_num(point->distpoint->name.fullname); ++k)
      add_uri(uris, sk_GENERAL_NAME_value(point->distpoint->name.fullname, k));
  }
  return uris;
}

std::vector<std::string> responders_of(X509* certificate) {
  const std::unique_ptr<AUTHORITY_INFO_ACCESS, decltype(&AUTHORITY_INFO_ACCESS_free)> access(
      static_cast<AUTHORITY_INFO_ACCESS*>(X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)),
      AUTHORITY_INFO_ACCESS_free);
  std::vector<std::string> uris;
  for (int i = 0; access && i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const auto* const description = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(description->method) == NID_ad_OCSP) add_uri(uris, description->location);
  }
  return uris;
}

}  // namespace

bool is_http_uri(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.size() <= kScheme.size() || text.size() > kUriOctets) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text.substr(0, kScheme.size()), kScheme, {}, lower) &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

RevocationPointers revocation_pointers(const Certificate& certificate) {
  auto* const x509 = certificate.native();
  const auto points = [&](int nid) {
    return Points(static_cast<CRL_DIST_POINTS*>(X509_get_ext_d2i(x509, nid, nullptr, nullptr)), CRL_DIST_POINTS_free);
  };
  RevocationPointers pointers{uris_at(points(NID_crl_distribution_points)), uris_at(points(NID_freshest_crl)),
                              responders_of(x509)};
  crypto::forget_openssl_errors();
  return pointers;
}

std::vector<std::string> delta_uris(const X509_CRL* list) {
  auto uris =
      uris_at(Points(static_cast<CRL_DIST_POINTS*>(X509_CRL_get_ext_d2i(list, NID_freshest_crl, nullptr, nullptr)),
                     CRL_DIST_POINTS_free));
  crypto::forget_openssl_errors();
  return uris;
}

}  // namespace keypact::pki
