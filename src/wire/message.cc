#include "wire/message.h"

#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {
namespace {

constexpr std::uint8_t kCriticalBit = 0x80;
constexpr std::size_t kFragmentFieldsOctets = 4;

bool is_encrypted(PayloadType type) { return type == PayloadType::SK || type == PayloadType::SKF; }

/// RFC 7296 §3.2.
struct GenericHeader {
  PayloadType next = PayloadType::None;
  bool critical = false;
  std::size_t body_octets = 0;
};

/// How many payloads of each limited kind a chain has; the limits are in base/limits.h.
class Counts {
 public:
  [[nodiscard]] bool accept(const Payload& payload) {
    switch (type_of(payload)) {
      case PayloadType::N: return ++notifies_ <= limits::kNotifyPayloads && accept_notify(payload);
      case PayloadType::D: return ++deletes_ <= limits::kDeletePayloads;
      case PayloadType::CERT: return ++certs_ <= limits::kCertPayloads;
      case PayloadType::CERTREQ: return ++certreqs_ <= limits::kCertreqPayloads;
      case PayloadType::V: return ++vendor_ids_ <= limits::kVendorIdPayloads;
      default: return true;
    }
  }

 private:
  bool accept_notify(const Payload& payload) {
    const auto* notify = std::get_if<NotifyPayload>(&payload.body);
    if (notify == nullptr || notify->type != NotifyType::NAT_DETECTION_SOURCE_IP) return true;
    return ++nat_detections_ <= limits::kNatDetectionNotifies;
  }

  std::size_t notifies_ = 0;
  std::size_t nat_detections_ = 0;
  std::size_t deletes_ = 0;
  std::size_t certs_ = 0;
  std::size_t certreqs_ = 0;
  std::size_t vendor_ids_ = 0;
};

/// Walks a chain; the positions in errors count from the start of `octets`, of which `skipped` are already read.
class ChainParser {
 public:
  ChainParser(OctetView octets, std::size_t skipped) : octets_(octets), in_(octets) { CHECK(in_.skip(skipped)); }

  /// The generic payload header that begins here, of a payload of type `type`.
  Parsed<GenericHeader> header(PayloadType type) {
    using enum ParseErrorCode;
    const std::size_t start = in_.position();
    const auto next = in_.u8();
    const auto flags = in_.u8();
    const auto length = in_.u16();
    if (!length) return error(payload_beyond_message, type, start);
    if (*length < kGenericHeaderOctets) return error(payload_length_below_header, type, start);
    const std::size_t body = *length - kGenericHeaderOctets;
    if (body > in_.remaining()) return error(payload_beyond_message, type, start);
    chain_.reserved_bits_set |= (*flags & ~kCriticalBit) != 0;
    return GenericHeader{static_cast<PayloadType>(*next), (*flags & kCriticalBit) != 0, body};
  }

  /// Parses the payloads from `type` on, up to the end of the chain or an Encrypted payload, whose type is returned.
  Parsed<PayloadType> payloads(PayloadType type) {
    while (type != PayloadType::None && !is_encrypted(type)) {
      TRY(type, payload(type));
    }
    return type;
  }

  /// The Encrypted payload, which must be all that is left (RFC 7296 §3.14, RFC 7383 §2.5).
  Parsed<EncryptedPart> encrypted(PayloadType type) {
    using enum ParseErrorCode;
    const std::size_t start = in_.position();
    EncryptedPart part;
    TRY(const auto generic, header(type));
    part.first_inner = generic.next;
    part.critical = generic.critical;
    part.is_fragment = type == PayloadType::SKF;
    if (generic.body_octets != in_.remaining()) return error(encrypted_payload_not_last, type, start);
    if (part.is_fragment) {
      const auto number = in_.u16();
      const auto total = in_.u16();
      if (!total) return error(payload_truncated, type, start);
      const bool later = *number > 1;
      if (*number == 0 || *number > *total || (later && part.first_inner != PayloadType::None))
        return error(fragment_numbers, type, start);
      part.fragment_number = *number;
      part.total_fragments = *total;
    }
    part.associated_octets = in_.position();
    part.body = in_.rest();
    return part;
  }

  [[nodiscard]] std::size_t position() const { return in_.position(); }

  Parsed<PayloadChain> finish() && {
    if (!in_.finish()) return error(ParseErrorCode::trailing_octets, PayloadType::None, in_.position());
    return std::move(chain_);
  }

  [[nodiscard]] static std::unexpected<ParseError> error(ParseErrorCode code, PayloadType type, std::size_t offset) {
    return std::unexpected(ParseError{code, type, offset});
  }

 private:
  /// Parses one payload and returns the type of the next.
  Parsed<PayloadType> payload(PayloadType type) {
    using enum ParseErrorCode;
    const std::size_t start = in_.position();
    if (chain_.payloads.size() == limits::kPayloads) return error(too_many_payloads, type, start);
    TRY(const auto generic, header(type));
    if (generic.critical && !is_understood(type)) return error(unsupported_critical_payload, type, start);
    BodyReader body(octets_.subspan(in_.position(), generic.body_octets),
                    {type, in_.position(), payload_truncated, &chain_.reserved_bits_set});
    TRY(auto parsed, parse_payload_body(body));
    if (!body.at_end()) return body.error(trailing_octets);
    CHECK(in_.skip(generic.body_octets));
    auto& added = chain_.payloads.emplace_back(std::move(parsed));
    added.critical = generic.critical;
    if (!counts_.accept(added)) return error(too_many_payloads, type, start);
    return generic.next;
  }

