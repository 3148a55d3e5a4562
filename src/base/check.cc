#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace keypact {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "keypact: internal error: %s is false at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace keypact
