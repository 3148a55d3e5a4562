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

Octets seal_message(crypto::Library& library, RandomSource& random, const PacketKeys& keys, std::uint64_t counter,
                    const wire::Header& header, const std::vector<wire::Payload>& payloads) {
  const auto sizes = crypto::packet_sizes(keys.algorithms);
  const auto plaintext = wire::encode_payload_chain(payloads);
  const auto padding = pad_octets(plaintext.size(), sizes.block);
  const auto text_octets = plaintext.size() + padding + 1;
  const auto first = payloads.empty() ? PayloadType::None : wire::type_of(payloads.front());

  auto message = wire::encode_encrypted_prefix(header, first, sizes.iv + text_octets + sizes.icv);
  const auto associated = message.size();
  message.resize(associated + sizes.iv + text_octets + sizes.icv, 0);
  const auto all = MutableOctets(message);
  const auto iv = all.subspan(associated, sizes.iv);
  const auto text = all.subspan(associated + sizes.iv, text_octets);
  std::ranges::copy(plaintext, text.begin());
  text.back() = static_cast<std::uint8_t>(padding);
  crypto::make_iv(keys.algorithms, counter, random, iv);
  crypto::seal(library, keys, {all.first(associated), iv, text, {}}, all.last(sizes.icv));
  return message;
}

Opened open_message(crypto::Library& library, const PacketKeys& keys, OctetView datagram,
                    const wire::Message& message) {
  if (!message.encrypted || message.encrypted->is_fragment) return NotAuthentic{};
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
  auto inner = wire::parse_payload_chain(part.first_inner, OctetView(text).first(text.size() - padding - 1));
  if (!inner) return AuthenticButMalformed{inner.error()};
  return Fine{std::move(*inner)};
}

}  // namespace keypact::ike
