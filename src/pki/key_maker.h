// New private keys, and keys as files: PKCS#8 in PEM (RFC 5958, RFC 8018).
#pragma once

#include "pki/making_error.h"
#include "pki/private_key.h"

namespace keypact::pki {

enum class NewKey : std::uint8_t { ecdsa_p256, rsa_3072, ed25519 };

[[nodiscard]] Result<PrivateKey, MakingError> make_private_key(NewKey kind);

/// Encrypted with AES-256 (PBES2, PBKDF2 with HMAC-SHA-256), unless the passphrase is empty.
[[nodiscard]] Result<Secret, MakingError> private_key_pem(const PrivateKey& key, const Secret& passphrase);

/// One block of PEM: "CERTIFICATE", "X509 CRL".
[[nodiscard]] std::string pem_of(const char* label, OctetView der);

}  // namespace keypact::pki
