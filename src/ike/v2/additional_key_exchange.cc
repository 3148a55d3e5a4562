#include "ike/v2/additional_key_exchange.h"

namespace keypact::ike::v2 {

Octets link_of(const PayloadSet& payloads) {
  const auto* notify = payloads.notify(NotifyType::ADDITIONAL_KEY_EXCHANGE);
  return notify != nullptr ? notify->data : Octets();
}

std::optional<Refusal> refuses_value(ExchangeType exchange, const wire::KePayload& value, KeyExchangeMethod agreed,
                                     ValueOf maker) {
  if (value.method != agreed) {
    auto refusal = refusal_in(exchange, RefusalCode::key_exchange_method, NotifyType::INVALID_SYNTAX);
    refusal.detail = "the KE payload has " + to_string(value.method) + ", agreed on was " + to_string(agreed);
    return refusal;
  }
  const auto octets =
      maker == ValueOf::initiator ? crypto::initiator_value_octets(agreed) : crypto::responder_value_octets(agreed);
  if (value.data.size() == octets) return std::nullopt;
  auto refusal = refusal_in(exchange, RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX);
  refusal.detail = "the KE payload has " + std::to_string(value.data.size()) + " octets, " + to_string(agreed) +
                   " takes " + std::to_string(octets);
  return refusal;
}

Refusal failed_key_exchange(ExchangeType exchange, KeyExchangeMethod method, const JobDone& done) {
  auto refusal = refusal_in(exchange, RefusalCode::key_exchange_failed, NotifyType::INVALID_SYNTAX);
  refusal.detail = "additional key exchange with " + to_string(method);
  if (const auto* error = std::get_if<crypto::KeyExchangeError>(&done.result))
    refusal.detail += ": " + crypto::to_string(*error);
  return refusal;
}

}  // namespace keypact::ike::v2
