#include "radius/packet.h"

#include <algorithm>

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::radius {
namespace {

constexpr std::size_t kAttributeHeader = 2;

}  // namespace

std::string_view sentence(PacketError error) {
  switch (error) {
    case PacketError::shorter_than_header: return "it is shorter than the header";
    case PacketError::length_field_too_short: return "its length field says less than the header has";
    case PacketError::length_field_too_long: return "its length field says more than 4096 octets";
    case PacketError::cut_off: return "it is shorter than its length field says";
    case PacketError::attribute_too_short: return "an attribute is shorter than its own header";
    case PacketError::attribute_cut_off: return "an attribute ends behind the packet";
  }
  return "it is malformed";
}

Result<Packet, PacketError> parse_packet(OctetView octets) {
  if (octets.size() < kHeaderOctets) return failure(PacketError::shorter_than_header);
  Reader header(octets.first(kHeaderOctets));
  Packet packet;
  packet.code = static_cast<Code>(*header.u8());
  packet.identifier = *header.u8();
  const std::size_t length = *header.u16();
  std::ranges::copy(header.rest(), packet.authenticator.begin());
  if (length < kHeaderOctets) return failure(PacketError::length_field_too_short);
  if (length > kPacketOctets) return failure(PacketError::length_field_too_long);
  if (length > octets.size()) return failure(PacketError::cut_off);
  Reader in(octets.first(length).subspan(kHeaderOctets));
  while (!in.at_end()) {
    const auto type = in.u8();
    const auto size = in.u8();
    if (!size || *size < kAttributeHeader) return failure(PacketError::attribute_too_short);
    const auto value = in.octets(*size - kAttributeHeader);
    if (!value) return failure(PacketError::attribute_cut_off);
    packet.attributes.push_back({static_cast<Type>(*type), to_octets(*value)});
  }
  return packet;
}

std::optional<Octets> encode(const Packet& packet) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(packet.code));
  out.u8(packet.identifier);
  std::size_t length = kHeaderOctets;
  for (const auto& attribute : packet.attributes) {
    if (attribute.value.size() > kValueOctets) return std::nullopt;
    length += kAttributeHeader + attribute.value.size();
  }
  if (length > kPacketOctets) return std::nullopt;
  out.length_prefixed(2, 4, [&](Writer& body) {
    body.octets(packet.authenticator);
    for (const auto& attribute : packet.attributes) {
      body.u8(static_cast<std::uint8_t>(attribute.type));
      body.length_prefixed(1, 2, [&](Writer& value) { value.octets(attribute.value); });
    }
  });
  return std::move(out).take();
}

void add_in_parts(std::vector<Attribute>& attributes, Type type, OctetView octets) {
  while (!octets.empty()) {
    const auto part = octets.first(std::min(octets.size(), kValueOctets));
    attributes.push_back({type, to_octets(part)});
    octets = octets.subspan(part.size());
  }
}

std::optional<Octets> joined(const std::vector<Attribute>& attributes, Type type) {
  std::optional<Octets> all;
  for (const auto& attribute : attributes) {
    if (attribute.type != type) continue;
    if (!all) all.emplace();
    append(*all, attribute.value);
  }
  return all;
}

const Attribute* find(const std::vector<Attribute>& attributes, Type type) {
  const auto found = std::ranges::find(attributes, type, &Attribute::type);
  return found == attributes.end() ? nullptr : &*found;
}

}  // namespace keypact::radius
