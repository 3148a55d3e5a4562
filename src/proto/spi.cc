#include "proto/spi.h"

#include <array>
#include <cstdio>

namespace keypact {

std::string to_string(IkeSpi spi) {
  std::array<char, 17> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%016llx", static_cast<unsigned long long>(spi.value));
  return buffer.data();
}

std::string to_string(EspSpi spi) {
  std::array<char, 9> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%08x", spi.value);
  return buffer.data();
}

}  // namespace keypact
