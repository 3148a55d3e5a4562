// Security Parameter Indexes: 8 octets for an IKE SA, 4 octets for AH and ESP. RFC 7296 §2.6, RFC 4303 §2.1.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/octets.h"

namespace keypact {

struct IkeSpi {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const IkeSpi&) const = default;
  /// RFC 7296 §3.1: zero stands for "not chosen yet".
  [[nodiscard]] constexpr bool is_zero() const { return value == 0; }
};

/// Of an SA of ESP or AH: both have the same rules.
struct EspSpi {
  std::uint32_t value = 0;
  constexpr auto operator<=>(const EspSpi&) const = default;
};

/// RFC 4303 §2.1: 0 is for local use, 1 to 255 are reserved by IANA.
inline constexpr std::uint32_t kFirstUsableEspSpi = 256;

/// 16 and 8 hexadecimal digits.
[[nodiscard]] std::string to_string(IkeSpi spi);
[[nodiscard]] std::string to_string(EspSpi spi);

/// As they stand in payloads, 8 and 4 octets.
[[nodiscard]] Octets spi_octets(IkeSpi spi);
[[nodiscard]] Octets spi_octets(EspSpi spi);
/// What a peer names as its SPI; nothing when it has another length or is not one for use on the wire.
[[nodiscard]] std::optional<IkeSpi> ike_spi_from(OctetView octets);
[[nodiscard]] std::optional<EspSpi> esp_spi_from(OctetView octets);

}  // namespace keypact

template <>
struct std::hash<keypact::IkeSpi> {
  std::size_t operator()(keypact::IkeSpi spi) const noexcept { return std::hash<std::uint64_t>{}(spi.value); }
};
template <>
struct std::hash<keypact::EspSpi> {
  std::size_t operator()(keypact::EspSpi spi) const noexcept { return std::hash<std::uint32_t>{}(spi.value); }
};
