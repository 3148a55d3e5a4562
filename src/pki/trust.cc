#include "pki/trust.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "proto/distinguished_name.h"
#include "pki/path_rules.h"
#include "pki/x509_handles.h"

namespace keypact::pki {

/// One search: deep first, anchors before certificates that came along, within the limits.
class PathSearch {
 public:
  PathSearch(std::span<const Certificate> untrusted, const TrustAnchors& anchors, std::int64_t now,
             const AuthConstraints& constraints, TrustLimits limits)
      : untrusted_(untrusted.first(std::min(untrusted.size(), limits.untrusted))),
        anchors_(anchors.certificates()),
        now_(now),
        constraints_(constraints),
        limits_(limits) {}

  Result<TrustedPath, Refusal> run(const Certificate& end_entity) {
    path_.push_back(end_entity);
    if (is_anchor(end_entity)) {
      note(2, end_entity, "RFC 5280 §6.1",
           "it is the certificate of a CA that the configuration trusts, not of a peer");
    } else if (extend()) {
      return TrustedPath(std::move(path_));
    }
    return failure(std::move(refusal_));
  }

 private:
  bool is_anchor(const Certificate& certificate) const {
    return std::ranges::find(anchors_, certificate) != anchors_.end();
  }
  bool in_path(const Certificate& certificate) const { return std::ranges::find(path_, certificate) != path_.end(); }

  /// Keeps the refusal of the attempt that came furthest; of equals the first.
  void note(int progress, const Certificate& certificate, std::string_view rule, std::string sentence) {
    if (progress > progress_) refusal_ = {certificate.subject(), std::string(rule), std::move(sentence)};
    progress_ = std::max(progress_, progress);
  }
  void note(int progress, Refusal refusal) {
    if (progress > progress_) refusal_ = std::move(refusal);
    progress_ = std::max(progress_, progress);
  }

  /// Whether the name, and the key identifiers where both have them, say that it may be the issuer. Its own usages are judged
  /// later, with a sentence.
  static bool may_be_issuer(const Certificate& issuer, const Certificate& certificate) {
    const int result = X509_check_issued(issuer.native(), certificate.native());
    crypto::forget_openssl_errors();
    return result == X509_V_OK || result == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
  }

  /// A long key costs as much as several of 2048 bits.
  static unsigned cost_of(const PublicKey& key) {
    const unsigned multiple = key.type() == KeyType::rsa ? std::max(1u, (key.bits() + 1024) / 2048) : 1;
    return multiple * multiple;
  }

  bool signed_by(const Certificate& certificate, const Certificate& issuer) {
    const unsigned cost = cost_of(issuer.public_key());
    if (cost > limits_.signatures - spent_) {
      exhausted_ = true;
      note(3, path_.front(), "RFC 5280 §6.1",
           "too many certificates could be in a path to it; the search was given up");
      return false;
    }
    spent_ += cost;
    const bool good = X509_verify(certificate.native(), X509_get0_pubkey(issuer.native())) == 1;
    crypto::forget_openssl_errors();
    return good;
  }

  /// Whether the path, which ends in an anchor now, is good.
  bool complete() {
    if (++completed_ > limits_.complete_paths) {
      exhausted_ = true;
      return false;
    }
    auto refused = check_usages(path_, constraints_);
    if (!refused) refused = check_path(path_, now_);
    if (!refused) return true;
    note(4, std::move(*refused));
    return false;
  }

  bool try_issuer(const Certificate& issuer, bool anchor) {
    if (exhausted_ || in_path(issuer)) return false;
    const Certificate certificate = path_.back();
    if (!may_be_issuer(issuer, certificate)) return false;
    if (path_.size() >= limits_.path) {
      note(2, certificate, "RFC 5280 §6.1",
           "the path above it is longer than " + std::to_string(limits_.path) + " certificates");
      return false;
    }
    if (!signed_by(certificate, issuer)) {
      note(1, certificate, "RFC 5280 §6.1.3", "the key of \"" + issuer.subject() + "\" did not sign it");
      return false;
    }
    path_.push_back(issuer);
    if (anchor ? complete() : extend()) return true;
    path_.pop_back();
    return false;
  }

  bool extend() {
    for (const auto& anchor : anchors_)
      if (try_issuer(anchor, true)) return true;
    for (const auto& issuer : untrusted_)
      if (!is_anchor(issuer) && try_issuer(issuer, false)) return true;
    const auto& last = path_.back();
    note(0, last, "RFC 5280 §6.1",
         same_name(last.subject_der(), last.issuer_der())
             ? "it is signed by itself and the configuration does not trust it"
             : "no certificate of its issuer \"" + last.issuer() + "\" is known");
    return false;
  }

  std::span<const Certificate> untrusted_;
  std::span<const Certificate> anchors_;
  std::int64_t now_;
  const AuthConstraints& constraints_;
  TrustLimits limits_;
  std::vector<Certificate> path_;
  unsigned spent_ = 0;
  unsigned completed_ = 0;
  bool exhausted_ = false;
  int progress_ = -1;
  Refusal refusal_;
};

std::string Refusal::to_string() const { return '"' + certificate + "\": " + sentence + " (" + rule + ')'; }

Result<TrustAnchors, Refusal> TrustAnchors::of(std::vector<Certificate> certificates) {
  for (const auto& certificate : certificates)
    if (!certificate.is_ca())
      return failure(
          Refusal{certificate.subject(), "RFC 5280 §4.2.1.9", "it is no CA, so it cannot be trusted to sign others"});
  TrustAnchors anchors;
  anchors.certificates_ = std::move(certificates);
  return anchors;
}

Result<TrustedPath, Refusal> validate(const Certificate& end_entity, std::span<const Certificate> untrusted,
                                      const TrustAnchors& anchors, std::int64_t now, const AuthConstraints& constraints,
                                      TrustLimits limits) {
  return PathSearch(untrusted, anchors, now, constraints, limits).run(end_entity);
}

}  // namespace keypact::pki
