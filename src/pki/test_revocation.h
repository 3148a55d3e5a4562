// For the tests of this folder: CRLs as a test wants them.
#pragma once

#include "pki/test_authority.h"

namespace keypact::pki {

struct WantedList {
  std::vector<std::pair<const Issued*, int>> revoked{};  ///< with the reason; 0: none
  std::int64_t this_update = kTestNow - kDay;
  std::int64_t next_update = kTestNow + kDay;  ///< 0: none
  std::vector<std::pair<std::string, std::string>> extensions{{"2.5.29.20", "DER:020105"}};
};

/// When all were revoked.
inline constexpr std::int64_t kRevokedAt = kTestNow - 2 * 3600;

/// In DER; `key_of`: who signs it, if that is not the issuer.
[[nodiscard]] Octets list_by(const Issued& issuer, const WantedList& wanted, const Issued* key_of = nullptr);

}  // namespace keypact::pki
