// Writer: appends integers in network byte order and octet strings; a length field is written by the scope that it covers, so
// that nobody patches an offset by hand.
#pragma once

#include <utility>

#include "base/check.h"
#include "base/octets.h"

namespace keypact {

class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t expected_octets) { octets_.reserve(expected_octets); }

  void u8(std::uint8_t value) { octets_.push_back(value); }
  void u16(std::uint16_t value) { integer(value, 2); }
  void u32(std::uint32_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }
  void octets(OctetView view) { append(octets_, view); }
  void text(std::string_view text) { octets(as_octets(text)); }
  void zeros(std::size_t count) { octets_.insert(octets_.end(), count, 0); }

  /// A length field of `field_octets` (1, 2, 4) octets, then what `body(writer)` writes. The field counts the body plus
  /// `counted_before` octets that were written before it (a generic payload header counts itself). The caller has made sure
  /// by its limits that the length fits the field.
  template <class Body>
  void length_prefixed(int field_octets, std::size_t counted_before, Body&& body) {
    const std::size_t field = octets_.size();
    zeros(static_cast<std::size_t>(field_octets));
    std::forward<Body>(body)(*this);
    set_length(field, field_octets, octets_.size() - field - static_cast<std::size_t>(field_octets) + counted_before);
  }

  [[nodiscard]] std::size_t size() const { return octets_.size(); }
  [[nodiscard]] OctetView view() const { return octets_; }
  [[nodiscard]] Octets take() && { return std::move(octets_); }

 private:
  void integer(std::uint64_t value, int octet_count);
  void set_length(std::size_t field, int field_octets, std::size_t length);

  Octets octets_;
};

}  // namespace keypact
