// AES-GCM and ChaCha20-Poly1305 by libipsec-mb where the machine has it: several times quicker than OpenSSL 3.0, which does not
// use the wide AES instructions. Optional in every respect: what it does not offer, or gets wrong, is OpenSSL's.
#pragma once

#include "crypto/packet_cipher.h"

namespace keypact::esp {

/// The keys of one direction of one SA. As crypto::PacketSealer and PacketOpener, which say what the arguments are.
class MultiBufferKey {
 public:
  struct Expanded;
  explicit MultiBufferKey(std::unique_ptr<Expanded> expanded);
  MultiBufferKey(MultiBufferKey&&) noexcept;
  MultiBufferKey& operator=(MultiBufferKey&&) noexcept;
  ~MultiBufferKey();

  void seal(const crypto::PacketView& packet, MutableOctets icv);
  [[nodiscard]] bool open(const crypto::PacketView& packet, OctetView icv);

 private:
  std::unique_ptr<Expanded> expanded_;
};

class MultiBuffer {
 public:
  /// Nothing when the library or the instructions of the processor are missing. An algorithm that does not give the same
  /// octets as `reference` for a number of lengths is left to OpenSSL.
  [[nodiscard]] static std::unique_ptr<MultiBuffer> probe(crypto::Library& reference);
  ~MultiBuffer();
  MultiBuffer(const MultiBuffer&) = delete;
  MultiBuffer& operator=(const MultiBuffer&) = delete;

  /// Nothing for algorithms that are OpenSSL's. The key does not outlive this object.
  [[nodiscard]] std::optional<MultiBufferKey> key(const PacketKeys& keys) const;

 private:
  struct Manager;
  explicit MultiBuffer(std::unique_ptr<Manager> manager);
  [[nodiscard]] bool agrees(crypto::Library& reference, const PacketAlgorithms& algorithms) const;
  [[nodiscard]] std::optional<MultiBufferKey> expand(const PacketKeys& keys) const;

  std::unique_ptr<Manager> manager_;
  std::vector<PacketAlgorithms> trusted_;
};

}  // namespace keypact::esp
