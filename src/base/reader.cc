#include "base/reader.h"

namespace keypact {

template <class Integer>
std::optional<Integer> Reader::integer() {
  const auto view = octets(sizeof(Integer));
  if (!view) return std::nullopt;
  Integer value = 0;
  for (const auto octet : *view) value = static_cast<Integer>((std::uint64_t{value} << 8) | octet);
  return value;
}

std::optional<std::uint8_t> Reader::u8() { return integer<std::uint8_t>(); }
std::optional<std::uint16_t> Reader::u16() { return integer<std::uint16_t>(); }
std::optional<std::uint32_t> Reader::u32() { return integer<std::uint32_t>(); }
std::optional<std::uint64_t> Reader::u64() { return integer<std::uint64_t>(); }

std::optional<OctetView> Reader::octets(std::size_t count) {
  if (count > remaining()) return std::nullopt;
  const auto view = octets_.subspan(position_, count);
  position_ += count;
  return view;
}

OctetView Reader::rest() {
  const auto view = octets_.subspan(position_);
  position_ = octets_.size();
  return view;
}

bool Reader::skip(std::size_t count) { return octets(count).has_value(); }

}  // namespace keypact
