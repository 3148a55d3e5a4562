#include "pki/ipseckey.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/reader.h"
#include "base/writer.h"
#include "crypto/openssl_handles.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kNameOctets = 253;

/// RFC 4025 §2.3, and the registry of algorithms behind §2.4.
enum class GatewayType : std::uint8_t { none = 0, ipv4 = 1, ipv6 = 2, name = 3 };
enum class Algorithm : std::uint8_t { rsa = 2, ecdsa = 3, eddsa = 4 };

using KeyHandle = crypto::Handle<EVP_PKEY>;
struct ParamsFree {
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, ParamsFree>;

std::optional<PublicKey> as_public_key(EVP_PKEY* key) {
  if (key == nullptr) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return std::nullopt;
  auto read = PublicKey::from_spki({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return read ? std::optional(std::move(*read)) : std::nullopt;
}

std::optional<PublicKey> key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  const crypto::Handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return std::nullopt;
  return as_public_key(KeyHandle(made).get());
}

/// RFC 3110: the length of the exponent in one octet, or in two behind a zero; the exponent; the modulus.
std::optional<PublicKey> rsa_key(OctetView octets) {
  Reader reader(octets);
  std::size_t exponent_octets = reader.u8().value_or(0);
  if (exponent_octets == 0) exponent_octets = reader.u16().value_or(0);
  const auto exponent = reader.octets(exponent_octets);
  const auto modulus = reader.rest();
  if (!exponent || exponent->empty() || modulus.empty()) return std::nullopt;
  const Owned<BIGNUM> e(BN_bin2bn(exponent->data(), static_cast<int>(exponent->size()), nullptr));
  const Owned<BIGNUM> n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!e || !n || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1)
    return std::nullopt;
  return key_from("RSA", builder.get());
}

/// RFC 6605: x | y of P-256 or P-384.
std::optional<PublicKey> ecdsa_key(OctetView point) {
  if (point.size() != 64 && point.size() != 96) return std::nullopt;
  constexpr std::uint8_t kUncompressed = 4;
  Octets encoded = {kUncompressed};
  append(encoded, point);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const char* group = point.size() == 64 ? "P-256" : "P-384";
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()) != 1)
    return std::nullopt;
  return key_from("EC", builder.get());
}

/// RFC 8080: which curve, the length tells.
std::optional<PublicKey> eddsa_key(OctetView octets) {
  const int type = octets.size() == 32 ? EVP_PKEY_ED25519 : octets.size() == 57 ? EVP_PKEY_ED448 : EVP_PKEY_NONE;
  if (type == EVP_PKEY_NONE) return std::nullopt;
  return as_public_key(KeyHandle(EVP_PKEY_new_raw_public_key(type, nullptr, octets.data(), octets.size())).get());
}

/// RFC 4025 §2.5: a name is not compressed.
bool pass_over_name(Reader& reader) {
  constexpr std::uint8_t kLongestLabel = 63;
  for (;;) {
    const auto label = reader.u8();
    if (!label || *label > kLongestLabel) return false;
    if (*label == 0) return true;
    if (!reader.skip(*label)) return false;
  }
}

bool pass_over_gateway(Reader& reader, GatewayType type) {
  switch (type) {
    case GatewayType::none: return true;
    case GatewayType::ipv4: return reader.skip(4);
    case GatewayType::ipv6: return reader.skip(16);
    case GatewayType::name: return pass_over_name(reader);
  }
  return false;
}

std::string reversed(const IpAddress& address) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  const auto octets = address.octets();
  for (auto at = octets.rbegin(); at != octets.rend(); ++at) {
    if (address.is_v4()) name += std::to_string(*at) + '.';
    else name.append({kDigits[*at & 0x0fU], '.', kDigits[*at >> 4U], '.'});
  }
  return name + (address.is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

bool is_host_name(std::string_view name) {
  static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= kNameOctets && name.find_first_not_of(kAllowed) == std::string_view::npos &&
         name.find("..") == std::string_view::npos && name.front() != '.';
}

}  // namespace

std::optional<std::string> ipseckey_name(const Identification& identity) {
  switch (identity.type) {
    case IdType::ID_FQDN: {
      const auto name = as_text(identity.data);
      return is_host_name(name) ? std::optional(std::string(name)) : std::nullopt;
    }
    case IdType::ID_IPV4_ADDR:
    case IdType::ID_IPV6_ADDR: {
      const auto address = IpAddress::from_octets(identity.data);
      return address ? std::optional(reversed(*address)) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<PublicKey> key_of_ipseckey(OctetView rdata) {
  Reader reader(rdata);
  if (!reader.skip(1)) return std::nullopt;  // the precedence of gateways: ours is configured
  const auto gateway = reader.u8();
  const auto algorithm = reader.u8();
  if (!algorithm || !pass_over_gateway(reader, static_cast<GatewayType>(*gateway))) return std::nullopt;
  std::optional<PublicKey> found;
  switch (static_cast<Algorithm>(*algorithm)) {
    case Algorithm::rsa: found = rsa_key(reader.rest()); break;
    case Algorithm::ecdsa: found = ecdsa_key(reader.rest()); break;
    case Algorithm::eddsa: found = eddsa_key(reader.rest()); break;
  }
  crypto::forget_openssl_errors();
  return found;
}

Octets join_records(const std::vector<Octets>& records) {
  Writer document;
  for (const auto& record : records) {
    if (record.size() > 0xffff) continue;
    document.u16(static_cast<std::uint16_t>(record.size()));
    document.octets(record);
  }
  return std::move(document).take();
}

std::vector<OctetView> split_records(OctetView document) {
  std::vector<OctetView> records;
  Reader reader(document);
  while (!reader.at_end() && records.size() < kIpseckeyRecords) {
    const auto size = reader.u16();
    const auto record = size ? reader.octets(*size) : std::nullopt;
    if (!record) break;
    records.push_back(*record);
  }
  return records;
}

}  // namespace keypact::pki
