#include "pki/revocation_list.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <mutex>

#include "pki/revocation_pointers.h"
#include "pki/x509_handles.h"
#include "pki/x509_values.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {

struct RevocationList::Impl {
  explicit Impl(X509Handle<X509_crl_st> parsed) : crl(std::move(parsed)) {}
  X509Handle<X509_crl_st> crl;
  X509Handle<ISSUING_DIST_POINT_st> scope;  ///< null: all certificates of the issuer
  Octets issuer_der;
  std::string issuer;
  std::int64_t this_update = 0;
  std::optional<std::int64_t> next_update;
  bool delta = false;
  Octets number;
  Octets base;
  std::size_t size = 0;
  std::vector<std::string> delta_uris;
  /// Whoever asks first verifies, as all who ask at that time do.
  mutable std::mutex mutex;
  mutable Octets verified_with;  ///< SubjectPublicKeyInfo of the key that made the signature, once it is known
};

namespace {

using Kind = RevocationListError::Kind;

std::unexpected<RevocationListError> refused(Kind kind) { return failure(RevocationListError{kind}); }

/// RFC 5280 §5.2: with another critical extension nothing that it says may be used.
bool is_known_when_critical(int nid) {
  return nid == NID_issuing_distribution_point || nid == NID_delta_crl || nid == NID_crl_number ||
         nid == NID_authority_key_identifier;
}

bool has_unknown_critical_extension(const X509_CRL* crl) {
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    auto* const extension = X509_CRL_get_ext(crl, i);
    if (X509_EXTENSION_get_critical(extension) != 0 &&
        !is_known_when_critical(OBJ_obj2nid(X509_EXTENSION_get_object(extension))))
      return true;
  }
  return false;
}

/// An extension that is a number; nothing when it is malformed or stands twice.
std::optional<Octets> number_in(const X509_CRL* crl, int nid, bool& is_there) {
  int critical = 0;
  const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, nid, &critical, nullptr)), ASN1_INTEGER_free);
  is_there = critical != -1;
  if (!is_there) return Octets{};
  if (!number || ASN1_STRING_type(number.get()) == V_ASN1_NEG_INTEGER) return std::nullopt;
  return to_octets(octets_of(number.get()));
}

X509Handle<X509_crl_st> parse(OctetView octets) {
  if (as_text(octets).find("-----BEGIN ") != std::string_view::npos) {
    const X509Handle<bio_st> source(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
    return X509Handle<X509_crl_st>(PEM_read_bio_X509_CRL(source.get(), nullptr, nullptr, nullptr));
  }
  const auto* at = octets.data();
  X509Handle<X509_crl_st> crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(octets.size())));
  if (at != octets.data() + octets.size()) return nullptr;
  return crl;
}

bool names_meet(const GENERAL_NAMES* a, const GENERAL_NAMES* b) {
  for (int i = 0; i < sk_GENERAL_NAME_num(a); ++i)
    for (int k = 0; k < sk_GENERAL_NAME_num(b); ++k)
      if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a, i), sk_GENERAL_NAME_value(b, k)) == 0) return true;
  return false;
}

/// RFC 5280 §6.3.3 (b)(2)(i), for full names.
bool is_at_a_distribution_point(const DIST_POINT_NAME* wanted, const Certificate& certificate) {
  if (wanted->type != 0) return false;
  const std::unique_ptr<CRL_DIST_POINTS, decltype(&CRL_DIST_POINTS_free)> points(
      static_cast<CRL_DIST_POINTS*>(
          X509_get_ext_d2i(certificate.native(), NID_crl_distribution_points, nullptr, nullptr)),
      CRL_DIST_POINTS_free);
  for (int i = 0; points && i < sk_DIST_POINT_num(points.get()); ++i) {
    const auto* const point = sk_DIST_POINT_value(points.get(), i)->distpoint;
    if (point != nullptr && point->type == 0 && names_meet(wanted->name.fullname, point->name.fullname)) return true;
  }
  return false;
}

}  // namespace

Result<RevocationList, RevocationListError> RevocationList::read(OctetView octets) {
  if (octets.size() > kRevocationListOctets) return refused(Kind::too_long);
  auto crl = parse(octets);
  crypto::forget_openssl_errors();
  if (!crl) return refused(Kind::malformed);
  auto impl = std::make_shared<Impl>(std::move(crl));
  const auto* const list = impl->crl.get();
  if (has_unknown_critical_extension(list)) return refused(Kind::critical_extension_unknown);
  const auto this_update = seconds_of(X509_CRL_get0_lastUpdate(list));
  if (!this_update) return refused(Kind::malformed);
  impl->this_update = *this_update;
  if (const auto* const next = X509_CRL_get0_nextUpdate(list)) {
    impl->next_update = seconds_of(next);
    if (!impl->next_update) return refused(Kind::malformed);
  }
  int scope_is_there = 0;
  impl->scope.reset(static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &scope_is_there, nullptr)));
  bool has_number = false;
  auto number = number_in(list, NID_crl_number, has_number);
  auto base = number_in(list, NID_delta_crl, impl->delta);
  crypto::forget_openssl_errors();
  if ((scope_is_there != -1 && !impl->scope) || !number || !base) return refused(Kind::extension_malformed);
  if (impl->scope && impl->scope->indirectCRL > 0) return refused(Kind::indirect);
  impl->number = std::move(*number);
  impl->base = std::move(*base);
  impl->issuer_der = encoded(X509_CRL_get_issuer(list), i2d_X509_NAME);
  impl->issuer = name_to_text(impl->issuer_der);
  impl->size = octets.size();
  impl->delta_uris = pki::delta_uris(list);
  return RevocationList(std::move(impl));
}

