// The hashes and ciphers that EAP methods are made of and IKE is not: MD4 and DES of OpenSSL's legacy provider, MD5, SHA-1, SHA-256, AES.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>

#include "base/secret.h"

namespace keypact::eap {

[[nodiscard]] std::array<std::uint8_t, 16> md5(std::initializer_list<OctetView> parts);
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::initializer_list<OctetView> parts);
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::initializer_list<OctetView> parts);
/// The function G of FIPS 186-2: SHA-1 of one block that has zeros for a padding.
[[nodiscard]] std::array<std::uint8_t, 20> sha1_of_one_block(const std::array<std::uint8_t, 20>& octets);

/// 20 and 32 octets.
[[nodiscard]] Secret hmac_sha1(OctetView key, std::initializer_list<OctetView> parts);
[[nodiscard]] Secret hmac_sha256(OctetView key, std::initializer_list<OctetView> parts);
/// One block; the key has 16 octets.
[[nodiscard]] std::array<std::uint8_t, 16> aes_128_encrypt(OctetView key, const std::array<std::uint8_t, 16>& clear);

/// Whether OpenSSL's legacy provider is here (package openssl-provider-legacy where openssl does not bring it). Loads it at the first
/// call, into a library context that nobody else uses.
[[nodiscard]] bool has_legacy_algorithms();
/// Only where has_legacy_algorithms().
[[nodiscard]] std::array<std::uint8_t, 16> md4(OctetView octets);
/// One block; the key without its parity bits (RFC 2759 §8.6).
[[nodiscard]] std::array<std::uint8_t, 8> des_encrypt(std::span<const std::uint8_t, 7> key,
                                                      std::span<const std::uint8_t, 8> clear);

}  // namespace keypact::eap
