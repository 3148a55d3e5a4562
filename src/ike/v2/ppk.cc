#include "ike/v2/ppk.h"

namespace keypact::ike::v2 {
namespace {

/// RFC 8784 §5.1.
constexpr std::uint8_t kFixed = 2;

/// The one that the peer names, where this connection takes it.
PpkPointer known_ppk(const Context& context, const config::Connection& connection, const wire::NotifyPayload& notify) {
  const auto id = ppk_id_of(notify.data);
  if (!id || (connection.ppk_id && !same_octets(*connection.ppk_id, *id))) return nullptr;
  return context.configuration->ppk(*id);
}

/// RFC 8784 §3: authentication without a PPK, by the method that AUTH names.
bool take_proof_without_ppk(std::vector<wire::Payload>& request) {
  const auto* proof = PayloadSet(request).notify(NotifyType::NO_PPK_AUTH);
  if (proof == nullptr) return false;
  const auto data = proof->data;
  for (auto& payload : request)
    if (auto* auth = std::get_if<wire::AuthPayload>(&payload.body)) auth->data = data;
  return true;
}

}  // namespace

std::string ppk_id_text(OctetView id) { return Identification{IdType::ID_FQDN, to_octets(id)}.to_string(); }

std::optional<OctetView> ppk_id_of(OctetView data) {
  if (data.size() < 2 || data.front() != kFixed) return std::nullopt;
  return data.subspan(1);
}

Octets fixed_ppk_id(OctetView id) {
  Octets data = {kFixed};
  append(data, id);
  return data;
}

Refusal without_ppk(const config::Connection& connection, std::string detail) {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_ppk, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(connection.name +
                         ": ppk_id = " + (connection.ppk_id ? ppk_id_text(*connection.ppk_id) : std::string("(any)")));
  refusal.detail = std::move(detail);
  return refusal;
}

Result<PpkPointer, Refusal> ppk_to_offer(const config::Snapshot& configuration, const config::Connection& connection) {
  auto ppk = connection.ppk_id ? configuration.ppk(*connection.ppk_id) : nullptr;
  if (ppk || !connection.ppk_required) return ppk;
  auto refusal = without_ppk(connection, "no section ppk* of the secrets has this id");
  refusal.exchange.reset();
  refusal.notify.reset();
  return failure(std::move(refusal));
}

Refusal ppk_is_required(const config::Connection& connection, std::string detail) {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::ppk_required, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(connection.name + ": ppk_required = yes");
  refusal.detail = std::move(detail);
  return refusal;
}

std::optional<Refusal> refuses_peer_without_ppk(const config::Connection& connection) {
  if (!connection.ppk_required) return std::nullopt;
  auto refusal = ppk_is_required(connection, "the response to IKE_SA_INIT has neither USE_PPK_INT nor USE_PPK");
  refusal.exchange = ExchangeType::IKE_SA_INIT;
  refusal.notify.reset();
  return refusal;
}

wire::Payload ppk_identity(const config::Connection& connection) {
  return notify_payload(NotifyType::PPK_IDENTITY, fixed_ppk_id(connection.ppk_id.value_or(Octets{})));
}

Result<PpkPointer, Refusal> ppk_asked_for(const Context& context, const config::Connection& connection,
                                          std::vector<wire::Payload>& request) {
  const auto* notify = PayloadSet(request).notify(NotifyType::PPK_IDENTITY);
  // RFC 8784 §3: both have said USE_PPK, so there must be one.
  if (notify == nullptr) return failure(without_ppk(connection, "the request has no PPK_IDENTITY"));
  if (auto ppk = known_ppk(context, connection, *notify)) return ppk;
  auto refusal = without_ppk(connection, "");
  refusal.theirs.push_back("PPK_IDENTITY " + ppk_id_text(ppk_id_of(notify->data).value_or(OctetView(notify->data))));
  // RFC 8784 §3, table 1.
  if (connection.ppk_required) {
    refusal.detail = "the peer names a PPK that this connection does not know, and ppk_required = yes";
    return failure(std::move(refusal));
  }
  if (take_proof_without_ppk(request)) return PpkPointer();
  refusal.detail = "the peer names a PPK that this connection does not know, and does not go without";
  return failure(std::move(refusal));
}

}  // namespace keypact::ike::v2
