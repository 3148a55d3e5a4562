// PKCS#12 as devices of others read it. RFC 7292 by OpenSSL.
#pragma once

#include "pki/certificate.h"
#include "pki/making_error.h"
#include "pki/private_key.h"

namespace keypact::pki {

enum class Pkcs12Cipher : std::uint8_t {
  aes_256,     ///< PBES2 with AES-256-CBC, MAC with SHA-256: Windows from 1709 and Server 2019, Apple, Android
  triple_des,  ///< PBES1 with SHA-1 and three-key triple DES, MAC with SHA-1: what is older, Windows Server 2016 among it
};

struct Pkcs12Plan {
  std::string name;  ///< shown by the device
  Pkcs12Cipher cipher = Pkcs12Cipher::aes_256;
};

/// The key, its certificate and the CAs of it. The passphrase is printable ASCII, which all devices turn into the same octets.
[[nodiscard]] Result<Octets, MakingError> make_pkcs12(const Pkcs12Plan& plan, const PrivateKey& key,
                                                      const Certificate& certificate,
                                                      std::span<const Certificate> authorities,
                                                      const Secret& passphrase);

}  // namespace keypact::pki
