#include "daemon/documents.h"

namespace keypact::daemon {

void Documents::fetch(const pki::DocumentRequest& request, std::move_only_function<void(const pki::Document&)> answer) {
  fetch::Request wanted{request.uri, request.body, {}, pki::kFetchedListOctets, request.configured};
  if (request.kind == pki::DocumentRequest::Kind::ocsp) {
    // RFC 6960 §A.1
    wanted.body_type = "application/ocsp-request";
    wanted.octets = pki::kOcspOctets;
  }
  // What failed is not asked for again for a while, so it is told no oftener.
  fetcher_.fetch(std::move(wanted), [this, answer = std::move(answer)](const fetch::Fetched& fetched) mutable {
    if (!fetched) note_("cannot fetch " + fetched.error());
    answer(fetched);
  });
}

}  // namespace keypact::daemon
