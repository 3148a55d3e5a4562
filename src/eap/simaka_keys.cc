#include "eap/simaka_keys.h"

#include <algorithm>

#include "base/writer.h"
#include "eap/digest.h"

namespace keypact::eap {
namespace {

constexpr std::size_t kKeyOctets = 16;
constexpr std::size_t kAkaPrimeMacKeyOctets = 32;

Secret cut(const Secret& from, std::size_t at, std::size_t octets) {
  return Secret::copy_of(from.reveal().subspan(at, octets));
}

SimAkaKeys keys_of_master_key(std::array<std::uint8_t, 20> master_key) {
  const auto stream = fips_186_prf(master_key, 2 * kKeyOctets + kMskOctets);
  wipe_octets(master_key);
  return {cut(stream, 0, kKeyOctets), cut(stream, kKeyOctets, kKeyOctets),
          Msk(cut(stream, 2 * kKeyOctets, kMskOctets))};
}

/// a + b + carry, modulo 2^160.
void add(std::array<std::uint8_t, 20>& a, const std::array<std::uint8_t, 20>& b, unsigned carry) {
  for (std::size_t i = a.size(); i-- > 0;) {
    const unsigned sum = static_cast<unsigned>(a[i]) + b[i] + carry;
    a[i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8;
  }
}

}  // namespace

Secret fips_186_prf(OctetView seed, std::size_t octets) {
  std::array<std::uint8_t, 20> key{};
  std::ranges::copy(seed.first(key.size()), key.begin());
  Secret stream(octets);
  for (std::size_t at = 0; at < octets; at += key.size()) {
    auto word = sha1_of_one_block(key);
    const std::size_t count = std::min(word.size(), octets - at);
    std::copy_n(word.begin(), count, stream.reveal_mutable().begin() + static_cast<std::ptrdiff_t>(at));
    add(key, word, 1);
    wipe_octets(word);
  }
  wipe_octets(key);
  return stream;
}

SimAkaKeys sim_keys(std::string_view identity, std::span<const Secret> kc, OctetView nonce_mt, OctetView version_list,
                    std::uint16_t selected) {
  Secret all_kc(8 * kc.size());
  for (std::size_t i = 0; i < kc.size(); ++i)
    std::ranges::copy(kc[i].reveal(), all_kc.reveal_mutable().begin() + static_cast<std::ptrdiff_t>(8 * i));
  Writer version;
  version.u16(selected);
  return keys_of_master_key(sha1({as_octets(identity), all_kc.reveal(), nonce_mt, version_list, version.view()}));
}

SimAkaKeys aka_keys(std::string_view identity, const Secret& ik, const Secret& ck) {
  return keys_of_master_key(sha1({as_octets(identity), ik.reveal(), ck.reveal()}));
}

Secret bound_to_network(const Secret& ik, const Secret& ck, std::string_view network, const Autn& autn) {
  constexpr std::uint8_t kFunctionCode = 0x20;
  Writer parameters;
  parameters.u8(kFunctionCode);
  parameters.text(network);
  parameters.u16(static_cast<std::uint16_t>(network.size()));
  parameters.octets(OctetView(autn).first(6));  // SQN ^ AK
  parameters.u16(6);
  Secret key(2 * kKeyOctets);
  std::ranges::copy(ck.reveal(), key.reveal_mutable().begin());
  std::ranges::copy(ik.reveal(), key.reveal_mutable().begin() + kKeyOctets);
  return hmac_sha256(key.reveal(), {parameters.view()});
}

SimAkaKeys aka_prime_keys(std::string_view identity, const Secret& ik, const Secret& ck, std::string_view network,
                          const Autn& autn) {
  const auto bound = bound_to_network(ik, ck, network, autn);
  // RFC 9048 §3.3: here IK' comes first.
  Secret key(2 * kKeyOctets);
  std::ranges::copy(bound.reveal().subspan(kKeyOctets), key.reveal_mutable().begin());
  std::ranges::copy(bound.reveal().first(kKeyOctets), key.reveal_mutable().begin() + kKeyOctets);
  constexpr std::size_t kReauthenticationKeyOctets = 32;
  constexpr std::size_t kMskAt = kKeyOctets + kAkaPrimeMacKeyOctets + kReauthenticationKeyOctets;
  // RFC 9048 §3.4.1: as prf+ of IKEv2.
  Secret stream(kMskAt + kMskOctets);
  Secret block;
  std::size_t at = 0;
  for (std::uint8_t round = 1; at < stream.size(); ++round) {
    block =
        hmac_sha256(key.reveal(), {block.reveal(), as_octets("EAP-AKA'"), as_octets(identity), OctetView(&round, 1)});
    const std::size_t count = std::min(block.size(), stream.size() - at);
    std::copy_n(block.reveal().begin(), count, stream.reveal_mutable().begin() + static_cast<std::ptrdiff_t>(at));
    at += count;
  }
  return {cut(stream, 0, kKeyOctets), cut(stream, kKeyOctets, kAkaPrimeMacKeyOctets),
          Msk(cut(stream, kMskAt, kMskOctets))};
}

}  // namespace keypact::eap
