#include "base/ip_address.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace keypact {
namespace {

std::optional<std::uint32_t> parse_v4(std::string_view text) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned octet = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octet);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || octet > 255 || digits > 3 || (digits > 1 && text.front() == '0')) return std::nullopt;
    value = value << 8 | octet;
    text.remove_prefix(digits);
    if (i == 3) break;
    if (text.empty() || text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional(value) : std::nullopt;
}

/// Groups of `text` (without "::") appended to `out`; an IPv4 tail counts as two groups.
bool parse_groups(std::string_view text, std::vector<std::uint16_t>& out) {
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4) return false;
      out.push_back(static_cast<std::uint16_t>(*v4 >> 16));
      out.push_back(static_cast<std::uint16_t>(*v4));
      return true;
    }
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc{} || end != group.data() + group.size() || group.size() > 4) return false;
    out.push_back(value);
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::vector<std::uint16_t> head;
  std::vector<std::uint16_t> tail;
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, head) || head.size() != 8) return std::nullopt;
  } else {
    if (!parse_groups(text.substr(0, gap), head) || !parse_groups(text.substr(gap + 2), tail)) return std::nullopt;
    if (head.size() + tail.size() > 7) return std::nullopt;
    head.resize(8 - tail.size(), 0);
    head.insert(head.end(), tail.begin(), tail.end());
  }
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i < 8; ++i) {
    octets[2 * i] = static_cast<std::uint8_t>(head[i] >> 8);
    octets[2 * i + 1] = static_cast<std::uint8_t>(head[i]);
  }
  return IpAddress::v6(octets);
}

/// The longest run of two or more zero groups, the first of equals (RFC 5952 §4.2.3): start and length.
std::pair<std::size_t, std::size_t> longest_zero_run(const std::array<std::uint16_t, 8>& groups) {
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    if (end > i) i = end - 1;
  }
  return {best, best == 8 ? 0 : best_length};
}

std::string hex_group(std::uint16_t value) {
  std::array<char, 5> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, 16).ptr;
  return {buffer.data(), end};
}

bool bit_at(OctetView octets, int index) {
  return (octets[static_cast<std::size_t>(index / 8)] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  for (std::size_t i = 0; i < 4; ++i) address.octets_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  IpAddress address;
  address.octets_[0] = a;
  address.octets_[1] = b;
  address.octets_[2] = c;
  address.octets_[3] = d;
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& octets) {
  IpAddress address;
  address.family_ = IpFamily::v6;
  address.octets_ = octets;
  return address;
}

std::optional<IpAddress> IpAddress::from_octets(OctetView octets) {
  if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
  IpAddress address;
  address.family_ = octets.size() == 4 ? IpFamily::v4 : IpFamily::v6;
  std::ranges::copy(octets, address.octets_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  const auto value = parse_v4(text);
  return value ? std::optional(v4(*value)) : std::nullopt;
}

IpAddress IpAddress::unspecified(IpFamily family) {
  return family == IpFamily::v4 ? IpAddress{} : v6(std::array<std::uint8_t, 16>{});
}

IpAddress IpAddress::highest(IpFamily family) {
  if (family == IpFamily::v4) return v4(0xffffffff);
  std::array<std::uint8_t, 16> ones{};
  ones.fill(0xff);
  return v6(ones);
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(octets(), [](std::uint8_t octet) { return octet == 0; });
}

std::optional<IpAddress> IpAddress::next() const {
  IpAddress result = *this;
  for (std::size_t i = octets().size(); i-- > 0;)
    if (++result.octets_[i] != 0) return result;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::previous() const {
  IpAddress result = *this;
  for (std::size_t i = octets().size(); i-- > 0;)
    if (result.octets_[i]-- != 0) return result;
  return std::nullopt;
}

std::string IpAddress::to_string() const {
  if (is_v4()) {
    return std::to_string(octets_[0]) + '.' + std::to_string(octets_[1]) + '.' + std::to_string(octets_[2]) + '.' +
           std::to_string(octets_[3]);
  }
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>(octets_[2 * i] << 8 | octets_[2 * i + 1]);
  const auto [gap, gap_length] = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (gap_length > 0 && i == gap) {
      text += "::";
      i += gap_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += hex_group(groups[i]);
  }
  return text;
}

std::string Endpoint::to_string() const {
  const auto host = address.is_v6() ? '[' + address.to_string() + ']' : address.to_string();
  return host + ':' + std::to_string(port);
}

IpAddress Prefix::last() const {
  Octets octets = to_octets(address.octets());
  for (int i = length; i < address.bits(); ++i)
    octets[static_cast<std::size_t>(i / 8)] |= static_cast<std::uint8_t>(1 << (7 - i % 8));
  return *IpAddress::from_octets(octets);
}

bool Prefix::contains(const IpAddress& candidate) const {
  return candidate.family() == address.family() && prefix_of(candidate, length).address == address;
}

std::string Prefix::to_string() const { return address.to_string() + '/' + std::to_string(length); }

Prefix prefix_of(const IpAddress& address, int length) {
  CHECK(length >= 0 && length <= address.bits());
  Octets octets = to_octets(address.octets());
  for (int i = length; i < address.bits(); ++i)
    octets[static_cast<std::size_t>(i / 8)] &= static_cast<std::uint8_t>(~(1 << (7 - i % 8)));
  return {*IpAddress::from_octets(octets), length};
}

std::optional<Prefix> prefix_from_range(const IpAddress& first, const IpAddress& last) {
  if (first.family() != last.family()) return std::nullopt;
  int length = 0;
  while (length < first.bits() && bit_at(first.octets(), length) == bit_at(last.octets(), length)) ++length;
  const auto prefix = prefix_of(first, length);
  if (prefix.first() != first || prefix.last() != last) return std::nullopt;
  return prefix;
}

std::vector<Prefix> prefixes_covering(const IpAddress& first, const IpAddress& last) {
  CHECK(first.family() == last.family() && first <= last);
  std::vector<Prefix> blocks;
  auto start = std::optional(first);
  while (start && *start <= last) {
    int length = start->bits();
    // The largest block that starts here and does not pass the end.
    while (length > 0) {
      const auto wider = prefix_of(*start, length - 1);
      if (wider.first() != *start || wider.last() > last) break;
      --length;
    }
    blocks.push_back({*start, length});
    start = blocks.back().last().next();
  }
  return blocks;
}

}  // namespace keypact
