// The inside of Library: the fetched algorithms and the scratch contexts, made at first use.
#pragma once

#include <array>

#include "crypto/key_exchange_algorithm.h"
#include "crypto/library.h"
#include "crypto/mac.h"
#include "crypto/packet_context.h"

namespace keypact::crypto {

struct Library::Impl {
  Impl();
  ~Impl();

  /// The scratch context; null where OpenSSL lacks the algorithm.
  Mac* mac(MacId id);
  evp_cipher_st* cipher(const CipherAlgorithm& algorithm);
  /// Null for a pair that packet_sizes() refuses or OpenSSL lacks.
  std::unique_ptr<PacketContext> make_packet_context(const PacketAlgorithms& algorithms);
  /// The scratch context; the pair is supported.
  PacketContext& packet_context(const PacketAlgorithms& algorithms);
  /// Null when the method is unknown, refused, or OpenSSL lacks it.
  KeyExchangeAlgorithm* key_exchange(KeyExchangeMethod method);

  MacParts mac_parts;
  Handle<evp_md_st> sha1;
  Handle<evp_md_ctx_st> digest;

 private:
  struct PacketScratch {
    PacketAlgorithms algorithms;
    std::unique_ptr<PacketContext> context;
  };
  struct FetchedCipher {
    const char* name;
    Handle<evp_cipher_st> cipher;
  };
  struct KeyExchangeSlot {
    bool tried = false;
    std::unique_ptr<KeyExchangeAlgorithm> algorithm;
  };

  std::array<std::optional<Mac>, kMacs> macs_;
  std::vector<FetchedCipher> ciphers_;
  std::vector<PacketScratch> packet_contexts_;
  std::array<KeyExchangeSlot, kKeyExchangeSlots> key_exchanges_;
};

}  // namespace keypact::crypto
