// TSi and TSr payloads. RFC 7296 §3.13.
#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {
namespace {

constexpr std::size_t kSelectorHeader = 4;  // type, protocol, length

using Entry = std::variant<TrafficSelector, UnknownTrafficSelector>;

/// 4 or 16; 0 for a type that is no address range.
std::size_t address_octets(TsType type) {
  switch (type) {
    case TsType::TS_IPV4_ADDR_RANGE: return 4;
    case TsType::TS_IPV6_ADDR_RANGE: return 16;
    default: return 0;
  }
}

/// RFC 7296 §3.13.1: the Starting Address is the smallest and the Ending Address the largest one, and so for the ports, except
/// that OPAQUE is 65535 to 0. A range the other way round is a value out of range, hence INVALID_SYNTAX (§3.10.1), not a
/// selector that we merely dislike (TS_UNACCEPTABLE).
Parsed<TrafficSelector> parse_range(BodyReader& in, std::uint8_t protocol, std::size_t octets) {
  using enum ParseErrorCode;
  TrafficSelector selector;
  selector.protocol = protocol;
  TRY(selector.ports.first, in.u16());
  TRY(selector.ports.last, in.u16());
  TRY(const auto first, in.octets(octets));
  TRY(const auto last, in.octets(octets));
  selector.first = IpAddress::from_octets(first).value_or(IpAddress{});
  selector.last = IpAddress::from_octets(last).value_or(IpAddress{});
  if (!in.at_end() || selector.last < selector.first) return in.error(traffic_selector_malformed);
  if (selector.ports.first > selector.ports.last && !selector.ports.is_opaque())
    return in.error(traffic_selector_malformed);
  return selector;
}

Parsed<Entry> parse_entry(BodyReader& in) {
  using enum ParseErrorCode;
  TRY(const std::uint8_t type_octet, in.u8());
  const auto type = static_cast<TsType>(type_octet);
  TRY(const std::uint8_t protocol, in.u8());
  TRY(const std::uint16_t length, in.u16());
  if (length < kSelectorHeader) return in.error(traffic_selector_malformed);
  TRY(BodyReader body, in.part(length - kSelectorHeader, traffic_selector_malformed));
  BodyReader fields = body;
  if (const auto octets = address_octets(type); octets != 0) {
    TRY(auto selector, parse_range(fields, protocol, octets));
    // RFC 7296 §3.13.1: protocol 0 has no ports. Peers whose configuration allows it send it all the same; such a
    // selector is not chosen (TS_UNACCEPTABLE if there is no other), but its message is processed.
    if (selector.is_valid()) return Entry(selector);
  }
  return Entry(UnknownTrafficSelector{type, to_octets(body.rest()), protocol});
}

void encode_entry(Writer& out, const TrafficSelector& selector) {
  CHECK(selector.first.family() == selector.last.family());
  out.u8(static_cast<std::uint8_t>(selector.family() == IpFamily::v4 ? TsType::TS_IPV4_ADDR_RANGE
                                                                     : TsType::TS_IPV6_ADDR_RANGE));
  out.u8(selector.protocol);
  out.length_prefixed(2, kSelectorHeader, [&](Writer& fields) {
    fields.u16(selector.ports.first);
    fields.u16(selector.ports.last);
    fields.octets(selector.first.octets());
    fields.octets(selector.last.octets());
  });
}

void encode_entry(Writer& out, const UnknownTrafficSelector& selector) {
  out.u8(static_cast<std::uint8_t>(selector.type));
  out.u8(selector.protocol);
  out.length_prefixed(2, kSelectorHeader, [&](Writer& fields) { fields.octets(selector.body); });
}

}  // namespace

Parsed<TsPayload> parse_ts(BodyReader& in) {
  using enum ParseErrorCode;
  TsPayload ts;
  ts.role = in.payload();
  TRY(const std::uint8_t count, in.u8());
  TRY_VOID(in.reserved(3));
  if (count == 0) return in.error(traffic_selector_malformed);  // RFC 7296 §3.13: one or more
  if (count > limits::kTrafficSelectors) return in.error(too_many_traffic_selectors);
  for (unsigned i = 0; i < count; ++i) {
    if (in.at_end()) return in.error(traffic_selector_malformed);
    TRY(auto entry, parse_entry(in));
    ts.entries.push_back(std::move(entry));
  }
  if (!in.at_end()) return in.error(traffic_selector_malformed);
  return ts;
}

void encode(Writer& out, const TsPayload& payload) {
  CHECK(payload.entries.size() <= 255);
  out.u8(static_cast<std::uint8_t>(payload.entries.size()));
  out.zeros(3);
  for (const auto& entry : payload.entries)
    std::visit([&](const auto& selector) { encode_entry(out, selector); }, entry);
}

TsPayload TsPayload::of(PayloadType role, const std::vector<TrafficSelector>& selectors) {
  return {role, {selectors.begin(), selectors.end()}};
}

std::vector<TrafficSelector> TsPayload::selectors() const {
  std::vector<TrafficSelector> known;
  for (const auto& entry : entries) {
    if (const auto* selector = std::get_if<TrafficSelector>(&entry)) known.push_back(*selector);
  }
  return known;
}

}  // namespace keypact::wire
