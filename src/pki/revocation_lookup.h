// What CRLs say of one certificate. RFC 5280 §5.2.4, §6.3.3.
#pragma once

#include "pki/revocation_list.h"

namespace keypact::pki {

struct LookedUp {
  std::optional<RevocationList::Entry> entry;
  bool good = false;                    ///< a list that is valid now does not name it
  bool delta_used = false;              ///< and neither does a delta to it that is valid now
  std::vector<std::string> delta_uris;  ///< of the lists that were used
  std::string lacking;                  ///< why it is neither
};

[[nodiscard]] LookedUp look_up(const Certificate& certificate, const Certificate& issuer,
                               std::span<const RevocationList> lists, std::int64_t now);

[[nodiscard]] bool is_fresh(const RevocationList& list, std::int64_t now);
/// Whether the number a is less than b: big-endian, of any length.
[[nodiscard]] bool is_less(OctetView a, OctetView b);
/// "2026-05-31 08:15 UTC"
[[nodiscard]] std::string date(std::int64_t unix_seconds);

}  // namespace keypact::pki