  OctetView octets_;
  Reader in_;
  PayloadChain chain_;
  Counts counts_;
};

void encode_payload(Writer& out, const Payload& payload, PayloadType next) {
  out.u8(static_cast<std::uint8_t>(next));
  out.u8(payload.critical ? kCriticalBit : 0);
  out.length_prefixed(2, kGenericHeaderOctets, [&](Writer& body) { encode_payload_body(body, payload.body); });
}

PayloadType first_type(const std::vector<Payload>& payloads, PayloadType if_empty) {
  return payloads.empty() ? if_empty : type_of(payloads.front());
}

void encode_chain(Writer& out, const std::vector<Payload>& payloads, PayloadType after) {
  for (std::size_t i = 0; i < payloads.size(); ++i)
    encode_payload(out, payloads[i], i + 1 < payloads.size() ? type_of(payloads[i + 1]) : after);
}

void encode_encrypted_header(Writer& out, const EncryptedPart& part, std::size_t body_octets) {
  const std::size_t length = kGenericHeaderOctets + (part.is_fragment ? kFragmentFieldsOctets : 0) + body_octets;
  CHECK(length <= limits::kMessageOctets);
  out.u8(static_cast<std::uint8_t>(part.first_inner));
  out.u8(part.critical ? kCriticalBit : 0);
  out.u16(static_cast<std::uint16_t>(length));
  if (!part.is_fragment) return;
  out.u16(part.fragment_number);
  out.u16(part.total_fragments);
}

PayloadType type_of(const EncryptedPart& part) { return part.is_fragment ? PayloadType::SKF : PayloadType::SK; }

Octets encode_prefix(Header header, const EncryptedPart& part, std::size_t body_octets) {
  const std::size_t prefix = kHeaderOctets + kGenericHeaderOctets + (part.is_fragment ? kFragmentFieldsOctets : 0);
  header.next_payload = type_of(part);
  header.length = static_cast<std::uint32_t>(prefix + body_octets);
  Writer out(prefix + body_octets);
  encode_header(out, header);
  encode_encrypted_header(out, part, body_octets);
  return std::move(out).take();
}

/// A first guess, so that the buffer of an ordinary message grows once at most.
constexpr std::size_t kOctetsExpected = 512;

Octets encode_whole(Header header, const std::vector<Payload>& payloads, const EncryptedPart* encrypted) {
  Writer chain(kOctetsExpected);
  encode_chain(chain, payloads, encrypted != nullptr ? type_of(*encrypted) : PayloadType::None);
  if (encrypted != nullptr) {
    encode_encrypted_header(chain, *encrypted, encrypted->body.size());
    chain.octets(encrypted->body);
  }
  header.next_payload = first_type(payloads, encrypted != nullptr ? type_of(*encrypted) : PayloadType::None);
  header.length = static_cast<std::uint32_t>(kHeaderOctets + chain.size());
  Writer out(header.length);
  encode_header(out, header);
  out.octets(chain.view());
  return std::move(out).take();
}

}  // namespace

Parsed<Message> parse_message(OctetView datagram) {
  using enum ParseErrorCode;
  Message message;
  if (datagram.size() > limits::kMessageOctets)
    return ChainParser::error(message_too_long, PayloadType::None, limits::kMessageOctets);
  TRY(message.header, parse_header(datagram));
  constexpr std::size_t kVersionOffset = 17;
  if (message.header.major_version != 2)
    return ChainParser::error(unsupported_major_version, PayloadType::None, kVersionOffset);
  ChainParser parser(datagram, kHeaderOctets);
  TRY(const auto stopped_at, parser.payloads(message.header.next_payload));
  if (is_encrypted(stopped_at)) {
    TRY(message.encrypted, parser.encrypted(stopped_at));
  }
  TRY(message.clear, std::move(parser).finish());
  return message;
}

Parsed<PayloadChain> parse_payload_chain(PayloadType first, OctetView octets) {
  ChainParser parser(octets, 0);
  TRY(const auto stopped_at, parser.payloads(first));
  // RFC 7296 §3.14: an Encrypted payload does not contain another one.
  if (is_encrypted(stopped_at))
    return ChainParser::error(ParseErrorCode::encrypted_payload_not_last, stopped_at, parser.position());
  return std::move(parser).finish();
}

Octets encode_payload_chain(const std::vector<Payload>& payloads) {
  Writer out(kOctetsExpected);
  encode_chain(out, payloads, PayloadType::None);
  return std::move(out).take();
}

Octets encode_message(Header header, const std::vector<Payload>& payloads) {
  return encode_whole(header, payloads, nullptr);
}

Octets encode_message(const Message& message) {
  return encode_whole(message.header, message.clear.payloads, message.encrypted ? &*message.encrypted : nullptr);
}

Octets encode_encrypted_prefix(Header header, PayloadType first_inner, std::size_t body_octets) {
  EncryptedPart part;
  part.first_inner = first_inner;
  return encode_prefix(header, part, body_octets);
}

Octets encode_fragment_prefix(Header header, PayloadType first_inner, std::uint16_t number, std::uint16_t total,
                              std::size_t body_octets) {
  EncryptedPart part;
  part.first_inner = number == 1 ? first_inner : PayloadType::None;
  part.is_fragment = true;
  part.fragment_number = number;
  part.total_fragments = total;
  return encode_prefix(header, part, body_octets);
}

}  // namespace keypact::wire
