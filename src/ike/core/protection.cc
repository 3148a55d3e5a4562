#include "ike/core/protection.h"

#include <algorithm>

namespace keypact::ike {
namespace {

/// RFC 7296 §3.14: padding to the block size; its last octet is its length.
std::size_t pad_octets(std::size_t plaintext, std::size_t block) {
  const auto beyond = (plaintext + 1) % block;
  return beyond == 0 ? 0 : block - beyond;
}

}  // namespace

std::size_t sealed_octets(const crypto::PacketSizes& sizes, std::size_t text_octets) {
  const auto padded = text_octets + pad_octets(text_octets, sizes.block) + 1;
  return wire::kHeaderOctets + wire::kGenericHeaderOctets + sizes.iv + padded + sizes.icv;
}

Octets seal_part(crypto::Library& library, RandomSource& random, const PacketKeys& keys, std::uint64_t counter,
                 const wire::Header& header, const ProtectedPart& part) {
  const auto sizes = crypto::packet_sizes(keys.algorithms);
  const auto padding = pad_octets(part.octets.size(), sizes.block);
  const auto text_octets = part.octets.size() + padding + 1;
  const auto body_octets = sizes.iv + text_octets + sizes.icv;

  auto message = part.number == 0
                     ? wire::encode_encrypted_prefix(header, part.first, body_octets)
                     : wire::encode_fragment_prefix(header, part.first, part.number, part.total, body_octets);
  const auto associated = message.size();
  message.resize(associated + body_octets, 0);
  const auto all = MutableOctets(message);
  const auto iv = all.subspan(associated, sizes.iv);
  const auto text = all.subspan(associated + sizes.iv, text_octets);
  std::ranges::copy(part.octets, text.begin());
  text.back() = static_cast<std::uint8_t>(padding);
  crypto::make_iv(keys.algorithms, counter, random, iv);
  crypto::seal(library, keys, {all.first(associated), iv, text, {}}, all.last(sizes.icv));
  return message;
}

Octets seal_message(crypto::Library& library, RandomSource& random, const PacketKeys& keys, std::uint64_t counter,
                    const wire::Header& header, const std::vector<wire::Payload>& payloads) {
  const auto text = wire::encode_payload_chain(payloads);
  const auto first = payloads.empty() ? PayloadType::None : wire::type_of(payloads.front());
  return seal_part(library, random, keys, counter, header, {first, text});
}

OpenedPart open_part(crypto::Library& library, const PacketKeys& keys, OctetView datagram,
                     const wire::Message& message) {
  if (!message.encrypted) return NotAuthentic{};
  const auto& part = *message.encrypted;
  const auto sizes = crypto::packet_sizes(keys.algorithms);
  if (part.body.size() < sizes.iv + sizes.block + sizes.icv) return NotAuthentic{};
  const auto text_octets = part.body.size() - sizes.iv - sizes.icv;
  if (text_octets % sizes.block != 0) return NotAuthentic{};

  Octets text = to_octets(part.body.subspan(sizes.iv, text_octets));
  const crypto::PacketView packet{datagram.first(part.associated_octets), part.body.first(sizes.iv), text, {}};
  if (!crypto::open(library, keys, packet, part.body.last(sizes.icv))) return NotAuthentic{};

  const std::size_t padding = text.back();
  if (padding + 1 > text.size())
    return AuthenticButMalformed{{wire::ParseErrorCode::payload_truncated, PayloadType::SK, 0}};
  text.resize(text.size() - padding - 1);
  return text;
}

Opened parse_inner(PayloadType first, OctetView text) {
  auto inner = wire::parse_payload_chain(first, text);
  if (!inner) return AuthenticButMalformed{inner.error()};
  return Fine{std::move(*inner)};
}

}  // namespace keypact::ike
