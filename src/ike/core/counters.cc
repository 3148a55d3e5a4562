#include "ike/core/counters.h"

#include <algorithm>

namespace keypact::ike {

Counters& Counters::operator+=(const Counters& other) {
  const auto latest = std::max(deadline_lateness_us, other.deadline_lateness_us);
  for (const auto& [name, value] : kCounterNames) this->*value += other.*value;
  deadline_lateness_us = latest;
  return *this;
}

}  // namespace keypact::ike
