#include "jobs/run_job.h"

namespace keypact::jobs {
namespace {

using Outcome = decltype(ike::JobDone::result);

template <class Value>
Outcome outcome(Result<Value, crypto::KeyExchangeError> result) {
  if (!result) return result.error();
  return std::move(*result);
}

struct Runner {
  crypto::Library& library;
  RandomSource& random;
  const ike::Credentials& credentials;
  std::int64_t now;

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
  Outcome operator()(const ike::VerifyPeer& work) const {
    auto evidence = pki::authenticate_peer(*work.claim, *work.rules, now);
    if (!evidence) return std::move(evidence.error());
    return std::move(*evidence);
  }
};

}  // namespace

ike::JobDone run_job(const Tools& tools, ike::Job job) {
  const Runner runner{tools.library, tools.random, tools.credentials, tools.now};
  return {job.id, std::visit(runner, job.work)};
}

}  // namespace keypact::jobs
