#include "ike/v2/local_exchange.h"

namespace keypact::ike::v2 {

ControlId waiter_of(const LocalRequest& request) {
  return std::visit(
      [](const auto& r) {
        if constexpr (requires { r.request; }) return r.request;
        else return ControlId{};
      },
      request);
}

ControlId waiter_of(const LocalExchange& exchange) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.purpose.waiter; }) return e.purpose.waiter;
        else if constexpr (requires { e.waiter; }) return e.waiter;
        else return ControlId{};
      },
      exchange);
}

bool is_deletion(const LocalRequest& request) {
  return std::holds_alternative<DeleteChildRequest>(request) || std::holds_alternative<DeleteIkeRequest>(request);
}

bool is_deletion(const LocalExchange& exchange) {
  return std::holds_alternative<DeletingChild>(exchange) || std::holds_alternative<DeletingIke>(exchange);
}

const ChildPurpose* child_purpose(const LocalExchange& exchange) {
  return std::visit(
      [](const auto& e) -> const ChildPurpose* {
        if constexpr (requires { e.purpose.replaces; }) return &e.purpose;
        else return nullptr;
      },
      exchange);
}

bool is_rekeying_ike(const LocalExchange& exchange) {
  return std::holds_alternative<RekeyIkeKeyPair>(exchange) || std::holds_alternative<RekeyIkeSent>(exchange) ||
         std::holds_alternative<RekeyIkeAgreed>(exchange);
}

std::optional<ExchangeType> exchange_type_of(const LocalExchange& exchange) {
  if (std::holds_alternative<std::monostate>(exchange)) return std::nullopt;
  if (std::holds_alternative<CreateChildSent>(exchange) || std::holds_alternative<RekeyIkeSent>(exchange))
    return ExchangeType::CREATE_CHILD_SA;
  if (std::holds_alternative<CreateChildAgreed>(exchange) || std::holds_alternative<RekeyIkeAgreed>(exchange))
    return ExchangeType::IKE_FOLLOWUP_KE;
  return ExchangeType::INFORMATIONAL;
}

bool has_follow_ups(const LocalExchange& exchange) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.key_exchanges; }) return e.key_exchanges.series.has_follow_ups();
        else return false;
      },
      exchange);
}

std::optional<EspSpi> unused_spi_of(const LocalExchange& exchange) {
  if (const auto* e = std::get_if<CreateChildKeyPair>(&exchange)) return e->offer.inbound_spi;
  if (const auto* e = std::get_if<CreateChildSent>(&exchange)) return e->offer.inbound_spi;
  if (const auto* e = std::get_if<CreateChildAgreed>(&exchange)) return e->agreed.inbound_spi;
  return std::nullopt;
}

}  // namespace keypact::ike::v2
