#include "eap/simaka_message.h"

#include <algorithm>

#include "base/reader.h"
#include "base/writer.h"
#include "eap/digest.h"

namespace keypact::eap {
namespace {

constexpr std::size_t kUnit = 4;      // attributes are multiples of it
constexpr std::size_t kReserved = 2;  // octets of many values
constexpr std::size_t kMacOctets = 16;
constexpr std::uint8_t kSkippable = 128;

/// HMAC-SHA-1-128, and HMAC-SHA-256-128 of AKA' (RFC 9048 §3.4.2).
Secret mac_of(Method method, const Secret& k_aut, OctetView packet, OctetView more) {
  const auto mac = method == Method::AKA_PRIME ? hmac_sha256(k_aut.reveal(), {packet, more})
                                               : hmac_sha1(k_aut.reveal(), {packet, more});
  return Secret::copy_of(mac.reveal().first(kMacOctets));
}

/// Where the value of AT_MAC lies in the type-data, behind its reserved octets; nothing when there is no whole one.
std::optional<std::size_t> find_mac(OctetView type_data) {
  Reader in(type_data);
  if (!in.skip(1 + kReserved)) return std::nullopt;
  while (!in.at_end()) {
    const auto type = in.u8();
    const auto length = in.u8();
    if (!length || *length == 0) return std::nullopt;
    const std::size_t at = in.position() + kReserved;
    const auto value = in.octets(kUnit * *length - 2);
    if (!value) return std::nullopt;
    if (static_cast<AttributeType>(*type) == AttributeType::AT_MAC)
      return value->size() == kReserved + kMacOctets ? std::optional(at) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Attribute short_attribute(AttributeType type, std::uint16_t value) {
  Writer out;
  out.u16(value);
  return {type, std::move(out).take()};
}

Attribute reserved_attribute(AttributeType type, OctetView octets) {
  Writer out;
  out.u16(0);
  out.octets(octets);
  return {type, std::move(out).take()};
}

Attribute counted_attribute(AttributeType type, OctetView octets, std::size_t units_in_octet) {
  Writer out;
  out.u16(static_cast<std::uint16_t>(octets.size() * units_in_octet));
  out.octets(octets);
  out.zeros((kUnit - octets.size() % kUnit) % kUnit);
  return {type, std::move(out).take()};
}

const Octets* SimAkaMessage::find(AttributeType type) const {
  const auto found = std::ranges::find(attributes, type, &Attribute::type);
  return found == attributes.end() ? nullptr : &found->value;
}

std::optional<std::uint16_t> SimAkaMessage::short_value(AttributeType type) const {
  const auto* const value = find(type);
  if (value == nullptr || value->size() != 2) return std::nullopt;
  return Reader(*value).u16();
}

std::optional<OctetView> SimAkaMessage::reserved_value(AttributeType type, std::size_t octets) const {
  const auto* const value = find(type);
  if (value == nullptr || value->size() != kReserved + octets) return std::nullopt;
  return OctetView(*value).subspan(kReserved);
}

std::optional<OctetView> SimAkaMessage::counted_value(AttributeType type, std::size_t units_in_octet) const {
  const auto* const value = find(type);
  if (value == nullptr) return std::nullopt;
  Reader in(*value);
  const auto count = in.u16();
  if (!count || *count % units_in_octet != 0) return std::nullopt;
  const auto octets = in.octets(*count / units_in_octet);
  // Nothing but the padding to the next multiple of four follows.
  if (!octets || in.remaining() >= kUnit) return std::nullopt;
  return octets;
}

Result<SimAkaMessage, std::string_view> parse_sim_aka(OctetView type_data) {
  Reader in(type_data);
  const auto subtype = in.u8();
  if (!subtype || !in.skip(kReserved)) return failure(std::string_view("a packet that is shorter than its subtype"));
  SimAkaMessage message{static_cast<Subtype>(*subtype), {}};
  while (!in.at_end()) {
    const auto type = in.u8();
    const auto length = in.u8();
    // Row F05: a length of nothing would never end.
    if (!length || *length == 0) return failure(std::string_view("an attribute whose length is zero"));
    const auto value = in.octets(kUnit * *length - 2);
    if (!value) return failure(std::string_view("an attribute that is longer than what came"));
    const auto known = static_cast<AttributeType>(*type);
    if (registered_name(known).empty()) {
      // RFC 4187 §8.1: the upper half may be skipped.
      if (*type >= kSkippable) continue;
      return failure(std::string_view("an attribute that we do not know and may not skip"));
    }
    if (known != AttributeType::AT_KDF && message.find(known) != nullptr)
      return failure(std::string_view("an attribute twice"));
    message.attributes.push_back({known, to_octets(*value)});
  }
  return message;
}

Octets encode(const SimAkaMessage& message) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(message.subtype));
  out.zeros(kReserved);
  for (const auto& attribute : message.attributes) {
    CHECK((attribute.value.size() + 2) % kUnit == 0 && attribute.value.size() + 2 <= 255 * kUnit);
    out.u8(static_cast<std::uint8_t>(attribute.type));
    out.u8(static_cast<std::uint8_t>((attribute.value.size() + 2) / kUnit));
    out.octets(attribute.value);
  }
  return std::move(out).take();
}

Octets encode_with_mac(const SimAkaMessage& message, const Packet& header, const Secret& k_aut, OctetView more) {
  auto whole = message;
  whole.attributes.push_back(reserved_attribute(AttributeType::AT_MAC, std::array<std::uint8_t, kMacOctets>()));
  Packet packet = header;
  packet.data = encode(whole);
  const auto mac = mac_of(header.type, k_aut, encode(packet), more);
  std::ranges::copy(mac.reveal(), packet.data.end() - kMacOctets);
  return packet.data;
}

bool mac_is_right(const Packet& packet, const Secret& k_aut, OctetView more) {
  const auto at = find_mac(packet.data);
  if (!at) return false;
  Packet cleared = packet;
  std::fill_n(cleared.data.begin() + static_cast<std::ptrdiff_t>(*at), kMacOctets, std::uint8_t{0});
  const auto mac = mac_of(packet.type, k_aut, encode(cleared), more);
  return secret_equal(mac.reveal(), OctetView(packet.data).subspan(*at, kMacOctets));
}

}  // namespace keypact::eap
