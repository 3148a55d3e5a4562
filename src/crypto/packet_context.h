// PacketContext: the OpenSSL contexts of one pair of algorithms, keyed for one direction. The scratch of Library and the inside
// of PacketSealer and PacketOpener.
#pragma once

#include <array>
#include <optional>

#include "crypto/mac.h"
#include "crypto/packet_cipher.h"

namespace keypact::crypto {

enum class PacketDirection : std::uint8_t { seal, open };

class PacketContext {
 public:
  /// `cipher` is null for ENCR_NULL and stays owned by OpenSSL's context; `mac` is there unless the cipher is an AEAD.
  PacketContext(const CipherAlgorithm& algorithm, evp_cipher_st* cipher, std::optional<Mac> mac, std::size_t icv);

  void set_keys(const PacketKeys& keys, PacketDirection direction);
  void seal(const PacketView& packet, MutableOctets icv);
  [[nodiscard]] bool open(const PacketView& packet, OctetView icv);

 private:
  void configure_aead(PacketDirection direction);
  void start_packet(OctetView iv);
  void associate(OctetView octets);
  void transform(MutableOctets text);
  void seal_aead(const PacketView& packet, MutableOctets icv);
  [[nodiscard]] bool open_aead(const PacketView& packet, OctetView icv);
  void authenticate(const PacketView& packet, MutableOctets icv);

  const CipherAlgorithm* algorithm_;
  Handle<evp_cipher_ctx_st> context_;
  std::optional<Mac> mac_;
  std::size_t icv_;
  std::array<std::uint8_t, 16> nonce_{};  ///< salt | IV, and the block counter of CTR
};

}  // namespace keypact::crypto
