#include "ike/v2/rekey_collision.h"

#include <algorithm>

namespace keypact::ike::v2 {

OctetView lower_nonce(OctetView a, OctetView b) { return std::ranges::lexicographical_compare(b, a) ? b : a; }

bool gives_way(OctetView ours, OctetView theirs) { return std::ranges::lexicographical_compare(ours, theirs); }

}  // namespace keypact::ike::v2
