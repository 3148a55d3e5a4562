// Octets as a CRL: what is read is looked through for a certificate, and is signed by nobody whom we know.
#include "fuzz/known_certificates.h"
#include "fuzz/require.h"
#include "pki/revocation_lookup.h"
#include "pki/revocation_pointers.h"

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keypact;
  using fuzz::require;
  const auto& known = fuzz::known_certificates();
  const auto list = pki::RevocationList::read({data, size});
  if (!list) {
    require(!list.error().sentence().empty());
    return 0;
  }
  for (const auto& uri : list->delta_uris()) require(pki::is_http_uri(uri));
  static_cast<void>(list->covers(known.leaf));
  static_cast<void>(list->find(known.leaf));
  static_cast<void>(list->der());
  const auto lists = std::span(&*list, 1);
  const auto found = pki::look_up(known.leaf, known.root, lists, fuzz::kNow);
  // All of the corpus are by another key of the root's name, which nobody has any more.
  require(!found.good && !found.entry);
  return 0;
}
