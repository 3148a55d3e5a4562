#include "crypto/packet_cipher.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/library_impl.h"

namespace keypact::crypto {
namespace {

constexpr PacketSizes kUnknown{.encryption_key = 0, .integrity_key = 0, .iv = 0, .block = 0, .icv = 0};

PacketContext& keyed(Library& library, const PacketKeys& keys, PacketDirection direction) {
  auto& context = library.impl().packet_context(keys.algorithms);
  context.set_keys(keys, direction);
  return context;
}

std::unique_ptr<PacketContext> prepared(Library& library, const PacketKeys& keys, PacketDirection direction) {
  auto context = library.impl().make_packet_context(keys.algorithms);
  CHECK(context != nullptr);
  context->set_keys(keys, direction);
  return context;
}

}  // namespace

PacketSizes packet_sizes(const PacketAlgorithms& algorithms) {
  const auto* const cipher = cipher_algorithm(algorithms.encryption, algorithms.key_bits);
  const auto* const mac = integrity_algorithm(algorithms.integrity);
  // AH.
  if (algorithms.encryption == EncryptionId{} && mac != nullptr) return {0, mac->key, 0, 1, mac->icv};
  if (cipher == nullptr) return kUnknown;
  PacketSizes sizes{cipher->key + cipher->salt, 0, cipher->iv, cipher->block, cipher->icv};
  if (cipher->is_aead()) return algorithms.integrity == IntegrityId::NONE ? sizes : kUnknown;
  if (mac == nullptr) return kUnknown;
  sizes.integrity_key = mac->key;
  sizes.icv = mac->icv;
  return sizes;
}

void seal(Library& library, const PacketKeys& keys, const PacketView& packet, MutableOctets icv) {
  keyed(library, keys, PacketDirection::seal).seal(packet, icv);
}

bool open(Library& library, const PacketKeys& keys, const PacketView& packet, OctetView icv) {
  return keyed(library, keys, PacketDirection::open).open(packet, icv);
}

PacketSealer::PacketSealer(Library& library, const PacketKeys& keys)
    : context_(prepared(library, keys, PacketDirection::seal)) {}
PacketSealer::PacketSealer(PacketSealer&&) noexcept = default;
PacketSealer& PacketSealer::operator=(PacketSealer&&) noexcept = default;
PacketSealer::~PacketSealer() = default;
void PacketSealer::seal(const PacketView& packet, MutableOctets icv) { context_->seal(packet, icv); }

PacketOpener::PacketOpener(Library& library, const PacketKeys& keys)
    : context_(prepared(library, keys, PacketDirection::open)) {}
PacketOpener::PacketOpener(PacketOpener&&) noexcept = default;
PacketOpener& PacketOpener::operator=(PacketOpener&&) noexcept = default;
PacketOpener::~PacketOpener() = default;
bool PacketOpener::open(const PacketView& packet, OctetView icv) { return context_->open(packet, icv); }

void make_iv(const PacketAlgorithms& algorithms, std::uint64_t packet_counter, RandomSource& random, MutableOctets iv) {
  const auto* const cipher = cipher_algorithm(algorithms.encryption, algorithms.key_bits);
  CHECK(cipher != nullptr && iv.size() == cipher->iv);
  // RFC 3602 §3: the IV of CBC must not be predictable.
  if (cipher->mode == CipherMode::cbc) return random.fill(iv);
  for (auto octet = iv.rbegin(); octet != iv.rend(); ++octet, packet_counter >>= 8)
    *octet = static_cast<std::uint8_t>(packet_counter);
}

}  // namespace keypact::crypto
