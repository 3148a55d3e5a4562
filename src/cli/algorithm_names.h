// The names that people use for algorithms, from the ones that vici uses: AES_GCM_16 with 256 bits is AES-256-GCM.
#pragma once

#include <string>
#include <string_view>

namespace keypact::cli {

/// `key_bits` is vici's encr-keysize, empty where the algorithm has only one.
[[nodiscard]] std::string encryption_name(std::string_view algorithm, std::string_view key_bits);
[[nodiscard]] std::string integrity_name(std::string_view algorithm);
[[nodiscard]] std::string prf_name(std::string_view algorithm);
[[nodiscard]] std::string key_exchange_name(std::string_view method);

}  // namespace keypact::cli
