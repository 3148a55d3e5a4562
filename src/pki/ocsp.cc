#include "pki/ocsp.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "pki/issuing.h"
#include "pki/revocation_lookup.h"
#include "pki/x509_handles.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

/// How far clocks may differ.
constexpr std::int64_t kSkew = 300;
/// An answer is used no longer, whatever it says.
constexpr std::int64_t kKept = 7 * 86400;
/// So many certificates of an answer are looked at for its signer, and so many answers in it.
constexpr int kSigners = 8;
constexpr int kAnswers = 256;

using CertId = std::unique_ptr<OCSP_CERTID, decltype(&OCSP_CERTID_free)>;
using Basic = std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)>;

/// No error of OpenSSL stays behind, whichever way a function ends.
struct Forget {
  Forget() = default;
  Forget(const Forget&) = delete;
  Forget& operator=(const Forget&) = delete;
  ~Forget() { crypto::forget_openssl_errors(); }
};

constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

/// Seconds since 1970 in UTC.
std::int64_t at(const ASN1_TIME* time) {
  if (time == nullptr) return kNoTime;
  const auto found = seconds_of(time);
  return found ? *found : kNoTime;
}

CertId id_of(const Certificate& certificate, const Certificate& issuer, const EVP_MD* hash) {
  return {OCSP_cert_to_id(hash, certificate.native(), issuer.native()), OCSP_CERTID_free};
}

std::unexpected<std::string> refused(std::string why) { return failure(std::move(why)); }

/// RFC 6960 §4.2.1, in the words of the RFC.
std::string_view status_text(int status) {
  switch (status) {
    case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST: return "malformedRequest";
    case OCSP_RESPONSE_STATUS_INTERNALERROR: return "internalError";
    case OCSP_RESPONSE_STATUS_TRYLATER: return "tryLater";
    case OCSP_RESPONSE_STATUS_SIGREQUIRED: return "sigRequired";
    case OCSP_RESPONSE_STATUS_UNAUTHORIZED: return "unauthorized";
    default: return "a status that is not known";
  }
}

Result<Basic, std::string> parse(OctetView octets) {
  if (octets.size() > kOcspOctets) return refused("it is longer than any OCSP response that is taken here");
  const auto* at = octets.data();
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(octets.size())), OCSP_RESPONSE_free);
  if (!response || at != octets.data() + octets.size()) return refused("it is not one OCSP response in DER");
  if (const int status = OCSP_response_status(response.get()); status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return refused("the responder answers " + std::string(status_text(status)));
  Basic basic(OCSP_response_get1_basic(response.get()), OCSP_BASICRESP_free);
  if (!basic) return refused("it is no basic OCSP response");
  return basic;
}

class ResponseReader {
 public:
  ResponseReader(OCSP_BASICRESP* basic, const OcspContext& context) : basic_(basic), context_(context) {}

  Result<CertificateStatus, std::string> read() {
    TRY(const auto signer, find_signer());
    TRY_VOID(verify(signer));
    TRY_VOID(check_extensions());
    return find_status();
  }

 private:
  [[nodiscard]] bool is_named(const Certificate& candidate) const {
    const ASN1_OCTET_STRING* key = nullptr;
    const X509_NAME* name = nullptr;
    if (OCSP_resp_get0_id(basic_, &key, &name) != 1) return false;
    if (name != nullptr) return X509_NAME_cmp(name, X509_get_subject_name(candidate.native())) == 0;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    return X509_pubkey_digest(candidate.native(), EVP_sha1(), hash.data(), &size) == 1 &&
           same_octets(octets_of(key), OctetView(hash).first(size));
  }

