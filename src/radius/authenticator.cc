#include "radius/authenticator.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "base/reader.h"

namespace keypact::radius {
namespace {

constexpr std::size_t kDigestOctets = 16;
constexpr std::uint32_t kMicrosoft = 311;
constexpr std::uint8_t kMppeSendKey = 16;
constexpr std::uint8_t kMppeRecvKey = 17;
constexpr std::size_t kSaltOctets = 2;

Authenticator md5(std::initializer_list<OctetView> parts) {
  Octets message;
  for (const auto part : parts) append(message, part);
  Authenticator out;
  std::size_t written = 0;
  CHECK(EVP_Q_digest(nullptr, "MD5", nullptr, message.data(), message.size(), out.data(), &written) == 1 &&
        written == out.size());
  wipe_octets(message);
  return out;
}

Authenticator hmac_md5(OctetView key, OctetView message) {
  Authenticator out;
  std::size_t written = 0;
  CHECK(EVP_Q_mac(nullptr, "HMAC", nullptr, "MD5", nullptr, key.data(), key.size(), message.data(), message.size(),
                  out.data(), out.size(), &written) != nullptr &&
        written == out.size());
  return out;
}

/// RFC 3579 §3.2: over the whole packet with the request's authenticator in it and zeros in the place of the result.
std::optional<Authenticator> message_authenticator(Packet packet, const Authenticator& request, OctetView secret) {
  packet.authenticator = request;
  for (auto& attribute : packet.attributes)
    if (attribute.type == Type::Message_Authenticator) attribute.value.assign(kDigestOctets, 0);
  const auto octets = encode(packet);
  if (!octets) return std::nullopt;
  return hmac_md5(secret, *octets);
}

}  // namespace

std::string_view sentence(AnswerError error) {
  switch (error) {
    case AnswerError::message_authenticator_missing: return "it has no Message-Authenticator";
    case AnswerError::message_authenticator_twice: return "it has more than one Message-Authenticator";
    case AnswerError::message_authenticator_malformed: return "its Message-Authenticator does not have 16 octets";
    case AnswerError::message_authenticator_wrong: return "its Message-Authenticator is not made with our secret";
    case AnswerError::response_authenticator_wrong: return "its Response Authenticator is not made with our secret";
  }
  return "it is not authentic";
}

std::optional<Octets> sign_access_request(Packet packet, OctetView secret) {
  CHECK(find(packet.attributes, Type::Message_Authenticator) == nullptr);
  packet.attributes.insert(packet.attributes.begin(),
                           {Type::Message_Authenticator, Octets(kDigestOctets, std::uint8_t{0})});
  const auto digest = message_authenticator(packet, packet.authenticator, secret);
  if (!digest) return std::nullopt;
  packet.attributes.front().value.assign(digest->begin(), digest->end());
  return encode(packet);
}

Result<void, AnswerError> verify_answer(const Packet& answer, const Authenticator& request, OctetView secret) {
  Packet with_request = answer;
  with_request.authenticator = request;
  const auto octets = encode(with_request);
  CHECK(octets.has_value());  // it was parsed
  if (!secret_equal(md5({*octets, secret}), answer.authenticator))
    return failure(AnswerError::response_authenticator_wrong);
  const auto count = std::ranges::count(answer.attributes, Type::Message_Authenticator, &Attribute::type);
  if (count == 0) return failure(AnswerError::message_authenticator_missing);
  if (count > 1) return failure(AnswerError::message_authenticator_twice);
  const auto& found = find(answer.attributes, Type::Message_Authenticator)->value;
  if (found.size() != kDigestOctets) return failure(AnswerError::message_authenticator_malformed);
  const auto wanted = message_authenticator(answer, request, secret);
  if (!wanted || !secret_equal(*wanted, found)) return failure(AnswerError::message_authenticator_wrong);
  return {};
}

std::optional<Secret> decipher_key(OctetView salt_and_text, const Authenticator& request, OctetView secret) {
  if (salt_and_text.size() < kSaltOctets + kDigestOctets || (salt_and_text.size() - kSaltOctets) % kDigestOctets != 0)
    return std::nullopt;
  // RFC 2548: the salts of the server have this bit.
  if ((salt_and_text[0] & 0x80) == 0) return std::nullopt;
  const auto text = salt_and_text.subspan(kSaltOctets);
  Secret clear(text.size());
  auto block = md5({secret, request, salt_and_text.first(kSaltOctets)});
  for (std::size_t at = 0; at < text.size(); at += kDigestOctets) {
    for (std::size_t i = 0; i < kDigestOctets; ++i) clear.reveal_mutable()[at + i] = text[at + i] ^ block[i];
    block = md5({secret, text.subspan(at, kDigestOctets)});
  }
  wipe_octets(block);
  const std::size_t size = clear.reveal()[0];
  if (size == 0 || size >= clear.size()) return std::nullopt;
  return Secret::copy_of(clear.reveal().subspan(1, size));
}

std::optional<MppeKeys> mppe_keys(const std::vector<Attribute>& attributes, const Authenticator& request,
                                  OctetView secret) {
  std::optional<Secret> send;
  std::optional<Secret> receive;
  for (const auto& attribute : attributes) {
    if (attribute.type != Type::Vendor_Specific) continue;
    Reader in(attribute.value);
    const auto vendor = in.u32();
    if (!vendor || *vendor != kMicrosoft) continue;
    // RFC 2865 §5.26: one attribute of the vendor behind the other.
    while (!in.at_end()) {
      const auto type = in.u8();
      const auto size = in.u8();
      if (!size || *size < 2) return std::nullopt;
      const auto value = in.octets(*size - 2U);
      if (!value) return std::nullopt;
      if (*type != kMppeSendKey && *type != kMppeRecvKey) continue;
      auto& key = *type == kMppeSendKey ? send : receive;
      if (key) return std::nullopt;
      key = decipher_key(*value, request, secret);
      if (!key) return std::nullopt;
    }
  }
  if (!send || !receive) return std::nullopt;
  return MppeKeys{std::move(*send), std::move(*receive)};
}

}  // namespace keypact::radius
