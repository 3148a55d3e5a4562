#include "base/writer.h"

namespace keypact {

void Writer::integer(std::uint64_t value, int octet_count) {
  for (int shift = 8 * (octet_count - 1); shift >= 0; shift -= 8)
    octets_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void Writer::set_length(std::size_t field, int field_octets, std::size_t length) {
  CHECK(field_octets >= 4 || length < (std::size_t{1} << (8 * field_octets)));
  for (int i = field_octets - 1; i >= 0; --i) {
    octets_[field + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(length);
    length >>= 8;
  }
}

}  // namespace keypact