  /// RFC 6960 §4.2.2.2: issued by the very CA in question, for this purpose, and valid.
  [[nodiscard]] std::string why_not_delegated(const Certificate& candidate) const {
    const auto who = "its signer \"" + candidate.subject() + '"';
    if (!is_issued_by(candidate, context_.issuer)) return who + " was not issued by the issuer of the certificate";
    const auto purposes = X509_get_extended_key_usage(candidate.native());
    if (purposes == UINT32_MAX || (purposes & XKU_OCSP_SIGN) == 0) return who + " has not id-kp-OCSPSigning";
    const auto usage = X509_get_key_usage(candidate.native());
    if (usage != UINT32_MAX && (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
      return who + " may sign nothing: its key usage has neither digitalSignature nor nonRepudiation";
    if (context_.now < candidate.not_before()) return who + " is not valid yet";
    if (context_.now > candidate.not_after()) return who + " has expired";
    return {};
  }

  Result<Certificate, std::string> find_signer() {
    if (is_named(context_.issuer)) return context_.issuer;
    for (const auto& signer : context_.signers)
      if (is_named(signer)) return signer;
    std::string why =
        "it is not signed by the issuer of the certificate, and does not hold the certificate of its signer";
    const auto* const certificates = OCSP_resp_get0_certs(basic_);
    for (int i = 0; i < std::min(sk_X509_num(certificates), kSigners); ++i) {
      auto candidate = Certificate::from_der(encoded(sk_X509_value(certificates, i), i2d_X509));
      if (!candidate || !is_named(*candidate)) continue;
      why = why_not_delegated(*candidate);
      if (why.empty()) return std::move(*candidate);
    }
    return refused(std::move(why));
  }

  Result<void, std::string> verify(const Certificate& signer) {
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, OCSP_resp_get0_tbs_sigalg(basic_));
    int hash = NID_undef;
    if (OBJ_find_sigid_algs(OBJ_obj2nid(object), &hash, nullptr) != 1)
      return refused("its signature algorithm is not known");
    if (hash == NID_sha1 || hash == NID_md5 || hash == NID_md4 || hash == NID_md2)
      return refused(std::string("it is signed over ") + OBJ_nid2ln(hash) + ", which can be forged");
    const X509Handle<stack_st_X509> only(sk_X509_new_null());
    CHECK(only && X509_add_cert(only.get(), signer.native(), X509_ADD_FLAG_UP_REF) == 1);
    // Who may sign was decided above: here is asked whether that one did.
    if (OCSP_basic_verify(basic_, only.get(), nullptr, OCSP_NOINTERN | OCSP_NOVERIFY) != 1)
      return refused("the key of \"" + signer.subject() + "\" did not sign it");
    return {};
  }

  Result<void, std::string> check_extensions() {
    for (int i = 0; i < OCSP_BASICRESP_get_ext_count(basic_); ++i) {
      auto* const extension = OCSP_BASICRESP_get_ext(basic_, i);
      const bool is_nonce = OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_id_pkix_OCSP_Nonce;
      if (!is_nonce && X509_EXTENSION_get_critical(extension) != 0)
        return refused("it has a critical extension that is not known here");
      if (!is_nonce || context_.nonce.empty()) continue;
      Octets ours = {V_ASN1_OCTET_STRING, static_cast<std::uint8_t>(context_.nonce.size())};
      append(ours, context_.nonce);
      if (!same_octets(octets_of(X509_EXTENSION_get_data(extension)), ours))
        return refused("its nonce is not that of our request");
      answers_us_ = true;
    }
    return {};
  }

  /// Of each that is of this certificate, one that says revoked goes before others.
  Result<CertificateStatus, std::string> find_status() {
    Result<CertificateStatus, std::string> found = refused("it is of other certificates");
    for (int i = 0; i < std::min(OCSP_resp_count(basic_), kAnswers); ++i) {
      auto* const single = OCSP_resp_get0(basic_, i);
      if (!is_of_the_certificate(OCSP_SINGLERESP_get0_id(single))) continue;
      auto status = read_single(single);
      if (status && status->kind == CertificateStatus::Kind::revoked) return status;
      if (!found) found = std::move(status);
    }
    return found;
  }

  bool is_of_the_certificate(const OCSP_CERTID* id) const {
    ASN1_OBJECT* algorithm = nullptr;
    auto* const theirs = const_cast<OCSP_CERTID*>(id);  // NOLINT: only read
    if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, theirs) != 1) return false;
    const int hash = OBJ_obj2nid(algorithm);
    if (hash != NID_sha1 && hash != NID_sha256 && hash != NID_sha384 && hash != NID_sha512) return false;
    const auto ours = id_of(context_.certificate, context_.issuer, EVP_get_digestbynid(hash));
    return ours && OCSP_id_cmp(ours.get(), theirs) == 0;
  }

  Result<CertificateStatus, std::string> read_single(OCSP_SINGLERESP* single) const {
    int reason = -1;
    ASN1_GENERALIZEDTIME* revoked = nullptr;
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    const int kind = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
    const auto this_update = at(from);
    const auto produced = at(OCSP_resp_get0_produced_at(basic_));
    const bool ends = until != nullptr;
    const auto next_update = ends ? at(until) : context_.now;
    if (this_update == kNoTime || produced == kNoTime || (ends && next_update < this_update))
      return refused("its times make no sense");
    if (this_update > context_.now + kSkew) return refused("it is of " + date(this_update) + ", which is not yet");
    if (next_update < context_.now - kSkew) return refused("it was to be renewed on " + date(next_update));
    // RFC 6960 §4.2.2.1: without nextUpdate there is news at any time, so one that is not made for us has to be new.
    if (!ends && !answers_us_ && (produced < context_.now - kSkew || produced > context_.now + kSkew))
      return refused("it is of " + date(produced) + ", and does not say until when it holds");
    CertificateStatus status{.this_update = this_update,
                             .next_update = std::clamp(next_update, context_.now, context_.now + kKept)};
    if (kind == V_OCSP_CERTSTATUS_GOOD) status.kind = CertificateStatus::Kind::good;
    else if (kind == V_OCSP_CERTSTATUS_REVOKED) status.kind = CertificateStatus::Kind::revoked;
    else status.kind = CertificateStatus::Kind::unknown;
    if (const auto when = at(revoked); when != kNoTime) status.revoked_at = when;
    status.reason = std::max(reason, 0);
    return status;
  }

  OCSP_BASICRESP* basic_;
  const OcspContext& context_;
  bool answers_us_ = false;  ///< our nonce is in it
};

}  // namespace

