#include "eap/packet.h"

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::eap {
namespace {

constexpr std::size_t kHeaderOctets = 4;

Octets encode_parts(Code code, std::uint8_t identifier, std::optional<Method> type, OctetView data) {
  CHECK(data.size() <= kPacketOctets - kHeaderOctets - 1);
  Writer out(kHeaderOctets + 1 + data.size());
  out.u8(static_cast<std::uint8_t>(code));
  out.u8(identifier);
  out.length_prefixed(2, kHeaderOctets, [&](Writer& body) {
    if (type) body.u8(static_cast<std::uint8_t>(*type));
    body.octets(data);
  });
  return std::move(out).take();
}

}  // namespace

std::string_view sentence(PacketError error) {
  switch (error) {
    case PacketError::shorter_than_header: return "it is shorter than the header of EAP, 4 octets";
    case PacketError::length_mismatch: return "its length field differs from the octets that came";
    case PacketError::code_unknown: return "its code is none of Request, Response, Success and Failure";
    case PacketError::type_missing: return "it is a request or a response without a type";
    case PacketError::success_with_data: return "Success and Failure carry no data";
  }
  return "";
}

Result<Packet, PacketError> parse_packet(OctetView octets) {
  Reader in(octets);
  const auto code = in.u8();
  const auto identifier = in.u8();
  const auto length = in.u16();
  if (!code || !identifier || !length) return failure(PacketError::shorter_than_header);
  if (*length != octets.size()) return failure(PacketError::length_mismatch);
  Packet packet{static_cast<Code>(*code), *identifier, {}, {}};
  // Those of RFC 6696 are for who authenticates again; nobody here does.
  if (packet.code < Code::Request || packet.code > Code::Failure) return failure(PacketError::code_unknown);
  if (!packet.has_type()) {
    // RFC 3748 §4.2: neither carries anything.
    if (!in.finish()) return failure(PacketError::success_with_data);
    return packet;
  }
  const auto type = in.u8();
  if (!type) return failure(PacketError::type_missing);
  packet.type = static_cast<Method>(*type);
  packet.data = to_octets(in.rest());
  return packet;
}

Octets encode(const Packet& packet) {
  if (!packet.has_type()) return encode_result(packet.code, packet.identifier);
  return encode_parts(packet.code, packet.identifier, packet.type, packet.data);
}

Octets encode_request(std::uint8_t identifier, Method type, OctetView data) {
  return encode_parts(Code::Request, identifier, type, data);
}

Octets encode_response(std::uint8_t identifier, Method type, OctetView data) {
  return encode_parts(Code::Response, identifier, type, data);
}

Octets encode_result(Code code, std::uint8_t identifier) { return encode_parts(code, identifier, {}, {}); }

std::optional<ExpandedData> parse_expanded(OctetView type_data) {
  Reader in(type_data);
  const auto vendor_high = in.u8();
  const auto vendor_low = in.u16();
  const auto type = in.u32();
  if (!vendor_high || !vendor_low || !type) return std::nullopt;
  return ExpandedData{{std::uint32_t{*vendor_high} << 16 | *vendor_low, *type}, to_octets(in.rest())};
}

Octets encode(const ExpandedData& expanded) {
  CHECK(expanded.type.vendor < 1u << 24);
  Writer out(7 + expanded.data.size());
  out.u8(static_cast<std::uint8_t>(expanded.type.vendor >> 16));
  out.u16(static_cast<std::uint16_t>(expanded.type.vendor));
  out.u32(expanded.type.type);
  out.octets(expanded.data);
  return std::move(out).take();
}

std::vector<Method> parse_nak(OctetView type_data) {
  std::vector<Method> wanted;
  for (const auto octet : type_data)
    if (authenticates(static_cast<Method>(octet))) wanted.push_back(static_cast<Method>(octet));
  return wanted;
}

Octets encode_nak(const std::vector<Method>& wanted) {
  Octets data;
  for (const auto method : wanted) data.push_back(static_cast<std::uint8_t>(method));
  // RFC 3748 §5.3.1: one octet or more; zero says that there is no alternative.
  if (data.empty()) data.push_back(0);
  return data;
}

}  // namespace keypact::eap
