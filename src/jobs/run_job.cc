#include "jobs/run_job.h"

#include "base/check.h"
#include "jobs/eap_jobs.h"

namespace keypact::jobs {
namespace {

using Outcome = decltype(ike::JobDone::result);

template <class Value>
Outcome outcome(Result<Value, crypto::KeyExchangeError> result) {
  if (!result) return result.error();
  return std::move(*result);
}

struct Runner {
  const Tools& tools;

  Outcome operator()(ike::BeginKeyExchange& work) const {
    return outcome(crypto::begin_key_exchange(tools.library, work.method, tools.random));
  }
  Outcome operator()(ike::RespondKeyExchange& work) const {
    return outcome(crypto::respond_key_exchange(tools.library, work.method, work.initiator_value, tools.random));
  }
  Outcome operator()(ike::FinishKeyExchange& work) const {
    return outcome(crypto::finish_key_exchange(tools.library, std::move(work.state), work.responder_value));
  }
  // Those that may have to wait are run by run().
  Outcome operator()(const ike::SignAuth&) const { return ike::KeyGone{}; }
  Outcome operator()(const ike::VerifyPeer&) const { return pki::Refusal{}; }
  Outcome operator()(const ike::LeaseAddresses& work) const { return ike::Leased{tools.leases.lease(*work.wish)}; }
  Outcome operator()(const ike::ReleaseAddresses& work) const {
    tools.leases.release(work.leases);
    return ike::Released{};
  }
  Outcome operator()(ike::EapServerStep& work) const { return run_eap_step(tools, std::move(work)); }
  Outcome operator()(ike::EapClientStep& work) const { return run_eap_step(tools, std::move(work)); }
};

/// What was learned is there for everybody.
std::shared_ptr<const pki::RevocationKnowledge> known_to(const Tools& tools) {
  static const auto nothing = std::make_shared<const pki::RevocationKnowledge>();
  return tools.knowledge == nullptr ? nothing : tools.knowledge->look();
}
void learn(const Tools& tools, pki::Learned learned) {
  if (tools.knowledge != nullptr) tools.knowledge->learn(std::move(learned), tools.now);
}

Ran run(const Tools& tools, JobId id, ike::VerifyPeer work, pki::Inquiry inquiry) {
  auto ran = pki::authenticate_peer(*work.claim, *work.rules, tools.now, inquiry, *known_to(tools));
  learn(tools, std::move(ran.learned));
  if (auto* peer = std::get_if<pki::AuthenticatedPeer>(&ran.outcome)) return ike::JobDone{id, std::move(*peer)};
  if (auto* refusal = std::get_if<pki::Refusal>(&ran.outcome)) return ike::JobDone{id, std::move(*refusal)};
  auto& wanted = std::get<pki::WantedDocuments>(ran.outcome);
  return Waiting{id, std::move(work), std::move(inquiry), std::move(wanted.requests)};
}

Ran run(const Tools& tools, JobId id, ike::SignAuth work, pki::Inquiry inquiry) {
  std::shared_ptr<const Octets> response;
  if (work.status) {
    auto status = pki::own_status(*work.status, inquiry, *known_to(tools), tools.now);
    learn(tools, std::move(status.learned));
    if (!status.wanted.empty()) return Waiting{id, std::move(work), std::move(inquiry), std::move(status.wanted)};
    if (!status.response.empty()) response = std::make_shared<const Octets>(std::move(status.response));
  }
  const auto* key = tools.credentials.private_key(work.key);
  if (key == nullptr) return ike::JobDone{id, ike::KeyGone{}};
  auto signature = key->sign(*work.scheme, work.octets);
  if (!signature) return ike::JobDone{id, signature.error()};
  return ike::JobDone{id, ike::Signed{std::move(*signature), std::move(response)}};
}

}  // namespace

Ran start_job(const Tools& tools, ike::Job job) {
  pki::Inquiry inquiry;
  inquiry.may_ask = tools.knowledge != nullptr;
  if (auto* work = std::get_if<ike::VerifyPeer>(&job.work)) {
    if (inquiry.may_ask) inquiry.nonce = tools.random.octets(pki::kOcspNonceOctets);
    return run(tools, job.id, std::move(*work), std::move(inquiry));
  }
  if (auto* work = std::get_if<ike::SignAuth>(&job.work))
    return run(tools, job.id, std::move(*work), std::move(inquiry));
  return ike::JobDone{job.id, std::visit(Runner{tools}, job.work)};
}

Ran go_on(const Tools& tools, Waiting waiting) {
  return std::visit([&](auto& work) { return run(tools, waiting.id, std::move(work), std::move(waiting.inquiry)); },
                    waiting.work);
}

ike::JobDone run_job(const Tools& tools, ike::Job job) {
  auto ran = start_job({tools.library, tools.random, tools.credentials, tools.leases, tools.now}, std::move(job));
  CHECK(std::holds_alternative<ike::JobDone>(ran));
  return std::move(std::get<ike::JobDone>(ran));
}

}  // namespace keypact::jobs
