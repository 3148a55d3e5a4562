#include "ike/v2/secure_channel.h"

#include "wire/notation.h"

namespace keypact::ike::v2 {
namespace {

MessageTraced traced(IkeSaId ike_sa, bool sent, const wire::Header& header, std::size_t octets, std::string notation) {
  return {ike_sa, sent, header.exchange, header.response, header.message_id, 0, octets, std::move(notation)};
}

}  // namespace

void export_ike_keys(const Context& context, const IkeSaRecord& record, const IkeKeys& keys) {
  if (!context.options.export_keys) return;
  context.emit(IkeKeysDerived{record.initiator_spi, record.responder_spi, copy_of(keys.initiator),
                              copy_of(keys.responder)});
}

void trace_message(const Context& context, IkeSaId ike_sa, bool sent, const wire::Message& message,
                   const std::vector<wire::Payload>* inner, std::size_t octets) {
  if (context.tracing)
    context.emit(traced(ike_sa, sent, message.header, octets, wire::notation(message, inner)));
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

Octets SecureChannel::seal(Context& context, const IkeSaRecord& record, const wire::Header& header,
                           const std::vector<wire::Payload>& payloads) {
  const auto& keys = initiator_ ? keys_.initiator : keys_.responder;
  auto octets = seal_message(context.library, context.random, keys, sealed_++, header, payloads);
  if (context.tracing) {
    const wire::Message message{header, {}, wire::EncryptedPart{}};
    trace_message(context, record.id, true, message, &payloads, octets.size());
  }
  return octets;
}

Opened SecureChannel::open(Context& context, const IkeSaRecord& record, const Received& received) const {
  const auto& keys = initiator_ ? keys_.responder : keys_.initiator;
  auto opened = open_message(context.library, keys, received.datagram.octets, received.message);
  if (const auto* fine = std::get_if<Fine>(&opened))
    trace_message(context, record.id, false, received.message, &fine->inner.payloads, received.datagram.octets.size());
  return opened;
}

}  // namespace keypact::ike::v2
