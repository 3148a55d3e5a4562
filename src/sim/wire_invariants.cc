#include "sim/wire_invariants.h"

#include <algorithm>

namespace keypact::sim {
namespace {

/// The shortest explicit IV of all ciphers; of a longer one, which is random then, these octets are as good as all.
constexpr std::size_t kIvOctets = 8;

std::string name_of(const wire::Header& header) {
  return to_string(header.exchange) + (header.response ? " response " : " request ") +
         std::to_string(header.message_id);
}

}  // namespace

void WireInvariants::check(const Step& step, BrokenInvariant& broken) {
  for (const auto& datagram : step.sent) {
    const auto message = wire::parse_message(datagram.octets);
    if (!message) return broken.report(4, step.node->name, "sends a message that cannot be parsed");
    // Answers that leave no state behind may differ from one another: they carry no responder SPI (RFC 7296 §2.6), or say in clear
    // that it is not known (§1.5).
    const bool stateless = message->header.responder_spi.is_zero() ||
                           (!message->encrypted && message->header.exchange != ExchangeType::IKE_SA_INIT);
    if (!stateless) check_repeated(step, *message, datagram.octets, broken);
    if (message->encrypted) check_iv(step, *message, datagram.octets, broken);
    else check_clear(step, *message, broken);
  }
}

WireInvariants::Channel& WireInvariants::channel_of(const wire::Header& header, bool from_initiator) {
  return channels_[{header.initiator_spi, header.responder_spi, from_initiator}];
}

void WireInvariants::check_repeated(const Step& step, const wire::Message& message, const Octets& octets,
                                    BrokenInvariant& broken) {
  const auto& header = message.header;
  auto& channel = channel_of(header, header.initiator);
  auto& sent = header.response ? channel.responses : channel.requests;
  // RFC 7383 §2.6.1: fragments are told apart by their number and total as well; of a message as a whole these are 0.
  std::uint64_t name = header.message_id;
  if (message.encrypted)
    name = name << 32 | message.encrypted->total_fragments << 16 | message.encrypted->fragment_number;
  else name <<= 32;
  const auto [first, fresh] = sent.emplace(name, octets);
  // RFC 7296 §2.1: a retransmission is bit for bit what was sent before, a request as well as a response.
  if (!fresh && first->second != octets) broken.report(4, step.node->name, "sends another " + name_of(header));
  // An older one may be asked for again: IKE_SA_INIT's, while IKE_INTERMEDIATE goes on.
  if (header.response) channel.last_response = std::max(channel.last_response, std::optional(header.message_id));
  if (header.response || !fresh) return;
  // RFC 7296 §2.2: message IDs go up by one.
  const auto expected = channel.last_request ? *channel.last_request + 1 : header.message_id;
  if (channel.last_request == header.message_id) return;
  if (header.message_id != expected)
    broken.report(4, step.node->name, "sends " + name_of(header) + " instead of " + std::to_string(expected));
  // RFC 7296 §2.3: a window of one. The request before this one must have been answered.
  const auto answered = channel_of(header, !header.initiator).last_response;
  if (channel.last_request && answered != channel.last_request)
    broken.report(4, step.node->name, "sends " + name_of(header) + " before the one before it was answered");
  channel.last_request = header.message_id;
}

void WireInvariants::check_iv(const Step& step, const wire::Message& message, const Octets& octets,
                              BrokenInvariant& broken) {
  const auto iv = message.encrypted->body.first(std::min(kIvOctets, message.encrypted->body.size()));
  const auto [first, fresh] = channel_of(message.header, message.header.initiator).by_iv.emplace(as_text(iv), octets);
  if (!fresh && first->second != octets)
    broken.report(5, step.node->name, "uses an IV twice, now for " + name_of(message.header));
}

void WireInvariants::check_clear(const Step& step, const wire::Message& message, BrokenInvariant& broken) {
  const auto* nonce = ike::PayloadSet(message.clear.payloads).find<wire::NoncePayload>();
  if (nonce == nullptr) return;
  const auto& header = message.header;
  const auto own_spi = header.response ? header.responder_spi : header.initiator_spi;
  const std::string text(as_text(nonce->nonce));
  const auto owner = step.node->name + ' ' + to_string(own_spi);
  // RFC 7296 §2.10: fresh for each IKE SA; a request that follows COOKIE or INVALID_KE_PAYLOAD is of the same attempt.
  if (owner_of_nonce_.emplace(text, owner).first->second != owner)
    broken.report(5, step.node->name, "uses a nonce twice, now in " + name_of(header));
  if (!header.response && nonce_of_initiator_spi_.emplace(own_spi, text).first->second != text)
    broken.report(5, step.node->name, "uses an SPI of an IKE SA twice");
}

}  // namespace keypact::sim
