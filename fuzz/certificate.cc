// Octets as a certificate of a peer, and as the end of a path to a CA that is trusted: reading it, asking it for everything, and looking
// for a path answers within its bounds, and what is read is what was there.
#include <algorithm>

#include "fuzz/require.h"
#include "pki/identity.h"
#include "pki/revocation_pointers.h"
#include "pki/trust.h"

namespace {

using namespace keypact;
using fuzz::require;

constexpr std::int64_t kNow = 1780272000;  // 2026-06-01

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto certificate = pki::Certificate::from_der({data, size});
  if (!certificate) {
    require(!certificate.error().sentence().empty());
    return 0;
  }
  require(same_octets(certificate->der(), {data, size}));
  for (const auto& name : certificate->alternative_names()) require(pki::speaks_for(*certificate, name));
  static_cast<void>(pki::identities_text(*certificate));
  const auto pointers = pki::revocation_pointers(*certificate);
  for (const auto* uris : {&pointers.lists, &pointers.deltas, &pointers.ocsp})
    require(uris->size() <= 4 && std::ranges::all_of(*uris, pki::is_http_uri));
  // Nobody is trusted: whatever it says of itself, there is no path.
  const auto path = pki::validate(*certificate, std::span(&*certificate, 1), {}, kNow);
  require(!path && !path.error().to_string().empty());
  return 0;
}
