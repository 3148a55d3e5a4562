#include "wire/header.h"

#include "base/reader.h"

namespace keypact::wire {
namespace {

// RFC 7296 §3.1: the flags octet is X X R V I X X X.
constexpr std::uint8_t kInitiatorFlag = 0x08;
constexpr std::uint8_t kVersionFlag = 0x10;
constexpr std::uint8_t kResponseFlag = 0x20;
constexpr std::uint8_t kDefinedFlags = kInitiatorFlag | kVersionFlag | kResponseFlag;

struct Fields {
  std::optional<std::uint64_t> initiator_spi, responder_spi;
  std::optional<std::uint8_t> next_payload, version, exchange, flags;
  std::optional<std::uint32_t> message_id, length;
};

}  // namespace

Parsed<Header> parse_header(OctetView datagram) {
  if (datagram.size() < kHeaderOctets)
    return failure(ParseError{ParseErrorCode::datagram_shorter_than_header, PayloadType::None, datagram.size()});
  Reader in(datagram.first(kHeaderOctets));
  // Braces evaluate from left to right; all reads succeed, since 28 octets are there.
  const Fields f{in.u64(), in.u64(), in.u8(), in.u8(), in.u8(), in.u8(), in.u32(), in.u32()};
  constexpr std::size_t kLengthOffset = 24;
  if (*f.length != datagram.size())
    return failure(ParseError{ParseErrorCode::header_length_differs_from_datagram, PayloadType::None, kLengthOffset});
  Header header;
  header.initiator_spi = IkeSpi{*f.initiator_spi};
  header.responder_spi = IkeSpi{*f.responder_spi};
  header.next_payload = static_cast<PayloadType>(*f.next_payload);
  header.major_version = static_cast<std::uint8_t>(*f.version >> 4);
  header.minor_version = static_cast<std::uint8_t>(*f.version & 15);
  header.exchange = static_cast<ExchangeType>(*f.exchange);
  header.initiator = (*f.flags & kInitiatorFlag) != 0;
  header.version = (*f.flags & kVersionFlag) != 0;
  header.response = (*f.flags & kResponseFlag) != 0;
  header.reserved_flags = static_cast<std::uint8_t>(*f.flags & ~kDefinedFlags);
  header.message_id = *f.message_id;
  header.length = *f.length;
  return header;
}

void encode_header(Writer& writer, const Header& header) {
  unsigned flags = header.reserved_flags & ~unsigned{kDefinedFlags};
  if (header.initiator) flags |= kInitiatorFlag;
  if (header.version) flags |= kVersionFlag;
  if (header.response) flags |= kResponseFlag;
  writer.u64(header.initiator_spi.value);
  writer.u64(header.responder_spi.value);
  writer.u8(static_cast<std::uint8_t>(header.next_payload));
  writer.u8(static_cast<std::uint8_t>(header.major_version << 4 | (header.minor_version & 15)));
  writer.u8(static_cast<std::uint8_t>(header.exchange));
  writer.u8(static_cast<std::uint8_t>(flags));
  writer.u32(header.message_id);
  writer.u32(header.length);
}

}  // namespace keypact::wire
