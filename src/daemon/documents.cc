#include "daemon/documents.h"

#include "pki/ipseckey.h"

namespace keypact::daemon {

using Kind = pki::DocumentRequest::Kind;

Documents::Documents(io::EventLoop& loop, fetch::Limits limits, const std::string& trust_anchors, Note note)
    : fetches_(limits.time > Duration::zero()),
      note_(std::move(note)),
      loop_(loop),
      resolver_(loop, {trust_anchors, limits.time}),
      fetcher_(std::move(limits)) {}

void Documents::fetch(const pki::DocumentRequest& request, Answer answer) {
  if (request.kind == Kind::signed_keys || request.kind == Kind::unsigned_keys)
    return look_up(request, std::move(answer));
  fetch::Request wanted{request.uri, request.body, {}, pki::kFetchedListOctets, request.configured};
  if (request.kind == Kind::ocsp) {
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

/// The refusal says what went wrong: it names the peer that it is about.
void Documents::look_up(const pki::DocumentRequest& request, Answer answer) {
  dns::Question question{request.uri, dns::RecordType::ipseckey, request.kind == Kind::unsigned_keys};
  loop_.post([this, question = std::move(question), answer = std::move(answer)]() mutable {
    resolver_.ask(std::move(question), [answer = std::move(answer)](const dns::Records& records) mutable {
      if (records) answer(std::make_shared<const Octets>(pki::join_records(*records)));
      else answer(failure(records.error()));
    });
  });
}

}  // namespace keypact::daemon
