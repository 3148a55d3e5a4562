#include "proto/spi.h"

#include <array>
#include <cstdio>

#include "base/reader.h"
#include "base/writer.h"

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

Octets spi_octets(IkeSpi spi) {
  Writer writer;
  writer.u64(spi.value);
  return std::move(writer).take();
}

Octets spi_octets(EspSpi spi) {
  Writer writer;
  writer.u32(spi.value);
  return std::move(writer).take();
}

std::optional<IkeSpi> ike_spi_from(OctetView octets) {
  Reader reader(octets);
  const auto value = reader.u64();
  if (!value || !reader.finish() || *value == 0) return std::nullopt;
  return IkeSpi{*value};
}

std::optional<EspSpi> esp_spi_from(OctetView octets) {
  Reader reader(octets);
  const auto value = reader.u32();
  if (!value || !reader.finish() || *value < kFirstUsableEspSpi) return std::nullopt;
  return EspSpi{*value};
}

}  // namespace keypact
