#include "cli/algorithm_names.h"

#include <algorithm>
#include <array>

namespace keypact::cli {

namespace {

struct Name {
  std::string_view vici;
  std::string_view friendly;  ///< '#' stands for the key size
};

constexpr std::array kEncryption{
    Name{"AES_CBC", "AES-#-CBC"},
    Name{"AES_CTR", "AES-#-CTR"},
    Name{"AES_CCM_8", "AES-#-CCM-8"},
    Name{"AES_CCM_12", "AES-#-CCM-12"},
    Name{"AES_CCM_16", "AES-#-CCM"},
    Name{"AES_GCM_8", "AES-#-GCM-8"},
    Name{"AES_GCM_12", "AES-#-GCM-12"},
    Name{"AES_GCM_16", "AES-#-GCM"},
    Name{"NULL_AES_GMAC", "AES-#-GMAC"},
    Name{"CHACHA20_POLY1305", "ChaCha20-Poly1305"},
    Name{"3DES_CBC", "3DES"},
    Name{"DES_CBC", "DES"},
    Name{"CAMELLIA_CBC", "Camellia-#-CBC"},
    Name{"CAMELLIA_CTR", "Camellia-#-CTR"},
    Name{"CAMELLIA_CCM_8", "Camellia-#-CCM-8"},
    Name{"CAMELLIA_CCM_12", "Camellia-#-CCM-12"},
    Name{"CAMELLIA_CCM_16", "Camellia-#-CCM"},
};

constexpr std::array kIntegrity{
    Name{"HMAC_MD5_96", "HMAC-MD5"},
    Name{"HMAC_SHA1_96", "HMAC-SHA-1"},
    Name{"HMAC_SHA2_256_96", "HMAC-SHA-256-96"},
    Name{"HMAC_SHA2_256_128", "HMAC-SHA-256"},
    Name{"HMAC_SHA2_384_192", "HMAC-SHA-384"},
    Name{"HMAC_SHA2_512_256", "HMAC-SHA-512"},
    Name{"AES_XCBC_96", "AES-XCBC"},
    Name{"AES_CMAC_96", "AES-CMAC"},
};

constexpr std::array kPrf{
    Name{"PRF_HMAC_MD5", "PRF-HMAC-MD5"},          Name{"PRF_HMAC_SHA1", "PRF-HMAC-SHA-1"},
    Name{"PRF_HMAC_SHA2_256", "PRF-HMAC-SHA-256"}, Name{"PRF_HMAC_SHA2_384", "PRF-HMAC-SHA-384"},
    Name{"PRF_HMAC_SHA2_512", "PRF-HMAC-SHA-512"}, Name{"PRF_AES128_XCBC", "PRF-AES-XCBC"},
    Name{"PRF_AES128_CMAC", "PRF-AES-CMAC"},
};

constexpr std::array kKeyExchange{
    Name{"CURVE_25519", "X25519"},       Name{"CURVE_448", "X448"},           Name{"ECP_224_BP", "Brainpool-224"},
    Name{"ECP_256_BP", "Brainpool-256"}, Name{"ECP_384_BP", "Brainpool-384"}, Name{"ECP_512_BP", "Brainpool-512"},
};

template <std::size_t kCount>
std::string friendly(const std::array<Name, kCount>& table, std::string_view algorithm,
                     std::string_view key_bits = {}) {
  std::string name(algorithm);
  const auto found = std::find_if(table.begin(), table.end(), [&](const Name& n) { return n.vici == algorithm; });
  if (found == table.end()) {
    std::replace(name.begin(), name.end(), '_', '-');  // ECP_256, MODP_2048, ML_KEM_768 and what is new
    return key_bits.empty() ? name : name + "-" + std::string(key_bits);
  }
  name = found->friendly;
  const auto size = name.find('#');
  if (size == std::string::npos) return name;
  return key_bits.empty() ? name.erase(size, 2) : name.replace(size, 1, key_bits);
}

}  // namespace

std::string encryption_name(std::string_view algorithm, std::string_view key_bits) {
  return friendly(kEncryption, algorithm, key_bits);
}
std::string integrity_name(std::string_view algorithm) { return friendly(kIntegrity, algorithm); }
std::string prf_name(std::string_view algorithm) { return friendly(kPrf, algorithm); }
std::string key_exchange_name(std::string_view method) { return friendly(kKeyExchange, method); }

}  // namespace keypact::cli
