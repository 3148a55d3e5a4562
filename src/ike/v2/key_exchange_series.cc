#include "ike/v2/key_exchange_series.h"

#include <algorithm>

#include "ike/v2/proposal_choice.h"

namespace keypact::ike::v2 {

KeyExchangeSeries::KeyExchangeSeries(const Proposal& chosen) {
  const auto first = key_exchange_of(chosen);
  if (first == KeyExchangeMethod::NONE) return;
  to_come_ = additional_key_exchanges(chosen);
  follow_ups_ = to_come_.size();
  to_come_.insert(to_come_.begin(), first);
}

void KeyExchangeSeries::add(OctetView shared_secret) {
  to_come_.erase(to_come_.begin());
  if (!std::exchange(begun_, true)) {
    first_ = Secret::copy_of(shared_secret);
    return;
  }
  Secret longer(additional_.size() + shared_secret.size());
  const auto end = std::ranges::copy(additional_.reveal(), longer.reveal_mutable().begin()).out;
  std::ranges::copy(shared_secret, end);
  additional_ = std::move(longer);
}

}  // namespace keypact::ike::v2