std::string ocsp_key(const Certificate& certificate, const Certificate& issuer) {
  const Forget forget;
  const auto id = id_of(certificate, issuer, EVP_sha1());
  return "ocsp " + to_hex(id ? encoded(id.get(), i2d_OCSP_CERTID) : Octets());
}

Octets ocsp_request(const Certificate& certificate, const Certificate& issuer, OctetView nonce) {
  const Forget forget;
  const std::unique_ptr<OCSP_REQUEST, decltype(&OCSP_REQUEST_free)> request(OCSP_REQUEST_new(), OCSP_REQUEST_free);
  // RFC 6960 §4.3 leaves the hash to us; SHA-1 is the one that all responders know, and nothing is trusted for it.
  auto id = id_of(certificate, issuer, EVP_sha1());
  CHECK(request && id && OCSP_request_add0_id(request.get(), id.get()) != nullptr);
  static_cast<void>(id.release());
  auto ours = to_octets(nonce);
  CHECK(ours.empty() || OCSP_request_add1_nonce(request.get(), ours.data(), static_cast<int>(ours.size())) == 1);
  return encoded(request.get(), i2d_OCSP_REQUEST);
}

Result<CertificateStatus, std::string> read_ocsp_response(OctetView octets, const OcspContext& context) {
  const Forget forget;
  TRY(const auto basic, parse(octets));
  return ResponseReader(basic.get(), context).read();
}

}  // namespace keypact::pki
