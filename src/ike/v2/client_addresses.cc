#include "ike/v2/client_addresses.h"

#include <algorithm>

#include "ike/core/configuration_payload.h"
#include "ike/v2/authentication.h"

namespace keypact::ike::v2 {
namespace {

std::string text_of(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : ", ") + address.to_string();
  return text.empty() ? "none" : text;
}

std::string pools_of(const config::Connection& connection) {
  std::string text;
  for (const auto& pool : connection.pools) text += (text.empty() ? "" : ", ") + pool;
  return connection.name + ": pools = " + (text.empty() ? "none" : text);
}

/// RFC 8598 §2: then the name servers are for all names, and domains MUST be ignored.
bool takes_everything(const config::Connection& connection) {
  const auto is_everything = [](const config::SelectorPattern& pattern) {
    return !pattern.dynamic && pattern.selector == TrafficSelector::all(pattern.selector.family());
  };
  return std::ranges::any_of(connection.children,
                             [&](const auto& child) { return std::ranges::any_of(child.remote_ts, is_everything); });
}

}  // namespace

std::optional<LeaseAddresses> lease_for(const Context& context, const IkeSaRecord& record,
                                        const config::Connection& connection, const Identification& client,
                                        const PayloadSet& request) {
  auto wanted = requested_addresses(request);
  if (!wanted || wanted->empty()) return std::nullopt;
  leases::LeaseWish wish{{}, client, std::move(*wanted), record.remote.address, false};
  for (const auto& name : connection.pools)
    if (auto pool = context.configuration->pool(name)) wish.pools.push_back(std::move(pool));
  if (wish.pools.empty()) return std::nullopt;
  // RFC 7619 §2.3: nobody has no earlier address of his own to take over.
  wish.takes_over = client != nobody() && (connection.unique == config::UniquePolicy::replace ||
                                                           request.notify(NotifyType::INITIAL_CONTACT) != nullptr);
  return LeaseAddresses{std::make_unique<const leases::LeaseWish>(std::move(wish))};
}

std::optional<wire::Payload> configuration_answer(const Context& context, const IkeSaRecord& record,
                                                  const config::Connection& connection) {
  if (record.inner.remote.empty()) return std::nullopt;
  std::vector<config::PoolAttribute> attributes;
  for (const auto& name : connection.pools)
    if (const auto pool = context.configuration->pool(name))
      for (const auto& attribute : pool->attributes)
        if (std::ranges::find(attributes, attribute) == attributes.end()) attributes.push_back(attribute);
  // What the parser of a peer takes has a bound, as ours has.
  const auto most = limits::kConfigurationAttributes - record.inner.remote.size();
  if (attributes.size() > most) attributes.resize(most);
  return configuration_reply(record.inner.remote, attributes);
}

std::optional<ChildRefusal> refuses_address(const IkeSaRecord& record, const config::Connection& connection,
                                            const PayloadSet& request) {
  if (!record.inner.remote.empty()) return std::nullopt;
  const auto wanted = requested_addresses(request);
  const bool asks = wanted && !wanted->empty();
  if (!asks && connection.pools.empty()) return std::nullopt;
  const auto code = asks ? RefusalCode::no_inner_address : RefusalCode::inner_address_required;
  const auto notify = asks ? NotifyType::INTERNAL_ADDRESS_FAILURE : NotifyType::FAILED_CP_REQUIRED;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, code, notify);
  refusal.ours.push_back(pools_of(connection));
  refusal.theirs.push_back("CFG_REQUEST for " + text_of(wanted.value_or(std::vector<IpAddress>())));
  return ChildRefusal{std::move(refusal), notify_payload(notify)};
}

std::vector<IpAddress> addresses_to_ask_for(IkeSaRecord& record, const config::Connection& connection) {
  auto wanted = record.inner.local.empty() ? connection.vips : std::move(record.inner.local);
  record.inner.local.clear();
  for (const auto& address : wanted) {
    const auto any = IpAddress::unspecified(address.family());
    if (std::ranges::find(record.inner.local, any) == record.inner.local.end()) record.inner.local.push_back(any);
  }
  return wanted;
}

std::optional<Refusal> take_addresses(const Context& context, IkeSaRecord& record, const config::Connection& connection,
                                      const PayloadSet& response) {
  if (connection.vips.empty()) return std::nullopt;
  auto told = configuration_in(response);
  record.inner.local = told.addresses;
  if (told.addresses.empty()) {
    auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_inner_address);
    if (response.notify(NotifyType::INTERNAL_ADDRESS_FAILURE) != nullptr)
      refusal.notify = NotifyType::INTERNAL_ADDRESS_FAILURE;
    refusal.by_peer = true;
    refusal.ours.push_back(connection.name + ": vips = " + text_of(connection.vips));
    return refusal;
  }
  if (takes_everything(connection)) told.domains.clear();
  for (const auto& address : told.addresses) context.request(ipsec::AddInnerAddress{address});
  context.emit(ClientConfigured{record.id, connection.name, std::move(told)});
  return std::nullopt;
}

}  // namespace keypact::ike::v2