OctetView RevocationList::issuer_der() const { return impl_->issuer_der; }
const std::string& RevocationList::issuer() const { return impl_->issuer; }
std::int64_t RevocationList::this_update() const { return impl_->this_update; }
std::optional<std::int64_t> RevocationList::next_update() const { return impl_->next_update; }
bool RevocationList::is_delta() const { return impl_->delta; }
OctetView RevocationList::number() const { return impl_->number; }
OctetView RevocationList::base() const { return impl_->base; }
Octets RevocationList::der() const { return encoded(impl_->crl.get(), i2d_X509_CRL); }
std::size_t RevocationList::size() const { return impl_->size; }
const std::vector<std::string>& RevocationList::delta_uris() const { return impl_->delta_uris; }

bool RevocationList::is_signed_by(const Certificate& issuer) const {
  if (!same_name(issuer.subject_der(), impl_->issuer_der)) return false;
  const auto usage = X509_get_key_usage(issuer.native());
  if (usage != UINT32_MAX && (usage & KU_CRL_SIGN) == 0) return false;
  const auto key = issuer.public_key().spki();
  {
    const std::scoped_lock lock(impl_->mutex);
    if (!key.empty() && same_octets(key, impl_->verified_with)) return true;
  }
  const bool good = X509_CRL_verify(impl_->crl.get(), X509_get0_pubkey(issuer.native())) == 1;
  crypto::forget_openssl_errors();
  if (!good) return false;
  const std::scoped_lock lock(impl_->mutex);
  impl_->verified_with = to_octets(key);
  return true;
}

bool RevocationList::covers(const Certificate& certificate) const {
  const auto* const scope = impl_->scope.get();
  if (scope == nullptr) return true;
  if (scope->onlyattr > 0 || scope->onlysomereasons != nullptr) return false;
  if ((scope->onlyuser > 0 && certificate.is_ca()) || (scope->onlyCA > 0 && !certificate.is_ca())) return false;
  const bool meant = scope->distpoint == nullptr || is_at_a_distribution_point(scope->distpoint, certificate);
  crypto::forget_openssl_errors();
  return meant;
}

std::optional<RevocationList::Entry> RevocationList::find(const Certificate& certificate) const {
  X509_REVOKED* entry = nullptr;
  const auto* const serial = X509_get0_serialNumber(certificate.native());
  const int found = X509_CRL_get0_by_serial(impl_->crl.get(), &entry, serial);
  if (found == 0) return std::nullopt;
  if (found == 2) return Entry{0, CRL_REASON_REMOVE_FROM_CRL};
  const std::unique_ptr<ASN1_ENUMERATED, decltype(&ASN1_ENUMERATED_free)> reason(
      static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)),
      ASN1_ENUMERATED_free);
  const auto when = seconds_of(X509_REVOKED_get0_revocationDate(entry));
  crypto::forget_openssl_errors();
  return Entry{when.value_or(0), reason ? static_cast<int>(ASN1_ENUMERATED_get(reason.get())) : 0};
}

std::string_view reason_text(int reason) {
  constexpr std::string_view kReasons[] = {"",
                                           "keyCompromise",
                                           "cACompromise",
                                           "affiliationChanged",
                                           "superseded",
                                           "cessationOfOperation",
                                           "certificateHold",
                                           "",
                                           "removeFromCRL",
                                           "privilegeWithdrawn",
                                           "aACompromise"};
  return reason >= 0 && reason < static_cast<int>(std::size(kReasons)) ? kReasons[reason] : std::string_view();
}

std::string RevocationListError::sentence() const {
  switch (kind) {
    case Kind::too_long: return "it is longer than any CRL that is taken here";
    case Kind::malformed: return "it is not one CRL in DER or PEM";
    case Kind::trailing_octets: return "octets follow the CRL";
    case Kind::critical_extension_unknown: return "it has a critical extension that is not known here";
    case Kind::extension_malformed: return "an extension of the CRL is malformed or stands twice";
    case Kind::indirect: return "it is an indirect CRL, of other issuers too";
  }
  return {};
}

}  // namespace keypact::pki
