#include "sim/toy_key_exchange.h"

namespace keypact::sim {

ike::JobDone run_toy_key_exchange(const ike::Job& job, RandomSource& random, crypto::KeyExchangeState& hollow) {
  if (const auto* begin = std::get_if<ike::BeginKeyExchange>(&job.work))
    return {job.id, crypto::Begun{std::move(hollow), random.octets(crypto::initiator_value_octets(begin->method))}};
  if (const auto* respond = std::get_if<ike::RespondKeyExchange>(&job.work)) {
    auto value = random.octets(crypto::responder_value_octets(respond->method));
    auto secret = Secret::copy_of(value);
    return {job.id, crypto::Responded{std::move(value), std::move(secret)}};
  }
  return {job.id, Secret::copy_of(std::get<ike::FinishKeyExchange>(job.work).responder_value)};
}

}  // namespace keypact::sim
