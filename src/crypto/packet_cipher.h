// PacketCipher: encryption and integrity of one direction of one SA, AEAD or cipher with MAC, the same for the Encrypted
// payload of IKE and for ESP. RFC 7296 §3.14, RFC 5282, RFC 4303, RFC 4106, RFC 4309, RFC 7634, RFC 3602, RFC 3686.
#pragma once

#include <memory>

#include "base/random_source.h"
#include "base/secret.h"
#include "crypto/library.h"
#include "proto/packet_keys.h"

namespace keypact::crypto {

class PacketContext;

struct PacketSizes {
  std::size_t encryption_key = 0;  ///< octets of keying material for encryption, salt or nonce included (RFC 4106 §8.1)
  std::size_t integrity_key = 0;
  std::size_t iv = 0;     ///< octets of the explicit IV
  std::size_t block = 1;  ///< the ciphertext is a multiple of this
  std::size_t icv = 0;
};

/// All zero for a pair that is not known or not allowed: an AEAD with an integrity transform, another cipher without one.
[[nodiscard]] PacketSizes packet_sizes(const PacketAlgorithms& algorithms);

/// One packet, all spans distinct except that `text` is transformed in place.
struct PacketView {
  OctetView associated;  ///< AEAD: the associated data; cipher with MAC: what the MAC covers before the IV
  OctetView iv;          ///< packet_sizes().iv octets
  MutableOctets text;    ///< plaintext padded to the block size -> ciphertext, or the reverse
  OctetView
      suffix;  ///< cipher with MAC only: covered by the MAC after the ciphertext (ESN high octets, RFC 4303 §2.2.1)
};

/// Encrypts in place and writes the ICV (packet_sizes().icv octets).
void seal(Library& library, const PacketKeys& keys, const PacketView& packet, MutableOctets icv);

/// Verifies the ICV, in constant time, and only then releases the plaintext. False: `text` holds nothing of use.
[[nodiscard]] bool open(Library& library, const PacketKeys& keys, const PacketView& packet, OctetView icv);

/// The outbound keys of an SA with their expanded schedule, for many packets under one key (ESP): seal() costs the cipher only.
/// Needs `library` only to be made; then it belongs to any one thread. Movable, and valid until it is moved from.
class PacketSealer {
 public:
  PacketSealer(Library& library, const PacketKeys& keys);
  PacketSealer(PacketSealer&&) noexcept;
  PacketSealer& operator=(PacketSealer&&) noexcept;
  ~PacketSealer();
  /// As the free function.
  void seal(const PacketView& packet, MutableOctets icv);

 private:
  std::unique_ptr<PacketContext> context_;
};

/// The inbound keys of an SA; see PacketSealer.
class PacketOpener {
 public:
  PacketOpener(Library& library, const PacketKeys& keys);
  PacketOpener(PacketOpener&&) noexcept;
  PacketOpener& operator=(PacketOpener&&) noexcept;
  ~PacketOpener();
  /// As the free function.
  [[nodiscard]] bool open(const PacketView& packet, OctetView icv);

 private:
  std::unique_ptr<PacketContext> context_;
};

/// Fills an IV as the algorithm asks: unpredictable for CBC, a counter that never repeats under one key else.
void make_iv(const PacketAlgorithms& algorithms, std::uint64_t packet_counter, RandomSource& random, MutableOctets iv);

}  // namespace keypact::crypto
