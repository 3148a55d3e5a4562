#include "ike/core/retransmission.h"

#include <algorithm>

namespace keypact::ike {

bool Retransmission::advance(Instant now) {
  if (sent_ >= kTransmissions) return false;
  ++sent_;
  interval_ = std::min<Duration>(2 * interval_, kLongest);
  next_ = now + interval_;
  return true;
}

}  // namespace keypact::ike
