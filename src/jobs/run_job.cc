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

  Outcome operator()(ike::BeginKeyExchange& work) const {
    return outcome(crypto::begin_key_exchange(library, work.method, random));
  }
  Outcome operator()(ike::RespondKeyExchange& work) const {
    return outcome(crypto::respond_key_exchange(library, work.method, work.initiator_value, random));
  }
  Outcome operator()(ike::FinishKeyExchange& work) const {
    return outcome(crypto::finish_key_exchange(library, std::move(work.state), work.responder_value));
  }
};

}  // namespace

ike::JobDone run_job(crypto::Library& library, RandomSource& random, ike::Job job) {
  return {job.id, std::visit(Runner{library, random}, job.work)};
}

}  // namespace keypact::jobs
