// Octets as an answer of the DNS: each record is a key that verifies signatures, or none. RFC 4025.
#include "pki/ipseckey.h"
#include "fuzz/require.h"

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keypact;
  using fuzz::require;
  const auto records = pki::split_records({data, size});
  require(records.size() <= pki::kIpseckeyRecords);
  std::vector<Octets> copies;
  for (const auto record : records) {
    copies.push_back(to_octets(record));
    // What is a key here is one in a certificate too.
    const auto key = pki::key_of_ipseckey(record);
    if (key) require(pki::PublicKey::from_spki(key->spki()) == *key);
  }
  const auto joined = pki::join_records(copies);
  require(joined.size() <= size && same_octets(joined, OctetView(data, joined.size())));
  return 0;
}
