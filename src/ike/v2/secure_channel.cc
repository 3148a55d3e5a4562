#include "ike/v2/secure_channel.h"

#include <algorithm>

#include "base/check.h"
#include "ike/v2/intermediate.h"
#include "wire/notation.h"

namespace keypact::ike::v2 {
namespace {

MessageTraced traced(IkeSaId ike_sa, bool sent, const wire::Header& header, std::size_t octets, std::string notation) {
  return {ike_sa, sent, header.exchange, header.response, header.message_id, 0, octets, std::move(notation)};
}

Envelope envelope_of(const Context& context, const IkeSaRecord& record) {
  return {record.remote.address.family(), record.local.port == context.options.nat_port};
}

/// A line for each datagram of a message; the first names the payloads, where they are known.
void trace_sealed(const Context& context, const IkeSaRecord& record, const SealedMessage& message,
                  const std::vector<wire::Payload>* payloads) {
  if (!context.tracing) return;
  for (const auto& datagram : message.datagrams) {
    const auto parsed = wire::parse_message(datagram);
    if (parsed) trace_message(context, record.id, true, *parsed, payloads, datagram.size());
    payloads = nullptr;
  }
}

/// What one of our own messages was made from. It is not kept: few messages are ever cut anew.
struct Original {
  PayloadType first = PayloadType::None;
  Octets text;
};
std::optional<Original> reopen(const Context& context, const PacketKeys& keys, const SealedMessage& sealed) {
  Original original;
  for (const auto& datagram : sealed.datagrams) {
    const auto message = wire::parse_message(datagram);
    if (!message || !message->encrypted) return std::nullopt;
    const auto part = open_part(context.library, keys, datagram, *message);
    const auto* text = std::get_if<Octets>(&part);
    if (text == nullptr) return std::nullopt;
    if (original.first == PayloadType::None) original.first = message->encrypted->first_inner;
    original.text.insert(original.text.end(), text->begin(), text->end());
  }
  return original;
}

}  // namespace

void export_ike_keys(const Context& context, const IkeSaRecord& record, const IkeKeys& keys) {
  if (!context.options.export_keys) return;
  context.emit(
      IkeKeysDerived{record.initiator_spi, record.responder_spi, copy_of(keys.initiator), copy_of(keys.responder)});
}

void trace_message(const Context& context, IkeSaId ike_sa, bool sent, const wire::Message& message,
                   const std::vector<wire::Payload>* inner, std::size_t octets) {
  if (context.tracing) context.emit(traced(ike_sa, sent, message.header, octets, wire::notation(message, inner)));
}

void trace_sent_in_clear(const Context& context, IkeSaId ike_sa, const wire::Header& header,
                         const std::vector<wire::Payload>& payloads, std::size_t octets) {
  if (!context.tracing) return;
  const wire::Message message{header, {payloads, false}, std::nullopt};
  trace_message(context, ike_sa, true, message, nullptr, octets);
}

void trace_retransmission(const Context& context, IkeSaId ike_sa, OctetView message, unsigned retransmission) {
  if (!context.tracing) return;
  const auto header = wire::parse_header(message);
  if (!header) return;
  auto event = traced(ike_sa, true, *header, message.size(), "the same message again");
  event.retransmission = retransmission;
  context.emit(std::move(event));
}

std::size_t SealedMessage::largest() const {
  std::size_t largest = 0;
  for (const auto& datagram : datagrams) largest = std::max(largest, datagram.size());
  return largest;
}

std::size_t SecureChannel::threshold(const Context& context, const Envelope& envelope) const {
  if (fragmentation_.threshold != 0) return fragmentation_.threshold;
  return first_threshold(context.options.fragment_size, envelope.family);
}

SealedMessage SecureChannel::seal_parts(Context& context, const wire::Header& header,
                                        const std::vector<ProtectedPart>& parts) {
  SealedMessage message;
  for (const auto& part : parts)
    message.datagrams.push_back(seal_part(context.library, context.random, our_keys(), sealed_++, header, part));
  return message;
}

SecureChannel SecureChannel::succeed(IkeKeys keys) {
  constexpr std::uint64_t kMessagesOfOneKey = 1u << 16;
  SecureChannel before(std::exchange(keys_, std::move(keys)), initiator_, fragmentation_);
  before.sealed_ = sealed_;
  sealed_ += kMessagesOfOneKey;
  return before;
}

SealedMessage SecureChannel::seal(Context& context, const IkeSaRecord& record, const wire::Header& header,
                                  const std::vector<wire::Payload>& payloads) {
  const auto text = wire::encode_payload_chain(payloads);
  const auto first = payloads.empty() ? PayloadType::None : wire::type_of(payloads.front());
  const auto envelope = envelope_of(context, record);
  const auto largest = threshold(context, envelope);
  const auto sizes = crypto::packet_sizes(our_keys().algorithms);
  // RFC 7383 §2.4: what fits into one packet is not cut.
  const bool fits = !fragmentation_.send || envelope.octets() + sealed_octets(sizes, text.size()) <= largest;
  const auto parts =
      fits ? std::vector{ProtectedPart{first, text}} : cut(first, text, fragment_capacity(sizes, envelope, largest));
  auto message = seal_parts(context, header, parts);
  trace_sealed(context, record, message, &payloads);
  return message;
}

bool SecureChannel::reseal(Context& context, const IkeSaRecord& record, SealedMessage& message, std::size_t threshold) {
  const auto header = wire::parse_header(message.datagrams.front());
  const auto original = reopen(context, our_keys(), message);
  CHECK(header && original);
  const auto sizes = crypto::packet_sizes(our_keys().algorithms);
  const auto capacity = fragment_capacity(sizes, envelope_of(context, record), threshold);
  const auto parts = cut(original->first, original->text, capacity);
  // RFC 7383 §2.5.2: sets are told apart by Total Fragments, which must have become larger.
  if (parts.size() <= message.datagrams.size()) return false;
  message = seal_parts(context, *header, parts);
  auto& found = fragmentation_.threshold;
  found = found == 0 ? threshold : std::min(found, threshold);
  ++context.counters.messages_refragmented;
  trace_sealed(context, record, message, nullptr);
  return true;
}

bool SecureChannel::shrink(Context& context, const IkeSaRecord& record, SealedMessage& message) {
  if (!fragmentation_.send || message.empty()) return false;
  const auto envelope = envelope_of(context, record);
  auto threshold = next_threshold(envelope.octets() + message.largest(), envelope.family);
  while (threshold && !reseal(context, record, message, *threshold))
    threshold = next_threshold(*threshold, envelope.family);
  return threshold.has_value();
}

bool SecureChannel::shrink_like(Context& context, const IkeSaRecord& record, SealedMessage& message,
                                const Received& received) {
  if (!fragmentation_.send || message.empty()) return false;
  const auto envelope = envelope_of(context, record);
  const auto theirs = envelope.octets() + received.datagram.octets.size();
  const auto threshold = std::max(theirs, smallest_threshold(envelope.family));
  if (threshold >= envelope.octets() + message.largest()) return false;
  return reseal(context, record, message, threshold);
}

Opened SecureChannel::open(Context& context, const IkeSaRecord& record, const Received& received,
                           std::size_t most_octets) {
  const auto& message = received.message;
  if (!message.encrypted) return NotAuthentic{};
  if (message.encrypted->is_fragment) return open_fragment(context, record, received, most_octets);
  auto part = open_part(context.library, peer_keys(), received.datagram.octets, message);
  if (std::holds_alternative<NotAuthentic>(part)) return NotAuthentic{};
  // It is here as a whole: fragments of it are not needed any more.
  (message.header.response ? responses_ : requests_).forget();
  if (const auto* malformed = std::get_if<AuthenticButMalformed>(&part)) return *malformed;
  auto opened = parse_inner(message.encrypted->first_inner, std::get<Octets>(part));
  if (auto* fine = std::get_if<Fine>(&opened)) {
    if (message.header.exchange == ExchangeType::IKE_INTERMEDIATE)
      fine->covered = covered_octets(received.datagram.octets, *message.encrypted, std::get<Octets>(part));
    trace_message(context, record.id, false, message, &fine->inner.payloads, received.datagram.octets.size());
  }
  return opened;
}

Opened SecureChannel::open_fragment(Context& context, const IkeSaRecord& record, const Received& received,
                                    std::size_t most_octets) {
  auto& set = received.message.header.response ? responses_ : requests_;
  if (set.expire(context.now)) ++context.counters.fragment_sets_expired;
  const auto fragment = Reassembly::describe(received.message);
  const auto verdict = set.judge(fragment);
  // RFC 7383 §2.4: nobody may send fragments to who did not say that he takes them.
  if (!fragmentation_.negotiated || verdict != Reassembly::Verdict::wanted) {
    const bool too_many = verdict == Reassembly::Verdict::too_many;
    ++(too_many ? context.counters.fragment_sets_refused : context.counters.fragments_dropped);
    return Partial{};
  }
  // RFC 7383 §2.6: only what is authentic is stored, or changes what is stored.
  auto part = open_part(context.library, peer_keys(), received.datagram.octets, received.message);
  if (std::holds_alternative<NotAuthentic>(part)) return NotAuthentic{};
  if (const auto* malformed = std::get_if<AuthenticButMalformed>(&part)) {
    set.forget();
    first_fragment_.clear();
    return *malformed;
  }
  const auto& text = std::get<Octets>(part);
  const auto added = set.add(fragment, text, received.datagram.octets, context.now, most_octets);
  if (added == Reassembly::Added::too_large) {
    ++context.counters.fragment_sets_refused;
    return Partial{};
  }
  ++context.counters.fragments_received;
  if (added == Reassembly::Added::complete) return put_together(context, record, received);
  trace_message(context, record.id, false, received.message, nullptr, received.datagram.octets.size());
  return Partial{};
}

Opened SecureChannel::put_together(Context& context, const IkeSaRecord& record, const Received& received) {
  const bool response = received.message.header.response;
  auto whole = (response ? responses_ : requests_).take();
  Octets covered;
  if (received.message.header.exchange == ExchangeType::IKE_INTERMEDIATE)
    if (const auto first = wire::parse_message(whole.first_datagram); first && first->encrypted)
      covered = covered_octets(whole.first_datagram, *first->encrypted, whole.text);
  if (!response) {
    first_fragment_ = std::move(whole.first_datagram);
    // RFC 7383 §2.5.1: the responder takes the size that the initiator found.
    const auto envelope = envelope_of(context, record);
    const auto theirs = std::max(envelope.octets() + whole.largest_datagram, smallest_threshold(envelope.family));
    fragmentation_.threshold = std::min(threshold(context, envelope), theirs);
  }
  auto opened = parse_inner(whole.first, whole.text);
  if (auto* fine = std::get_if<Fine>(&opened)) {
    fine->covered = std::move(covered);
    trace_message(context, record.id, false, received.message, &fine->inner.payloads, received.datagram.octets.size());
  }
  return opened;
}

bool SecureChannel::is_authentic(Context& context, const Received& received) const {
  const auto part = open_part(context.library, peer_keys(), received.datagram.octets, received.message);
  return !std::holds_alternative<NotAuthentic>(part);
}

Octets SecureChannel::identity_of(const Received& received) {
  const bool fragment = received.message.encrypted && received.message.encrypted->is_fragment;
  return fragment && !first_fragment_.empty() ? std::exchange(first_fragment_, {}) : received.datagram.octets;
}

bool SecureChannel::has_part_of_response(std::uint32_t message_id) const {
  return responses_.has_full_fragment(message_id);
}

std::optional<Instant> SecureChannel::deadline() const {
  // Fragments of a response are kept as long as it is waited for: the retransmissions of its request bring the others.
  return requests_.deadline();
}

void SecureChannel::on_deadline(Context& context) {
  if (requests_.expire(context.now)) ++context.counters.fragment_sets_expired;
}

}  // namespace keypact::ike::v2
