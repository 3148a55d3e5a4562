#include "pki/own_status.h"

#include "pki/ocsp.h"

namespace keypact::pki {
namespace {

/// Good, of our certificate, and by who may say so: else whoever gets it could do nothing with it.
Result<CertificateStatus, std::string> useful(const OwnStatusQuestion& question, const Document& document,
                                              const std::string& uri, std::int64_t now) {
  if (!document) return failure(document.error());
  auto status = read_ocsp_response(**document, {question.certificate, question.issuer, question.signers, {}, now});
  const auto refused = [&](const std::string& why) { return failure("the OCSP response of " + uri + ": " + why); };
  if (!status) return refused(status.error());
  if (status->kind != CertificateStatus::Kind::good) return refused("it does not say that our certificate is good");
  return status;
}

}  // namespace

OwnStatus own_status(const OwnStatusQuestion& question, const Inquiry& inquiry, const RevocationKnowledge& knowledge,
                     std::int64_t now) {
  OwnStatus outcome;
  const auto of_us = "own " + ocsp_key(question.certificate, question.issuer);
  if (const auto* known = knowledge.own_response(of_us, now)) {
    outcome.response = *known;
    return outcome;
  }
  for (const auto* uris : {&question.configured, &question.named}) {
    for (const auto& uri : *uris) {
      const auto key = uri + ' ' + of_us;
      if (knowledge.failure(key, now) != nullptr) continue;
      const auto came = inquiry.documents.find(key);
      if (came == inquiry.documents.end()) {
        if (!inquiry.may_ask) continue;
        outcome.wanted.push_back({DocumentRequest::Kind::ocsp, uri,
                                  ocsp_request(question.certificate, question.issuer, {}), uris == &question.configured,
                                  key});
        return outcome;
      }
      auto status = useful(question, came->second, uri, now);
      if (!status) {
        outcome.learned.failures.emplace_back(key, std::move(status.error()));
        continue;
      }
      outcome.response = **came->second;
      outcome.learned.own_responses.push_back({of_us, outcome.response, status->next_update});
      return outcome;
    }
  }
  return outcome;
}

}  // namespace keypact::pki
