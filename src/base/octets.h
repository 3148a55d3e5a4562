// Octet strings: the one vocabulary for bytes, and their hexadecimal form.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keypact {

using Octets = std::vector<std::uint8_t>;
using OctetView = std::span<const std::uint8_t>;
using MutableOctets = std::span<std::uint8_t>;

[[nodiscard]] inline Octets to_octets(OctetView view) { return {view.begin(), view.end()}; }
[[nodiscard]] inline Octets to_octets(std::string_view text) { return {text.begin(), text.end()}; }

/// The octets of a text, without a copy; valid as long as the text is.
[[nodiscard]] inline OctetView as_octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};  // NOLINT: the aliasing of char is allowed
}
/// The text of octets, without a copy or a check.
[[nodiscard]] inline std::string_view as_text(OctetView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};  // NOLINT: as above
}

void append(Octets& to, OctetView more);

/// Equality of public octets (secrets have secret_equal in base/secret.h).
[[nodiscard]] bool same_octets(OctetView a, OctetView b);

/// Lower-case hexadecimal without separators.
[[nodiscard]] std::string to_hex(OctetView octets);
/// Eight digits.
[[nodiscard]] std::string to_hex(std::uint32_t number);
/// The reverse; blanks between digit pairs are skipped. Nothing if a character is no hexadecimal digit or one is left over.
[[nodiscard]] std::optional<Octets> from_hex(std::string_view text);

}  // namespace keypact
