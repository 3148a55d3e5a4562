#include "ike/v2/ppk_intermediate.h"

#include <array>

namespace keypact::ike::v2 {
namespace {

/// The best one first.
struct Way {
  PpkUse use;
  NotifyType notify;
};
constexpr std::array kWays = {Way{PpkUse::intermediate, NotifyType::USE_PPK_INT},
                              Way{PpkUse::intermediate_of_libreswan, NotifyType::LIBRESWAN_USE_PPK_INT},
                              Way{PpkUse::with_auth, NotifyType::USE_PPK}};

/// Octets of a PPK Confirmation.
constexpr std::size_t kConfirmation = 8;

/// The first octets of prf(PPK, Ni | Nr | SPIi | SPIr).
Octets confirmation(crypto::Library& library, const PpkWitness& witness, const config::Ppk& ppk) {
  const auto whole = crypto::prf(library, witness.prf, ppk.secret.reveal(),
                                 {witness.nonces.initiator, witness.nonces.responder, spi_octets(witness.initiator_spi),
                                  spi_octets(witness.responder_spi)});
  return to_octets(whole.reveal().first(kConfirmation));
}

/// PPK_ID_FIXED and a confirmation; nothing where it is anything else.
struct IdentityKey {
  OctetView id;
  OctetView confirmation;
};
std::optional<IdentityKey> parse_identity_key(const wire::NotifyPayload& notify) {
  if (notify.data.size() <= kConfirmation) return std::nullopt;
  const auto data = OctetView(notify.data);
  const auto id = ppk_id_of(data.first(data.size() - kConfirmation));
  if (!id) return std::nullopt;
  return IdentityKey{*id, data.last(kConfirmation)};
}

std::string what_was_named(const std::optional<NamedPpk>& named) {
  if (!named) return "the peer names none";
  return named->other_value ? "the peer has another value for this PPK" : "the peer names a PPK that is unknown here";
}

}  // namespace

std::vector<wire::Payload> ppk_uses(const Options& options) {
  std::vector<wire::Payload> payloads = {notify_payload(NotifyType::USE_PPK)};
  if (!options.ppk_in_intermediate) return payloads;
  payloads.push_back(notify_payload(NotifyType::USE_PPK_INT));
  payloads.push_back(notify_payload(NotifyType::LIBRESWAN_USE_PPK_INT));
  return payloads;
}

PpkUse choose_ppk_use(const Context& context, const PayloadSet& request) {
  if (context.configuration->ppks.empty()) return PpkUse::none;
  if (context.options.ppk_in_intermediate) return chosen_ppk_use(request);
  return request.notify(NotifyType::USE_PPK) != nullptr ? PpkUse::with_auth : PpkUse::none;
}

std::vector<wire::Payload> answered_ppk_use(PpkUse use) {
  for (const auto& way : kWays)
    if (way.use == use) return {notify_payload(way.notify)};
  return {};
}

PpkUse chosen_ppk_use(const PayloadSet& response) {
  const bool takes_intermediate = response.notify(NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED) != nullptr;
  for (const auto& way : kWays)
    if ((takes_intermediate || !is_intermediate(way.use)) && response.notify(way.notify) != nullptr) return way.use;
  return PpkUse::none;
}

NotifyType identity_key_of(PpkUse use) {
  return use == PpkUse::intermediate ? NotifyType::PPK_IDENTITY_KEY : NotifyType::LIBRESWAN_PPK_IDENTITY_KEY;
}

wire::Payload ppk_identity_key(crypto::Library& library, const PpkWitness& witness, PpkUse use, OctetView id,
                               const config::Ppk& ppk) {
  auto data = fixed_ppk_id(id);
  append(data, confirmation(library, witness, ppk));
  return notify_payload(identity_key_of(use), std::move(data));
}

NamedPpk find_named_ppk(const Context& context, const PpkWitness& witness, PpkUse use, const PayloadSet& request) {
  NamedPpk named;
  for (const auto* notify : request.notifies(identity_key_of(use))) {
    const auto key = parse_identity_key(*notify);
    if (!key) continue;
    auto ppk = context.configuration->ppk(key->id);
    named = {nullptr, to_octets(key->id), ppk != nullptr};
    if (!ppk || !secret_equal(confirmation(context.library, witness, *ppk), key->confirmation)) continue;
    named.ppk = std::move(ppk);
    named.other_value = false;
    break;
  }
  return named;
}

std::vector<wire::Payload> found_ppk(const NamedPpk& named) {
  if (!named.ppk) return {};
  return {notify_payload(NotifyType::PPK_IDENTITY, fixed_ppk_id(named.id))};
}

bool takes_ppk(const PayloadSet& response, OctetView id) {
  const auto* notify = response.notify(NotifyType::PPK_IDENTITY);
  return notify != nullptr && same_octets(notify->data, fixed_ppk_id(id));
}

std::optional<Refusal> refuses_named_ppk(const config::Connection& connection, const std::optional<NamedPpk>& named) {
  const bool mixed = named && named->ppk;
  // It is in the keys already, and is not the one that this connection means.
  const bool other = mixed && connection.ppk_id && !same_octets(*connection.ppk_id, named->id);
  if (mixed && !other) return std::nullopt;
  if (!mixed && !connection.ppk_required) return std::nullopt;
  auto refusal = without_ppk(connection, other ? "the peer uses another PPK" : what_was_named(named));
  if (named && !named->id.empty()) refusal.theirs.push_back("PPK_IDENTITY_KEY " + ppk_id_text(named->id));
  return refusal;
}

std::optional<Refusal> refuses_ppk_not_found(const config::Connection& connection) {
  if (!connection.ppk_required) return std::nullopt;
  auto refusal = ppk_is_required(connection, "the peer has no PPK of this id, or one of another value");
  refusal.exchange = ExchangeType::IKE_INTERMEDIATE;
  refusal.notify.reset();
  refusal.ours.push_back(connection.name + ": ppk_id = " + ppk_id_text(connection.ppk_id.value_or(Octets{})));
  return refusal;
}

}  // namespace keypact::ike::v2
