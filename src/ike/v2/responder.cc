// IKE_SA_INIT as responder. IKE_AUTH follows in responder_auth.cc.
#include "ike/v2/responder.h"

#include <algorithm>

#include "base/limits.h"
#include "ike/core/redirect.h"
#include "ike/v2/authentication_rounds.h"
#include "ike/v2/child_mode.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/contracts.h"
#include "ike/v2/ike_sa.h"

namespace keypact::ike::v2 {
namespace {

/// Of a vendor ID that goes into a refusal: the known ones are hashes with a version, or a few words.
constexpr std::size_t kVendorIdOctets = 64;

/// An answer in clear that leaves no state behind. RFC 7296 §2.21.1: the responder's SPI is zero.
void answer_without_state(Context& context, const IkeSaRecord& record, const Received& received, wire::Payload notify) {
  auto header = record.header(ExchangeType::IKE_SA_INIT, 0, true);
  header.responder_spi = {};
  const std::vector<wire::Payload> payloads = {std::move(notify)};
  auto octets = wire::encode_message(header, payloads);
  trace_sent_in_clear(context, {}, header, payloads, octets.size());
  context.send({received.datagram.local, received.datagram.remote, std::move(octets)});
}

void refuse(Context& context, const Received& received, const std::vector<ConnectionPtr>& candidates, Refusal refusal) {
  refusal.exchange = ExchangeType::IKE_SA_INIT;
  const auto name = candidates.empty() ? std::string() : candidates.front()->name;
  context.emit(Refused{{}, received.datagram.remote, name, std::move(refusal)});
}

struct SaInitRequest {
  const wire::SaPayload* sa = nullptr;
  const wire::KePayload* ke = nullptr;
  const wire::NoncePayload* nonce = nullptr;
};

/// RFC 9370 §2.2.1: an initiator without IKE_INTERMEDIATE has no additional key exchanges, whatever it offers.
std::optional<ChosenProposal> choose_among(const std::vector<ConnectionPtr>& candidates, const SaInitRequest& request,
                                           bool takes_intermediate) {
  for (const auto& candidate : candidates) {
    const auto acceptable =
        takes_intermediate ? candidate->ike_acceptable : without_additional_key_exchange(candidate->ike_acceptable);
    auto choice = choose_proposal(*request.sa, acceptable, KeyExchangeUse::negotiate, request.ke->method);
    if (choice) return choice;
  }
  return std::nullopt;
}

/// Products are known by what they offer and by their vendor IDs.
void tell_offer(Refusal& refusal, const Received& received, const wire::SaPayload& sa) {
  refusal.offered = proposals_of(sa);
  refusal.theirs = describe(refusal.offered);
  for (const auto* id : PayloadSet(received.message.clear.payloads).all_of<wire::VendorIdPayload>()) {
    if (id->data.size() > kVendorIdOctets) continue;
    refusal.vendor_ids.push_back(id->data);
    refusal.theirs.push_back("vendor ID " + to_hex(id->data));
  }
}

void refuse_proposals(Context& context, const IkeSaRecord& record, const Received& received,
                      const std::vector<ConnectionPtr>& candidates, const SaInitRequest& request) {
  Refusal refusal;
  refusal.code = candidates.empty() ? RefusalCode::no_connection_for_address : RefusalCode::no_proposal_chosen;
  refusal.notify = NotifyType::NO_PROPOSAL_CHOSEN;
  for (const auto& candidate : candidates)
    std::ranges::move(describe(candidate->ike_acceptable), std::back_inserter(refusal.ours));
  if (candidates.empty()) refusal.theirs = {received.datagram.remote.to_string()};
  else tell_offer(refusal, received, *request.sa);
  refuse(context, received, candidates, std::move(refusal));
  answer_without_state(context, record, received, notify_payload(NotifyType::NO_PROPOSAL_CHOSEN));
}

/// RFC 7296 §1.2: the initiator guessed another method than the one we choose.
void ask_for_method(Context& context, const IkeSaRecord& record, const Received& received, KeyExchangeMethod method) {
  answer_without_state(context, record, received, invalid_ke_payload(method));
}

std::vector<wire::Payload> response_payloads(Context& context, const IkeSaRecord& record,
                                             const AwaitResponderValue& state, Octets public_value) {
  wire::SaPayload sa;
  sa.proposals.push_back(wire::ProposalSubstructure::of(state.proposal_number, state.proposal, {}));
  std::vector<wire::Payload> payloads = {std::move(sa),
                                         wire::KePayload{key_exchange_of(state.proposal), std::move(public_value)},
                                         wire::NoncePayload{state.nonce}};
  const bool pretend_nat = std::ranges::any_of(state.candidates, &config::Connection::encap);
  std::ranges::move(nat_detection_payloads(context.library, record.initiator_spi, record.responder_spi, record.local,
                                           record.remote, pretend_nat),
                    std::back_inserter(payloads));
  if (state.fragmentation.negotiated) payloads.push_back(notify_payload(NotifyType::IKEV2_FRAGMENTATION_SUPPORTED));
  // RFC 6023 §3.
  if (std::ranges::any_of(state.candidates, [](const auto& c) { return c->childless != config::Childless::never; }))
    payloads.push_back(notify_payload(NotifyType::CHILDLESS_IKEV2_SUPPORTED));
  // RFC 7427 §4.
  if (!state.peer_hashes.empty() &&
      std::ranges::any_of(state.candidates, [](const auto& c) { return has_signatures(*c); }))
    payloads.push_back(signature_hash_algorithms());
  std::ranges::move(certificate_requests(context, state.candidates), std::back_inserter(payloads));
  if (record.private_numbers &&
      std::ranges::any_of(state.candidates, [](const auto& c) { return needs_private_numbers(*c); }))
    payloads.push_back(private_numbers_known());
  // RFC 9242 §3.1: only where there is use for it.
  if (state.takes_intermediate &&
      (!additional_key_exchanges(state.proposal).empty() || is_intermediate(state.ppk)))
    payloads.push_back(notify_payload(NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED));
  std::ranges::move(answered_ppk_use(state.ppk), std::back_inserter(payloads));
  // RFC 4739 §2.1.
  if (std::ranges::any_of(state.candidates, [](const auto& c) { return has_several_rounds(*c); }))
    payloads.push_back(notify_payload(NotifyType::MULTIPLE_AUTH_SUPPORTED));
  return payloads;
}

/// RFC 5685 §9.1, §9.3.
bool follows_redirects(const PayloadSet& request) {
  return request.notify(NotifyType::REDIRECT_SUPPORTED) != nullptr ||
         request.notify(NotifyType::REDIRECTED_FROM) != nullptr;
}

/// Whoever comes from that gateway already would be sent in a circle.
bool is_sent_there(const IpAddress& gateway, const Datagram& request, const PayloadSet& payloads) {
  const auto* notify = payloads.notify(NotifyType::REDIRECTED_FROM);
  const auto from = notify != nullptr ? parse_redirected_from(notify->data) : std::nullopt;
  return gateway != request.local.address && from != gateway && gateway.family() == request.local.address.family();
}

/// RFC 5685 §3: nothing is kept of who is sent on.
bool sends_on(Context& context, const IkeSaRecord& record, const Received& received, const PayloadSet& payloads,
              OctetView nonce) {
  const auto& gateway = context.options.redirect_to;
  if (!gateway || context.options.redirect_when_authenticated || !follows_redirects(payloads)) return false;
  if (!is_sent_there(*gateway, received.datagram, payloads)) return false;
  ++context.counters.redirected;
  answer_without_state(context, record, received,
                       notify_payload(NotifyType::REDIRECT, redirect_data(Identification::of(*gateway), nonce)));
  return true;
}

Closed drop_attempt(Context& context, const IkeSaRecord& record, Refusal refusal) {
  context.emit(Refused{record.id, record.remote, {}, refusal});
  return {std::move(refusal), false, {}, std::nullopt, context.now};
}

}  // namespace

std::optional<State> begin_responder(Context& context, IkeSaRecord& record, const Received& received) {
  const PayloadSet payloads(received.message.clear.payloads);
  const SaInitRequest request{payloads.find<wire::SaPayload>(), payloads.find<wire::KePayload>(),
                              payloads.find<wire::NoncePayload>()};
  auto candidates =
      connections_between(*context.configuration, received.datagram.local.address, received.datagram.remote.address);
  const bool takes_intermediate = payloads.notify(NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED) != nullptr;
  auto choice = choose_among(candidates, request, takes_intermediate);
  if (!choice) {
    refuse_proposals(context, record, received, candidates, request);
    return std::nullopt;
  }
  if (sends_on(context, record, received, payloads, request.nonce->nonce)) return std::nullopt;
  const auto method = key_exchange_of(choice->proposal);
  if (method != request.ke->method) {
    ask_for_method(context, record, received, method);
    return std::nullopt;
  }
  // The length is checked before any computation sees the value.
  if (request.ke->data.size() != crypto::initiator_value_octets(method)) {
    Refusal refusal;
    refusal.code = RefusalCode::key_exchange_failed;
    refusal.detail = "the KE payload has " + std::to_string(request.ke->data.size()) + " octets, " + to_string(method) +
                     " takes " + std::to_string(crypto::initiator_value_octets(method));
    refuse(context, received, candidates, std::move(refusal));
    answer_without_state(context, record, received, notify_payload(NotifyType::INVALID_SYNTAX));
    return std::nullopt;
  }
  record.nat = detect_nat(context.library, record.initiator_spi, IkeSpi{}, received.datagram.local,
                          received.datagram.remote, payloads);
  record.private_numbers = knows_private_numbers(payloads);
  const auto job = context.start(JobClass::sa_init, RespondKeyExchange{method, request.ke->data});
  FragmentationUse fragmentation;
  for (const auto& candidate : candidates)
    if (const auto use = fragmentation_use(candidate->fragmentation, payloads); use.negotiated)
      fragmentation = {true, use.send || fragmentation.send};
  return AwaitResponderValue{std::move(candidates),
                             received.datagram.octets,
                             request.nonce->nonce,
                             context.random.octets(kNonceOctets),
                             choice->number,
                             std::move(choice->proposal),
                             fragmentation,
                             follows_redirects(payloads),
                             signature_wishes(payloads).hashes,
                             choose_ppk_use(context, payloads),
                             takes_intermediate,
                             job,
                             context.now + context.half_open_life};
}

State on(AwaitResponderValue&& state, JobDone&& done, Context& context, IkeSaRecord& record) {
  auto* responded = std::get_if<crypto::Responded>(&done.result);
  if (responded == nullptr) {
    Refusal refusal;
    refusal.code = RefusalCode::key_exchange_failed;
    refusal.exchange = ExchangeType::IKE_SA_INIT;
    refusal.notify = NotifyType::INVALID_SYNTAX;
    if (const auto* error = std::get_if<crypto::KeyExchangeError>(&done.result))
      refusal.detail = crypto::to_string(*error);
    const auto header = record.header(ExchangeType::IKE_SA_INIT, 0, true);
    context.send(
        {record.local, record.remote, wire::encode_message(header, {notify_payload(NotifyType::INVALID_SYNTAX)})});
    return drop_attempt(context, record, std::move(refusal));
  }
  const auto header = record.header(ExchangeType::IKE_SA_INIT, 0, true);
  const auto payloads = response_payloads(context, record, state, std::move(responded->public_value));
  auto response = wire::encode_message(header, payloads);
  trace_sent_in_clear(context, record.id, header, payloads, response.size());
  context.send({record.local, record.remote, response});
  auto keys = derive_ike_keys(context.library, state.proposal, {state.peer_nonce, state.nonce},
                              responded->shared_secret.reveal(), record.initiator_spi, record.responder_spi);
  export_ike_keys(context, record, keys);
  auto to_come = additional_key_exchanges(state.proposal);
  return AwaitAuthRequest{std::move(state.candidates),
                          std::move(state.request),
                          std::move(response),
                          std::move(state.peer_nonce),
                          std::move(state.nonce),
                          std::move(state.proposal),
                          SecureChannel(std::move(keys), false, state.fragmentation),
                          state.peer_follows_redirects,
                          std::move(state.peer_hashes),
                          0,
                          state.expires,
                          std::move(to_come),
                          {},
                          ResponseWindow{1},
                          state.ppk};
}

}  // namespace keypact::ike::v2
