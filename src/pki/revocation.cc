#include "pki/revocation.h"

#include <algorithm>

#include "pki/ocsp.h"
#include "pki/revocation_lookup.h"
#include "pki/revocation_pointers.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {
namespace {

using Kind = DocumentRequest::Kind;

/// Somewhere to ask.
struct Place {
  std::string uri;
  bool configured = false;
};

void add_places(std::vector<Place>& places, const std::vector<std::string>& uris, bool configured) {
  for (const auto& uri : uris)
    if (std::ranges::find(places, uri, &Place::uri) == places.end()) places.push_back({uri, configured});
}

/// What is asked about one certificate, and what is known of it.
class CertificateCheck {
 public:
  CertificateCheck(const Certificate& certificate, const Certificate& issuer, const RevocationRules& rules,
                   const Inquiry& inquiry, const RevocationKnowledge& knowledge, std::int64_t now)
      : certificate_(certificate),
        issuer_(issuer),
        rules_(rules),
        inquiry_(inquiry),
        knowledge_(knowledge),
        now_(now),
        lists_(rules.lists) {
    for (const auto& configured : rules.authorities) {
      if (configured.authority.public_key() != issuer.public_key() ||
          !same_name(configured.authority.subject_der(), issuer.subject_der()))
        continue;
      add_places(list_places_, configured.lists, true);
      add_places(ocsp_places_, configured.ocsp, true);
    }
    const auto pointers = revocation_pointers(certificate);
    add_places(list_places_, pointers.lists, false);
    add_places(delta_places_, pointers.deltas, false);
    add_places(ocsp_places_, pointers.ocsp, false);
    status_key_ = ocsp_key(certificate, issuer);
    says_where_to_ask_ = !list_places_.empty() || !ocsp_places_.empty();
  }

  /// Into `outcome`, whose refusal is that of this certificate.
  void run(RevocationOutcome& outcome) {
    for (const auto& place : list_places_) take_list(place, outcome.learned);
    auto found = look_up(certificate_, issuer_, lists_, now_);
    add_places(delta_places_, found.delta_uris, false);
    for (const auto& place : delta_places_) take_list(place, outcome.learned);
    if (!delta_places_.empty()) found = look_up(certificate_, issuer_, lists_, now_);
    if (found.entry) return refuse(outcome, revoked_text(found.entry->when, found.entry->reason));
    const auto status = take_statuses(outcome.learned);
    if (status && status->kind == CertificateStatus::Kind::revoked)
      return refuse(outcome, revoked_text(status->revoked_at, status->reason));
    if (found.good && !found.delta_used) ask_for_list(delta_places_, outcome.wanted);
    if (found.good || status || ask_responder(outcome.wanted)) return;
    if (ask_for_list(list_places_, outcome.wanted) || !must_be_known()) return;
    for (const auto& why : failures_) found.lacking += "; " + why;
    refuse(outcome, "whether it is revoked is not known: " + found.lacking);
  }

 private:
  static std::string revoked_text(std::int64_t when, int reason) {
    const auto text = reason_text(reason);
    return "it was revoked on " + date(when) + (text.empty() ? std::string() : " (" + std::string(text) + ')');
  }
  void refuse(RevocationOutcome& outcome, std::string sentence) const {
    outcome.refusal = Refusal{certificate_.subject(), "RFC 5280 §6.3", std::move(sentence)};
  }
  bool must_be_known() const {
    return rules_.policy == RevocationPolicy::strict ||
           (rules_.policy == RevocationPolicy::ifuri && says_where_to_ask_);
  }

  /// What was fetched from there before, or has come now.
  void take_list(const Place& place, Learned& learned) {
    const auto* known = knowledge_.list(place.uri);
    if (known != nullptr) lists_.push_back(*known);
    if (known != nullptr && is_fresh(*known, now_)) return settled_.push_back(place.uri);
    if (const auto* failure = knowledge_.failure(place.uri, now_)) return failed(place.uri, *failure);
    const auto came = inquiry_.documents.find(place.uri);
    if (came == inquiry_.documents.end()) return;
    auto list = read_list(place.uri, came->second, known);
    if (list) {
      settled_.push_back(place.uri);
      learned.lists.emplace_back(place.uri, std::move(*list));
    } else {
      learned.failures.emplace_back(place.uri, list.error());
      failed(place.uri, std::move(list.error()));
    }
  }

