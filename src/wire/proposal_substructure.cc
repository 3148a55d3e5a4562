// From the proposals of the wire to those of proto and back. RFC 7296 §3.3.5, §3.3.6.
#include <algorithm>

#include "base/reader.h"
#include "wire/payload.h"

namespace keypact::wire {
namespace {

/// RFC 7296 §3.3.2 and RFC 9370's additional key exchanges. The types of G-IKEv2 (KWA, GCAUTH) are not ours.
bool is_known(TransformType type) { return type >= TransformType::ENCR && type <= TransformType::ADDKE7; }

/// The transform, or nothing when it carries an attribute that we do not understand: any but one Key Length in its
/// short form, which RFC 7296 §3.3.5 prescribes.
std::optional<Transform> understood(const TransformSubstructure& wire) {
  Transform transform{wire.type, wire.id, std::nullopt};
  for (const auto& attribute : wire.attributes) {
    if (attribute.type != kKeyLengthAttribute || !attribute.tv || transform.key_bits) return std::nullopt;
    const auto bits = Reader(attribute.value).u16();
    if (!bits || *bits == 0) return std::nullopt;
    transform.key_bits = bits;
  }
  return transform;
}

}  // namespace

Proposal ProposalSubstructure::offer() const {
  Proposal proposal{protocol, {}};
  if (!std::ranges::all_of(transforms, [](const auto& transform) { return is_known(transform.type); })) return proposal;
  proposal.transforms.reserve(transforms.size());
  for (const auto& wire : transforms) {
    if (const auto transform = understood(wire)) proposal.transforms.push_back(*transform);
  }
  return proposal;
}

ProposalSubstructure ProposalSubstructure::of(std::uint8_t number, const Proposal& proposal, OctetView spi) {
  ProposalSubstructure wire{number, proposal.protocol, to_octets(spi), {}};
  wire.transforms.reserve(proposal.transforms.size());
  for (const auto& transform : proposal.transforms) {
    auto& made = wire.transforms.emplace_back(TransformSubstructure{transform.type, transform.id, {}});
    if (!transform.key_bits) continue;
    const auto bits = *transform.key_bits;
    made.attributes.push_back(
        {kKeyLengthAttribute, true, {static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits & 255)}});
  }
  return wire;
}

}  // namespace keypact::wire
