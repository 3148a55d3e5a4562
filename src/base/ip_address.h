// IpAddress, Endpoint, Prefix: IPv4 and IPv6 addresses as values, without a system header.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/octets.h"

namespace keypact {

enum class IpFamily : std::uint8_t { v4, v6 };

class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() = default;
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
  static IpAddress v6(const std::array<std::uint8_t, 16>& octets);
  /// From 4 or 16 octets in network order; nothing for another count.
  static std::optional<IpAddress> from_octets(OctetView octets);
  /// Dotted IPv4 or RFC 4291 §2.2 IPv6 text; no zone, no port.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress unspecified(IpFamily family);
  /// The highest address of the family.
  static IpAddress highest(IpFamily family);

  [[nodiscard]] IpFamily family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == IpFamily::v4; }
  [[nodiscard]] bool is_v6() const { return family_ == IpFamily::v6; }
  /// 4 or 16 octets in network order.
  [[nodiscard]] OctetView octets() const { return OctetView(octets_).first(is_v4() ? 4 : 16); }
  [[nodiscard]] int bits() const { return is_v4() ? 32 : 128; }
  [[nodiscard]] bool is_unspecified() const;
  /// The next address up or down; nothing at the end of the family.
  [[nodiscard]] std::optional<IpAddress> next() const;
  [[nodiscard]] std::optional<IpAddress> previous() const;
  [[nodiscard]] std::string to_string() const;

  /// IPv4 before IPv6, then numerically.
  auto operator<=>(const IpAddress&) const = default;

 private:
  IpFamily family_ = IpFamily::v4;
  std::array<std::uint8_t, 16> octets_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  /// "192.0.2.1:500", "[2001:db8::1]:500"
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

/// A CIDR block; the host bits of `address` are zero.
struct Prefix {
  IpAddress address;
  int length = 0;
  [[nodiscard]] IpAddress first() const { return address; }
  [[nodiscard]] IpAddress last() const;
  [[nodiscard]] bool contains(const IpAddress& candidate) const;
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Prefix&) const = default;
};

/// `address` with all but its first `length` bits cleared.
[[nodiscard]] Prefix prefix_of(const IpAddress& address, int length);

/// The block that is exactly first..last, if there is one.
[[nodiscard]] std::optional<Prefix> prefix_from_range(const IpAddress& first, const IpAddress& last);

/// The fewest blocks that together are exactly first..last (same family, first <= last): at most 2 * bits - 2.
[[nodiscard]] std::vector<Prefix> prefixes_covering(const IpAddress& first, const IpAddress& last);

}  // namespace keypact
