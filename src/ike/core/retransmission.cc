#include "ike/core/retransmission.h"

#include <algorithm>

namespace keypact::ike {

bool Retransmission::advance(Instant now) {
  if (since_restart_ >= kTransmissions) return false;
  ++sent_;
  ++since_restart_;
  interval_ = std::min<Duration>(2 * interval_, kLongest);
  next_ = now + interval_;
  return true;
}

void Retransmission::restart(Instant now) {
  interval_ = kFirst;
  next_ = now + interval_;
  since_restart_ = 1;
}

}  // namespace keypact::ike
