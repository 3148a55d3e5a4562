#include "eap/mschapv2.h"

#include <algorithm>

#include "eap/digest.h"

namespace keypact::eap::mschapv2 {
namespace {

constexpr std::string_view kServerToClient = "Magic server to client signing constant";
constexpr std::string_view kMoreIterations = "Pad to make it do more than one iteration";
constexpr std::string_view kMasterKey = "This is the MPPE Master Key";
constexpr std::string_view kClientSends =
    "On the client side, this is the send key; on the server side, it is the receive key.";
constexpr std::string_view kServerSends =
    "On the client side, this is the receive key; on the server side, it is the send key.";
constexpr std::size_t kStartKeyOctets = 16;

/// RFC 3629, without surrogates and overlong forms.
std::optional<std::uint32_t> next_code_point(OctetView& text) {
  const std::uint8_t first = text[0];
  const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  if (length == 0 || length > text.size()) return std::nullopt;
  std::uint32_t point = length == 1 ? first : first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (text[i] >> 6 != 2) return std::nullopt;
    point = point << 6 | (text[i] & 0x3f);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return std::nullopt;
  text = text.subspan(length);
  return point;
}

void put_utf16(MutableOctets out, std::size_t& at, std::uint32_t unit) {
  out[at++] = static_cast<std::uint8_t>(unit);
  out[at++] = static_cast<std::uint8_t>(unit >> 8);
}

/// UTF-16 in little endian: what RFC 2759 calls unicode-char.
std::optional<Secret> utf16_of(OctetView utf8) {
  Secret units(2 * utf8.size());
  const auto out = units.reveal_mutable();
  std::size_t at = 0;
  while (!utf8.empty()) {
    const auto point = next_code_point(utf8);
    if (!point) return std::nullopt;
    if (*point < 0x10000) {
      put_utf16(out, at, *point);
    } else {
      put_utf16(out, at, 0xd800 + ((*point - 0x10000) >> 10));
      put_utf16(out, at, 0xdc00 + ((*point - 0x10000) & 0x3ff));
    }
  }
  return Secret::copy_of(units.reveal().first(at));
}

std::array<std::uint8_t, 8> challenge_hash(const Exchange& exchange) {
  const auto digest = sha1({exchange.peer_challenge, exchange.authenticator_challenge, as_octets(exchange.user)});
  std::array<std::uint8_t, 8> hash;
  std::copy_n(digest.begin(), hash.size(), hash.begin());
  return hash;
}

/// HashNtPasswordHash.
Secret hash_of_hash(const Secret& password_hash) {
  auto hash = md4(password_hash.reveal());
  auto secret = Secret::copy_of(hash);
  wipe_octets(hash);
  return secret;
}

}  // namespace

std::optional<Secret> password_hash(const Password& password) {
  if (password.is_nt_hash) {
    if (password.octets.size() != 16) return std::nullopt;
    return password.octets.clone();
  }
  const auto utf16 = utf16_of(password.octets.reveal());
  if (!utf16) return std::nullopt;
  auto hash = md4(utf16->reveal());
  auto secret = Secret::copy_of(hash);
  wipe_octets(hash);
  return secret;
}

std::string_view without_domain(std::string_view name) {
  const auto end = name.rfind('\\');
  return end == std::string_view::npos ? name : name.substr(end + 1);
}

NtResponse nt_response(const Secret& password_hash, const Exchange& exchange) {
  const auto challenge = challenge_hash(exchange);
  std::array<std::uint8_t, 21> keys{};
  std::ranges::copy(password_hash.reveal(), keys.begin());
  NtResponse response;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto block = des_encrypt(std::span(keys).subspan(7 * i).first<7>(), challenge);
    std::ranges::copy(block, response.begin() + static_cast<std::ptrdiff_t>(8 * i));
  }
  wipe_octets(keys);
  return response;
}

AuthenticatorResponse authenticator_response(const Secret& password_hash, const NtResponse& response,
                                             const Exchange& exchange) {
  const auto hash = hash_of_hash(password_hash);
  const auto digest = sha1({hash.reveal(), response, as_octets(kServerToClient)});
  return sha1({digest, challenge_hash(exchange), as_octets(kMoreIterations)});
}

Secret start_key(const Secret& password_hash, const NtResponse& response, bool client_sends) {
  const std::array<std::uint8_t, 40> pad1{};
  std::array<std::uint8_t, 40> pad2;
  pad2.fill(0xf2);
  const auto hash = hash_of_hash(password_hash);
  auto master = sha1({hash.reveal(), response, as_octets(kMasterKey)});
  auto key = sha1(
      {OctetView(master).first(kStartKeyOctets), pad1, as_octets(client_sends ? kClientSends : kServerSends), pad2});
  auto secret = Secret::copy_of(OctetView(key).first(kStartKeyOctets));
  wipe_octets(master);
  wipe_octets(key);
  return secret;
}

Msk msk(const Secret& password_hash, const NtResponse& response) {
  Msk msk{Secret(kMskOctets)};
  const auto received = start_key(password_hash, response, true);
  const auto sent = start_key(password_hash, response, false);
  std::ranges::copy(received.reveal(), msk.reveal_mutable().begin());
  std::ranges::copy(sent.reveal(), msk.reveal_mutable().begin() + kStartKeyOctets);
  return msk;
}

}  // namespace keypact::eap::mschapv2
