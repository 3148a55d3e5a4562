#include "ike/core/retransmission.h"

namespace keypact::ike {

bool Retransmission::advance(Instant now) {
  if (since_restart_ >= kTransmissions || (patience_ > Duration{} && now >= began_ + patience_)) return false;
  ++sent_;
  ++since_restart_;
  // RFC 7296 §2.4: the intervals grow exponentially; by less than doubling, since what is lost is mostly lost by chance.
  interval_ = std::min<Duration>(interval_ * 7 / 5, kLongest);
  next_ = now + interval_ * pace_ / 100;
  return true;
}

void Retransmission::restart(Instant now) {
  began_ = now;
  interval_ = kFirst;
  next_ = now + interval_ * pace_ / 100;
  since_restart_ = 1;
}

void Retransmission::restart(Instant now, Duration patience) {
  patience_ = patience_ > Duration{} ? std::min(patience_, patience) : patience;
  restart(now);
}

}  // namespace keypact::ike
