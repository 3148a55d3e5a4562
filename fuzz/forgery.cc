#include "fuzz/forgery.h"

#include <algorithm>

#include "ike/core/protection.h"

namespace keypact::fuzz {
namespace {

using wire::Payload;

/// What lies under the protection of one message, or of one of its fragments.
struct Text {
  PayloadType first = PayloadType::None;
  Octets octets;
};

const ike::v2::SecureChannel* channel_of(const ike::v2::IkeSa& sa) {
  return std::visit(
      [](const auto& state) -> const ike::v2::SecureChannel* {
        if constexpr (requires { state.parts().channel; }) return &state.parts().channel;
        else if constexpr (requires { state.channel; }) return &state.channel;
        else return nullptr;
      },
      sa.state());
}
const PacketKeys& keys_of_peer(const ike::v2::IkeSa& sa) {
  const auto& keys = channel_of(sa)->keys();
  return sa.record().initiator ? keys.responder : keys.initiator;
}

/// One that neither of the honest ends comes to.
std::uint64_t next_counter() {
  static std::uint64_t counter = 1ull << 40;
  return ++counter;
}

EspSpi some_spi(EnginePair& pair, Script& script) {
  const auto& children = pair.ours().stack.child_sas();
  const auto kind = script.u8();
  if (children.empty() || kind % 4 == 3) return EspSpi{script.u32()};
  const auto& sa = std::next(children.begin(), static_cast<std::ptrdiff_t>(kind / 4 % children.size()))->second;
  return kind % 4 == 0 ? sa.inbound_spi : sa.outbound_spi;
}
Octets octets_of(EspSpi spi) {
  const auto value = static_cast<std::uint32_t>(spi.value);
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

Payload some_notify(EnginePair& pair, Script& script) {
  using enum NotifyType;
  static constexpr NotifyType kTypes[] = {INVALID_IKE_SPI,
                                          INVALID_SYNTAX,
                                          INVALID_SPI,
                                          NO_PROPOSAL_CHOSEN,
                                          INVALID_KE_PAYLOAD,
                                          AUTHENTICATION_FAILED,
                                          NO_ADDITIONAL_SAS,
                                          TS_UNACCEPTABLE,
                                          INVALID_SELECTORS,
                                          UNACCEPTABLE_ADDRESSES,
                                          UNEXPECTED_NAT_DETECTED,
                                          TEMPORARY_FAILURE,
                                          CHILD_SA_NOT_FOUND,
                                          INITIAL_CONTACT,
                                          SET_WINDOW_SIZE,
                                          ADDITIONAL_TS_POSSIBLE,
                                          NAT_DETECTION_SOURCE_IP,
                                          NAT_DETECTION_DESTINATION_IP,
                                          COOKIE,
                                          USE_TRANSPORT_MODE,
                                          REKEY_SA,
                                          MOBIKE_SUPPORTED,
                                          ADDITIONAL_IP4_ADDRESS,
                                          ADDITIONAL_IP6_ADDRESS,
                                          NO_ADDITIONAL_ADDRESSES,
                                          UPDATE_SA_ADDRESSES,
                                          COOKIE2,
                                          NO_NATS_ALLOWED,
                                          REDIRECT_SUPPORTED,
                                          REDIRECT,
                                          REDIRECTED_FROM,
                                          CHILDLESS_IKEV2_SUPPORTED,
                                          IKEV2_FRAGMENTATION_SUPPORTED};
  wire::NotifyPayload notify;
  notify.type = kTypes[script.below(std::size(kTypes))];
  const auto form = script.u8();
  if (form % 4 == 1) {
    notify.protocol = ProtocolId::ESP;
    notify.spi = octets_of(some_spi(pair, script));
  }
  if (form % 4 == 2) notify.data = octets_of(some_spi(pair, script));
  if (form % 4 == 3) notify.data = to_octets(script.octets(script.below(40)));
  return notify;
}

Payload some_sa(EnginePair& pair, Script& script) {
  wire::SaPayload sa;
  for (auto count = 1 + script.u8() % 2; count > 0; --count) {
    const bool of_ike = script.u8() % 2 == 1;
    const auto& site = pair.our_site();
    auto spi = to_octets(script.octets(of_ike ? 8 : 4));
    spi.resize(of_ike ? 8 : 4, 7);
    sa.proposals.push_back(wire::ProposalSubstructure::of(static_cast<std::uint8_t>(sa.proposals.size() + 1),
                                                          (of_ike ? site.ike_proposals : site.esp_proposals).front(),
                                                          spi));
  }
  return sa;
}

Payload some_selectors(EnginePair& pair, Script& script) {
  const auto& site = pair.our_site();
  const auto role = script.u8() % 2 == 0 ? PayloadType::TSi : PayloadType::TSr;
  switch (script.below(3)) {
    case 0: return wire::TsPayload::of(role, {TrafficSelector::of(site.local_network)});
    case 1: return wire::TsPayload::of(role, {TrafficSelector::of(site.remote_network)});
    default: return wire::TsPayload::of(role, {TrafficSelector::all(IpFamily::v4)});
  }
}

Payload some_payload(EnginePair& pair, Script& script) {
  switch (script.below(9)) {
    case 0:
    case 1: return some_notify(pair, script);
    case 2: return wire::DeletePayload{ProtocolId::IKE, {}};
    case 3: {
      wire::DeletePayload gone{ProtocolId::ESP, {}};
      for (auto count = 1 + script.u8() % 3; count > 0; --count) gone.spis.push_back(some_spi(pair, script));
      return gone;
    }
    case 4: {
      auto nonce = to_octets(script.octets(8));
      nonce.resize(32, 9);
      return wire::NoncePayload{nonce};
    }
    case 5: {
      const auto method = script.u8() % 4 == 0 ? KeyExchangeMethod::ECP_256 : KeyExchangeMethod::CURVE25519;
      return wire::KePayload{method, Octets(crypto::initiator_value_octets(method), std::uint8_t{5})};
    }
    case 6: return some_sa(pair, script);
    case 7: return some_selectors(pair, script);
    default:
      return wire::UnknownPayload{static_cast<PayloadType>(script.u8()), to_octets(script.octets(script.below(16)))};
  }
}

Text text_of(const std::vector<Payload>& payloads) {
  return {payloads.empty() ? PayloadType::None : wire::type_of(payloads.front()), wire::encode_payload_chain(payloads)};
}

void change_octets(Octets& octets, Script& script) {
  if (octets.empty()) return;
  if (script.u8() % 8 == 0) return octets.resize(script.u16() % octets.size());
  for (auto count = 1 + script.u8() % 3; count > 0; --count)
    octets[script.u16() % octets.size()] = static_cast<std::uint8_t>(script.u8());
}

/// True: it changed one.
bool change_payloads(EnginePair& pair, std::vector<Payload>& payloads, Script& script) {
  const auto place = payloads.empty() ? 0 : script.below(payloads.size());
  const auto at = payloads.begin() + static_cast<std::ptrdiff_t>(place);
  switch (script.below(5)) {
    case 0: payloads.insert(at, some_payload(pair, script)); break;
    case 1: payloads.push_back(some_payload(pair, script)); break;
    case 2:
      if (payloads.empty()) return false;
      payloads.erase(at);
      break;
    case 3:
      if (payloads.empty()) return false;
      *at = some_payload(pair, script);
      break;
    default:
      if (payloads.empty()) return false;
      payloads.push_back(*at);
      break;
  }
  return true;
}

void change_text(EnginePair& pair, Text& text, Script& script) {
  auto chain = wire::parse_payload_chain(text.first, text.octets);
  if (!chain || script.u8() % 4 == 0) return change_octets(text.octets, script);
  for (auto count = 1 + script.u8() % 3; count > 0; --count) (void)change_payloads(pair, chain->payloads, script);
  text = text_of(chain->payloads);
}

/// The IKE SA of ours that can open it.
const ike::v2::IkeSa* owner_of(EnginePair& pair, const wire::Header& header) {
  for (const auto& [id, sa] : pair.ours().engine.ike_sas())
    if (sa.record().local_spi() == (header.initiator ? header.responder_spi : header.initiator_spi) &&
        channel_of(sa) != nullptr)
      return &sa;
  return nullptr;
}

}  // namespace

void forge(EnginePair& pair, const ike::v2::IkeSa& sa, Script& script) {
  static constexpr ExchangeType kExchanges[] = {ExchangeType::INFORMATIONAL, ExchangeType::CREATE_CHILD_SA,
                                                ExchangeType::IKE_AUTH, ExchangeType::IKE_SA_INIT};
  const auto form = script.u8();
  const auto& record = sa.record();
  const bool response = form % 2 == 1;
  const auto ids = pair.message_ids(record);
  auto id = response ? ids.of_our_request : ids.expected;
  if (form / 8 % 8 == 7) id += script.u8() - 2u;
  auto header = record.header(kExchanges[form / 2 % 4], id, response);
  header.initiator = !record.initiator;

  std::vector<Payload> payloads;
  for (auto count = form / 64; count > 0; --count) payloads.push_back(some_payload(pair, script));
  Flying forged{true, {record.local, record.remote, {}}};
  if (channel_of(sa) == nullptr) {
    forged.datagram.octets = wire::encode_message(header, payloads);
    return pair.deliver(forged);
  }
  const auto text = text_of(payloads);
  ike::ProtectedPart part{text.first, text.octets};
  if (form / 8 % 8 == 6) {
    part.number = static_cast<std::uint16_t>(script.below(70));
    part.total = static_cast<std::uint16_t>(script.below(70));
  }
  forged.datagram.octets =
      ike::seal_part(pair.library(), pair.peer().random, keys_of_peer(sa), next_counter(), header, part);
  pair.deliver(forged);
}

void arrive_changed(EnginePair& pair, Flying flying, Script& script) {
  auto& octets = flying.datagram.octets;
  const auto message = wire::parse_message(octets);
  const auto* owner = message && message->encrypted && flying.to_ours ? owner_of(pair, message->header) : nullptr;
  if (owner == nullptr) {
    auto payloads = message && !message->encrypted ? message->clear.payloads : std::vector<Payload>{};
    if (script.u8() % 2 == 0 || payloads.empty() || !change_payloads(pair, payloads, script))
      change_octets(octets, script);
    else octets = wire::encode_message(message->header, payloads);
    return pair.deliver(flying);
  }
  const auto opened = ike::open_part(pair.library(), keys_of_peer(*owner), octets, *message);
  const auto* inner = std::get_if<Octets>(&opened);
  if (inner == nullptr) return pair.deliver(flying);
  const auto& part = *message->encrypted;
  Text text{part.first_inner, *inner};
  change_text(pair, text, script);
  flying.datagram.octets =
      ike::seal_part(pair.library(), pair.peer().random, keys_of_peer(*owner), next_counter(), message->header,
                     {text.first, text.octets, part.fragment_number, part.total_fragments});
  pair.deliver(flying);
}

}  // namespace keypact::fuzz