  /// A list that is out of date is looked into all the same, but not kept.
  Result<RevocationList, std::string> read_list(const std::string& uri, const Document& document,
                                                const RevocationList* before) {
    if (!document) return failure(document.error());
    auto list = RevocationList::read(**document);
    const auto refused = [&](const std::string& why) { return failure("the CRL of " + uri + ": " + why); };
    if (!list) return refused(list.error().sentence());
    if (!same_name(list->issuer_der(), issuer_.subject_der()))
      return refused("it is of \"" + list->issuer() + "\", another issuer");
    if (!list->is_signed_by(issuer_)) return refused("it is not signed by the issuer of the certificate");
    // Row E21: an older list is put into the place of a newer one by whoever wants to hide what the newer one says.
    if (before != nullptr && same_name(before->issuer_der(), list->issuer_der()) &&
        before->is_delta() == list->is_delta() && is_less(list->number(), before->number()))
      return refused("it is older than the one that was there before");
    lists_.push_back(*list);
    if (!list->covers(certificate_)) return refused("it is for other certificates");
    if (list->this_update() > now_) return refused("it is of " + date(list->this_update()) + ", which is not yet");
    if (!is_fresh(*list, now_)) return refused("it was to be renewed on " + date(*list->next_update()));
    return std::move(*list);
  }

  void failed(const std::string& uri, std::string why) {
    settled_.push_back(uri);
    failures_.push_back(std::move(why));
  }

  /// Places are asked one after the other.
  bool ask_for_list(const std::vector<Place>& places, std::vector<DocumentRequest>& wanted) const {
    if (!inquiry_.may_ask) return false;
    for (const auto& place : places) {
      if (std::ranges::find(settled_, place.uri) != settled_.end()) continue;
      wanted.push_back({Kind::revocation_list, place.uri, {}, place.configured, place.uri});
      return true;
    }
    return false;
  }

  bool ask_responder(std::vector<DocumentRequest>& wanted) const {
    if (!inquiry_.may_ask) return false;
    for (const auto& place : ocsp_places_) {
      auto key = key_at(place);
      if (std::ranges::find(settled_, key) != settled_.end()) continue;
      wanted.push_back({Kind::ocsp, place.uri, ocsp_request(certificate_, issuer_, inquiry_.nonce), place.configured,
                        std::move(key)});
      return true;
    }
    return false;
  }

  /// RFC 6960: what responders said of it; one that says revoked goes before others. Good or revoked, or nothing.
  std::optional<CertificateStatus> take_statuses(Learned& learned) {
    std::optional<CertificateStatus> found;
    const auto take = [&](const CertificateStatus& status) {
      if (!found || status.kind == CertificateStatus::Kind::revoked) found = status;
    };
    if (const auto* known = knowledge_.status(status_key_, now_)) take(*known);
    for (const auto& sent : rules_.sent_responses)
      if (const auto status = read_ocsp_response(sent, context({}));
          status && status->kind != CertificateStatus::Kind::unknown)
        take(*status);
    for (const auto& place : ocsp_places_) {
      const auto key = key_at(place);
      const auto came = inquiry_.documents.find(key);
      if (const auto* failure = knowledge_.failure(key, now_)) {
        failed(key, *failure);
      } else if (came != inquiry_.documents.end()) {
        auto status = read_response(place.uri, came->second);
        if (status) take(*status);
        if (status) learned.statuses.emplace_back(status_key_, *status);
        else learned.failures.emplace_back(key, status.error());
        if (status) settled_.push_back(key);
        else failed(key, status.error());
      }
    }
    return found;
  }

  Result<CertificateStatus, std::string> read_response(const std::string& uri, const Document& document) const {
    if (!document) return failure(document.error());
    auto status = read_ocsp_response(**document, context(inquiry_.nonce));
    const auto refused = [&](const std::string& why) { return failure("the OCSP response of " + uri + ": " + why); };
    if (!status) return refused(status.error());
    if (status->kind == CertificateStatus::Kind::unknown) return refused("it does not know the certificate");
    return status;
  }

  OcspContext context(OctetView nonce) const { return {certificate_, issuer_, rules_.ocsp_signers, nonce, now_}; }
  std::string key_at(const Place& place) const { return place.uri + ' ' + status_key_; }

  const Certificate& certificate_;
  const Certificate& issuer_;
  const RevocationRules& rules_;
  const Inquiry& inquiry_;
  const RevocationKnowledge& knowledge_;
  std::int64_t now_;
  std::vector<RevocationList> lists_;
  std::vector<Place> list_places_;
  std::vector<Place> delta_places_;
  std::vector<Place> ocsp_places_;
  std::string status_key_;
  bool says_where_to_ask_ = false;
  std::vector<std::string> settled_;   ///< keys that are not asked for
  std::vector<std::string> failures_;  ///< in sentences
};

}  // namespace

RevocationOutcome check_revocation(std::span<const Certificate> path, const RevocationRules& rules,
                                   const Inquiry& inquiry, const RevocationKnowledge& knowledge, std::int64_t now) {
  RevocationOutcome outcome;
  for (std::size_t i = 0; i + 1 < path.size() && !outcome.refusal; ++i)
    CertificateCheck(path[i], path[i + 1], rules, inquiry, knowledge, now).run(outcome);
  if (outcome.refusal) outcome.wanted.clear();
  std::vector<DocumentRequest> once;
  for (auto& request : outcome.wanted)
    if (std::ranges::find(once, request.key, &DocumentRequest::key) == once.end()) once.push_back(std::move(request));
  outcome.wanted = std::move(once);
  return outcome;
}

}  // namespace keypact::pki
