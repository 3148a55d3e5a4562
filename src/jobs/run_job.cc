#include "jobs/run_job.h"

#include "base/check.h"

namespace keypact::jobs {
namespace {

using Outcome = decltype(ike::JobDone::result);

template <class Value>
Outcome outcome(Result<Value, crypto::KeyExchangeError> result) {
  if (!result) return result.error();
  return std::move(*result);
}

/// All work but VerifyPeer, which may have to wait.
struct Runner {
  crypto::Library& library;
  RandomSource& random;
  const ike::Credentials& credentials;
  leases::LeaseBook& leases;

  Outcome operator()(ike::BeginKeyExchange& work) const {
    return outcome(crypto::begin_key_exchange(library, work.method, random));
  }
  Outcome operator()(ike::RespondKeyExchange& work) const {
    return outcome(crypto::respond_key_exchange(library, work.method, work.initiator_value, random));
  }
  Outcome operator()(ike::FinishKeyExchange& work) const {
    return outcome(crypto::finish_key_exchange(library, std::move(work.state), work.responder_value));
  }
  Outcome operator()(const ike::SignAuth& work) const {
    const auto* key = credentials.private_key(work.key);
    if (key == nullptr) return ike::KeyGone{};
    auto signature = key->sign(*work.scheme, work.octets);
    if (!signature) return signature.error();
    return ike::Signed{std::move(*signature)};
  }
  Outcome operator()(const ike::VerifyPeer&) const { return pki::Refusal{}; }
  Outcome operator()(const ike::LeaseAddresses& work) const { return ike::Leased{leases.lease(*work.wish)}; }
  Outcome operator()(const ike::ReleaseAddresses& work) const {
    leases.release(work.leases);
    return ike::Released{};
  }
};

Ran verify(const Tools& tools, JobId id, ike::VerifyPeer work, pki::Inquiry inquiry) {
  static const pki::RevocationKnowledge nothing;
  const auto knowledge = tools.knowledge == nullptr ? nullptr : tools.knowledge->look();
  auto ran =
      pki::authenticate_peer(*work.claim, *work.rules, tools.now, inquiry, knowledge == nullptr ? nothing : *knowledge);
  if (tools.knowledge != nullptr) tools.knowledge->learn(std::move(ran.learned), tools.now);
  if (auto* peer = std::get_if<pki::AuthenticatedPeer>(&ran.outcome)) return ike::JobDone{id, std::move(*peer)};
  if (auto* refusal = std::get_if<pki::Refusal>(&ran.outcome)) return ike::JobDone{id, std::move(*refusal)};
  auto& wanted = std::get<pki::WantedDocuments>(ran.outcome);
  return Waiting{id, std::move(work), std::move(inquiry), std::move(wanted.requests)};
}

}  // namespace

Ran start_job(const Tools& tools, ike::Job job) {
  if (auto* work = std::get_if<ike::VerifyPeer>(&job.work)) {
    pki::Inquiry inquiry;
    inquiry.may_ask = tools.knowledge != nullptr;
    if (inquiry.may_ask) inquiry.nonce = tools.random.octets(pki::kOcspNonceOctets);
    return verify(tools, job.id, std::move(*work), std::move(inquiry));
  }
  return ike::JobDone{job.id, std::visit(Runner{tools.library, tools.random, tools.credentials, tools.leases}, job.work)};
}

Ran go_on(const Tools& tools, Waiting waiting) {
  return verify(tools, waiting.id, std::move(waiting.work), std::move(waiting.inquiry));
}

ike::JobDone run_job(const Tools& tools, ike::Job job) {
  auto ran = start_job({tools.library, tools.random, tools.credentials, tools.leases, tools.now}, std::move(job));
  CHECK(std::holds_alternative<ike::JobDone>(ran));
  return std::move(std::get<ike::JobDone>(ran));
}

}  // namespace keypact::jobs
