#include "crypto/known_answer_check.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/key_exchange.h"
#include "crypto/library_impl.h"
#include "crypto/prf.h"

namespace keypact::crypto {
namespace {

// The inputs of tests/data/crypto/make_known_answers.py: counted octets.
class Pattern final : public RandomSource {
 public:
  explicit Pattern(std::uint8_t first) : next_(first) {}
  void fill(MutableOctets out) override {
    for (auto& octet : out) octet = next_++;
  }

 private:
  std::uint8_t next_;
};

Secret pattern(std::uint8_t first, std::size_t count) {
  Secret octets(count);
  Pattern(first).fill(octets.reveal_mutable());
  return octets;
}

bool is_hex_of(std::string_view expected, OctetView octets) { return to_hex(octets) == expected; }

std::string hash_prefix(std::initializer_list<OctetView> parts) {
  Octets all;
  for (const auto part : parts) append(all, part);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
  CHECK(EVP_Digest(all.data(), all.size(), hash.data(), nullptr, EVP_sha256(), nullptr) == 1);
  wipe_octets(all);
  return to_hex(std::span(hash).first(16));
}

bool prf_is_right(Library& library, const PrfAnswer& answer) {
  const Secret message = pattern(0, 100);
  const Secret key = pattern(1, prf_octets(answer.id));
  return is_hex_of(answer.output, prf(library, answer.id, key.reveal(), {message.reveal()}).reveal());
}

// The key of an integrity algorithm is as long as that of the PRF with the same MAC; its output is the beginning.
bool integrity_is_right(Library& library, const IntegrityAlgorithm& algorithm, std::span<const PrfAnswer> answers) {
  const auto answer = std::ranges::find_if(answers, [&](const auto& row) { return mac_of(row.id) == algorithm.mac; });
  Mac* const mac = library.impl().mac(algorithm.mac);
  if (answer == answers.end() || mac == nullptr) return false;
  const Secret message = pattern(0, 100);
  const OctetView parts[] = {message.reveal()};
  Octets icv(algorithm.icv);
  mac->set_key(pattern(1, algorithm.key).reveal());
  mac->compute(parts, icv);
  return is_hex_of(answer->output.substr(0, 2 * algorithm.icv), icv);
}

bool cipher_is_right(Library& library, const CipherAlgorithm& algorithm, const CipherAnswer& answer) {
  const PacketAlgorithms algorithms{algorithm.id, algorithm.key_bits,
                                    algorithm.is_aead() ? IntegrityId::NONE : IntegrityId::AUTH_HMAC_SHA2_256_128};
  const auto sizes = packet_sizes(algorithms);
  const PacketKeys keys{algorithms, pattern(1, sizes.encryption_key), pattern(1, sizes.integrity_key)};
  const Secret header = pattern(0xA0, 12);
  const Secret iv = pattern(0xC0, sizes.iv);
  const Secret plain = pattern(0, 64);
  Octets text = to_octets(plain.reveal());
  Octets icv(sizes.icv);
  const PacketView packet{header.reveal(), iv.reveal(), text, {}};
  seal(library, keys, packet, icv);
  if (!is_hex_of(answer.text, std::span(text).last(16))) return false;
  if (algorithm.is_aead() && !is_hex_of(answer.icv, icv)) return false;
  const Octets sealed = text;
  if (!open(library, keys, packet, icv) || !same_octets(text, plain.reveal())) return false;
  text = sealed;
  icv.front() ^= 1;
  return !open(library, keys, packet, icv);
}

bool key_exchange_is_right(Library& library, const KeyExchangeInfo& info, const KeyExchangeAnswer& answer) {
  Pattern own(1);
  auto begun = begin_key_exchange(library, info.method, own);
  if (!begun) return false;
  if (info.kind == KeyExchangeKind::kem) {
    Pattern encapsulation(1);
    const auto responded = respond_key_exchange(library, info.method, begun->public_value, encapsulation);
    if (!responded || hash_prefix({begun->public_value, responded->public_value}) != answer.public_value) return false;
    const auto shared = finish_key_exchange(library, std::move(begun->state), responded->public_value);
    return shared && secret_equal(shared->reveal(), responded->shared_secret.reveal()) &&
           hash_prefix({shared->reveal()}) == answer.shared;
  }
  if (hash_prefix({begun->public_value}) != answer.public_value) return false;
  // The large MODP groups differ from the smaller ones in the prime only, which was just shown to be right.
  constexpr std::size_t kLargeModpOctets = 512;
  if (info.kind == KeyExchangeKind::modp && info.initiator_value >= kLargeModpOctets) return true;
  const auto shared = finish_key_exchange(library, std::move(begun->state), begun->public_value);
  return shared && hash_prefix({shared->reveal()}) == answer.shared;
}

}  // namespace

std::vector<std::string> self_test(Library& library, const KnownAnswers& answers) {
  std::vector<std::string> failed;
  const auto report = [&](const Transform& transform, auto&& is_right) {
    if (library.supports(transform) && !is_right()) failed.push_back(to_string(transform));
  };
  for (const auto& answer : answers.prfs) report(prf(answer.id), [&] { return prf_is_right(library, answer); });
  for (const auto& algorithm : integrity_algorithms())
    report(integrity(algorithm.id), [&] { return integrity_is_right(library, algorithm, answers.prfs); });
  for (const auto& algorithm : cipher_algorithms()) {
    std::optional<std::uint16_t> key_bits;
    if (algorithm.key_bits != 0) key_bits = algorithm.key_bits;
    report(encryption(algorithm.id, key_bits), [&] {
      const auto answer = std::ranges::find_if(answers.ciphers, [&](const auto& row) {
        return row.id == algorithm.id && row.key_bits == algorithm.key_bits;
      });
      return answer != answers.ciphers.end() && cipher_is_right(library, algorithm, *answer);
    });
  }
  for (const auto& info : key_exchange_infos()) {
    report(key_exchange(info.method), [&] {
      const auto answer = std::ranges::find(answers.key_exchanges, info.method, &KeyExchangeAnswer::method);
      return answer != answers.key_exchanges.end() && key_exchange_is_right(library, info, *answer);
    });
  }
  return failed;
}

std::vector<std::string> Library::self_test() { return crypto::self_test(*this, {}); }

}  // namespace keypact::crypto
