// CHECK: the one assertion for programmer errors, always compiled in. Nothing that a peer, an operator or a file sends may
// reach it.
#pragma once

namespace keypact {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace keypact

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::keypact::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
