// SA payload: proposals, transforms, attributes. RFC 7296 §3.3.
#include <algorithm>

#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {
namespace {

// The marks of the "Last Substruc" fields.
constexpr std::uint8_t kLast = 0;
constexpr std::uint8_t kMoreProposals = 2;
constexpr std::uint8_t kMoreTransforms = 3;
constexpr std::size_t kSubstructureHeader = 4;  // last mark, RESERVED, length
constexpr std::size_t kTransformOctets = 8;     // a transform without attributes
constexpr std::uint16_t kShortFormBit = 0x8000;

Parsed<TransformAttribute> parse_attribute(BodyReader& in) {
  TransformAttribute attribute;
  TRY(const std::uint16_t format_and_type, in.u16());
  attribute.tv = (format_and_type & kShortFormBit) != 0;
  attribute.type = static_cast<std::uint16_t>(format_and_type & ~kShortFormBit);
  std::uint16_t length = 2;
  if (!attribute.tv) {
    TRY(length, in.u16());
  }
  TRY(const auto value, in.octets(length));
  attribute.value = to_octets(value);
  return attribute;
}

Parsed<TransformSubstructure> parse_transform(BodyReader& in, bool last) {
  using enum ParseErrorCode;
  TransformSubstructure transform;
  TRY(const std::uint8_t mark, in.u8());
  if (mark != (last ? kLast : kMoreTransforms)) return in.error(transform_malformed);
  TRY_VOID(in.reserved(1));
  TRY(const std::uint16_t length, in.u16());
  if (length < kTransformOctets) return in.error(transform_malformed);
  TRY(BodyReader fields, in.part(length - kSubstructureHeader, transform_malformed));
  TRY(const std::uint8_t type, fields.u8());
  transform.type = static_cast<TransformType>(type);
  TRY_VOID(fields.reserved(1));
  TRY(transform.id, fields.u16());
  while (!fields.at_end()) {
    if (transform.attributes.size() == limits::kTransformAttributes) return fields.error(too_many_attributes);
    TRY(auto attribute, parse_attribute(fields));
    transform.attributes.push_back(std::move(attribute));
  }
  return transform;
}

/// RFC 7296 §3.3.1: 4 octets for AH and ESP; for IKE none in the initial exchanges and 8 later. A protocol that we do not
/// know has SPIs of a size that we do not know: its proposal is kept, and never chosen.
bool spi_size_fits(ProtocolId protocol, std::size_t size) {
  switch (protocol) {
    case ProtocolId::IKE: return size == 0 || size == 8;
    case ProtocolId::AH:
    case ProtocolId::ESP: return size == 4;
    default: return true;
  }
}

Parsed<ProposalSubstructure> parse_proposal_fields(BodyReader& in) {
  using enum ParseErrorCode;
  ProposalSubstructure proposal;
  TRY(proposal.number, in.u8());
  TRY(const std::uint8_t protocol, in.u8());
  proposal.protocol = static_cast<ProtocolId>(protocol);
  TRY(const std::uint8_t spi_size, in.u8());
  if (!spi_size_fits(proposal.protocol, spi_size)) return in.error(spi_size_mismatch);
  TRY(const std::uint8_t count, in.u8());
  if (count > limits::kTransforms) return in.error(too_many_transforms);
  TRY(const auto spi, in.octets(spi_size));
  proposal.spi = to_octets(spi);
  proposal.transforms.reserve(std::min<std::size_t>(count, in.remaining() / kTransformOctets));
  for (unsigned i = 1; i <= count; ++i) {
    TRY(auto transform, parse_transform(in, i == count));
    proposal.transforms.push_back(std::move(transform));
  }
  if (!in.at_end()) return in.error(proposal_malformed);
  return proposal;
}

void encode_transform(Writer& out, const TransformSubstructure& transform, bool last) {
  out.u8(last ? kLast : kMoreTransforms);
  out.u8(0);
  out.length_prefixed(2, kSubstructureHeader, [&](Writer& fields) {
    fields.u8(static_cast<std::uint8_t>(transform.type));
    fields.u8(0);
    fields.u16(transform.id);
    for (const auto& attribute : transform.attributes) {
      const auto type = static_cast<std::uint16_t>(attribute.type & ~kShortFormBit);
      if (attribute.tv) {
        CHECK(attribute.value.size() == 2);
        fields.u16(type | kShortFormBit);
        fields.octets(attribute.value);
      } else {
        fields.u16(type);
        fields.length_prefixed(2, 0, [&](Writer& value) { value.octets(attribute.value); });
      }
    }
  });
}

void encode_proposal(Writer& out, const ProposalSubstructure& proposal, bool last) {
  CHECK(proposal.spi.size() <= 255 && proposal.transforms.size() <= 255);
  out.u8(last ? kLast : kMoreProposals);
  out.u8(0);
  out.length_prefixed(2, kSubstructureHeader, [&](Writer& fields) {
    fields.u8(proposal.number);
    fields.u8(static_cast<std::uint8_t>(proposal.protocol));
    fields.u8(static_cast<std::uint8_t>(proposal.spi.size()));
    fields.u8(static_cast<std::uint8_t>(proposal.transforms.size()));
    fields.octets(proposal.spi);
    for (const auto& transform : proposal.transforms)
      encode_transform(fields, transform, &transform == &proposal.transforms.back());
  });
}

}  // namespace

Parsed<SaPayload> parse_sa(BodyReader& in) {
  using enum ParseErrorCode;
  SaPayload sa;
  bool more = true;
  while (more) {
    if (sa.proposals.size() == limits::kProposals) return in.error(too_many_proposals);
    // RFC 7296 §3.3: one or more proposals, so an empty body is an error too.
    if (in.at_end()) return in.error(proposal_malformed);
    TRY(const std::uint8_t mark, in.u8());
    more = mark == kMoreProposals;
    if (!more && mark != kLast) return in.error(proposal_malformed);
    TRY_VOID(in.reserved(1));
    TRY(const std::uint16_t length, in.u16());
    if (length < kSubstructureHeader) return in.error(proposal_malformed);
    TRY(BodyReader fields, in.part(length - kSubstructureHeader, proposal_malformed));
    TRY(auto proposal, parse_proposal_fields(fields));
    sa.proposals.push_back(std::move(proposal));
  }
  if (!in.at_end()) return in.error(proposal_malformed);
  return sa;
}

void encode(Writer& out, const SaPayload& payload) {
  for (const auto& proposal : payload.proposals) encode_proposal(out, proposal, &proposal == &payload.proposals.back());
}

}  // namespace keypact::wire
