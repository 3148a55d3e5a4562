// What verifying and signing share: how OpenSSL is told a scheme.
#pragma once

#include "pki/signature_scheme.h"

struct evp_pkey_ctx_st;

namespace keypact::pki {

/// OpenSSL's name of the scheme's hash; null for EdDSA, which hashes the message itself.
[[nodiscard]] const char* digest_name(const SignatureScheme& scheme);

/// Sets padding, salt and mask of RSA.
[[nodiscard]] bool set_padding(evp_pkey_ctx_st* context, const SignatureScheme& scheme);

}  // namespace keypact::pki
