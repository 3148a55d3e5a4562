// Reader: the one checked reader for all wire data. No caller subtracts lengths; a read beyond the end fails and leaves the
// reader where it was; finish() makes trailing octets an error.
#pragma once

#include <optional>

#include "base/octets.h"

namespace keypact {

class Reader {
 public:
  explicit Reader(OctetView octets) : octets_(octets) {}

  [[nodiscard]] std::size_t remaining() const { return octets_.size() - position_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }
  /// Octets consumed so far.
  [[nodiscard]] std::size_t position() const { return position_; }

  // Integers in network byte order; nothing when fewer octets remain.
  [[nodiscard]] std::optional<std::uint8_t> u8() { return integer<std::uint8_t>(); }
  [[nodiscard]] std::optional<std::uint16_t> u16() { return integer<std::uint16_t>(); }
  [[nodiscard]] std::optional<std::uint32_t> u32() { return integer<std::uint32_t>(); }
  [[nodiscard]] std::optional<std::uint64_t> u64() { return integer<std::uint64_t>(); }

  /// The next `count` octets, not copied; nothing when fewer remain.
  [[nodiscard]] std::optional<OctetView> octets(std::size_t count) {
    if (count > remaining()) return std::nullopt;
    const auto view = octets_.subspan(position_, count);
    position_ += count;
    return view;
  }
  /// All that remains, consumed.
  [[nodiscard]] OctetView rest() {
    const auto view = octets_.subspan(position_);
    position_ = octets_.size();
    return view;
  }
  [[nodiscard]] bool skip(std::size_t count) { return octets(count).has_value(); }
  /// True when everything was consumed.
  [[nodiscard]] bool finish() const { return at_end(); }

 private:
  template <class Integer>
  std::optional<Integer> integer() {
    const auto view = octets(sizeof(Integer));
    if (!view) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) value = value << 8 | (*view)[i];
    return static_cast<Integer>(value);
  }

  OctetView octets_;
  std::size_t position_ = 0;
};

}  // namespace keypact
