// What a fuzz target takes for granted: where it is not so, the input is a finding.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace keypact::fuzz {

inline void require(bool condition, std::source_location place = std::source_location::current()) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: required\n", place.file_name(), static_cast<unsigned>(place.line()));
  std::abort();
}

}  // namespace keypact::fuzz
