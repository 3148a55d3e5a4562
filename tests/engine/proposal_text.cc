#include "tests/engine/proposal_text.h"

#include <algorithm>
#include <array>

namespace keypact {
namespace {

constexpr std::array kTypes = {TransformType::KE, TransformType::ENCR, TransformType::PRF, TransformType::INTEG,
                               TransformType::SN};
/// Greater than all registered identifiers.
constexpr std::uint16_t kIdentifiers = 64;
constexpr std::array<std::uint16_t, 3> kKeyBits = {128, 192, 256};

std::optional<Transform> transform_from(std::string_view name) {
  for (const auto type : kTypes) {
    for (std::uint16_t id = 0; id < kIdentifiers; ++id) {
      Transform transform{type, id, std::nullopt};
      const auto registered = to_string(transform);
      if (registered == name) return transform;
      if (type != TransformType::ENCR || !name.starts_with(registered)) continue;
      for (const auto bits : kKeyBits)
        if (transform.key_bits = bits; to_string(transform) == name) return transform;
    }
  }
  return std::nullopt;
}

/// What stands before the next of these separators, which is taken off together with it.
std::string_view take(std::string_view& text) {
  const auto end = std::min(text.find(" / "), text.find('|'));
  const auto name = text.substr(0, end);
  if (end == std::string_view::npos) text = {};
  else text.remove_prefix(end + (text[end] == '|' ? 1 : 3));
  return name;
}

}  // namespace

std::optional<Proposal> proposal_from(std::string_view text) {
  constexpr std::string_view kIke = "IKE: ";
  constexpr std::string_view kEsp = "ESP: ";
  Proposal proposal;
  if (text.starts_with(kIke)) proposal.protocol = ProtocolId::IKE;
  else if (text.starts_with(kEsp)) proposal.protocol = ProtocolId::ESP;
  else return std::nullopt;
  text.remove_prefix(kIke.size());
  while (!text.empty()) {
    const auto transform = transform_from(take(text));
    if (!transform) return std::nullopt;
    proposal.transforms.push_back(*transform);
  }
  return proposal;
}

}  // namespace keypact
