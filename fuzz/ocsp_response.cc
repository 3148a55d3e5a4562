// Octets as an OCSP response: nobody but the issuer makes us believe anything.
#include <cstdlib>

#include "fuzz/known_certificates.h"
#include "pki/ocsp.h"

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keypact;
  const auto& known = fuzz::known_certificates();
  const auto status = pki::read_ocsp_response({data, size}, {known.leaf, known.root, {}, {}, fuzz::kNow});
  // All of the corpus are by another key of the root's name, which nobody has any more.
  if (status || status.error().empty()) std::abort();
  return 0;
}
