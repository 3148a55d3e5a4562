#include "config/address_grammar.h"

#include <algorithm>

#include "config/source_files.h"

namespace keypact::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Only digits, dots, colons, dashes and slashes: meant as addresses, so an error in them must not make a host name.
bool looks_numeric(std::string_view text) { return text.find_first_not_of("0123456789./-") == std::string_view::npos; }

std::unexpected<GrammarError> no_address(std::string_view part) {
  return failure(GrammarError{std::string(part), "\"" + printable(part) + "\" is no IPv4 or IPv6 address"});
}

Result<AddressRange, GrammarError> parse_block(std::string_view text, std::size_t slash) {
  const auto address = IpAddress::parse(trimmed(text.substr(0, slash)));
  if (!address) return no_address(trimmed(text.substr(0, slash)));
  const auto length_text = trimmed(text.substr(slash + 1));
  const auto length = parse_number(length_text, static_cast<std::uint64_t>(address->bits()));
  if (!length || (length_text.size() > 1 && length_text.front() == '0')) {
    return failure(GrammarError{std::string(text),
                                "the length of a prefix is a number from 0 to " + std::to_string(address->bits()),
                                "write the block as 10.1.0.0/16"});
  }
  const auto prefix = prefix_of(*address, static_cast<int>(*length));
  return AddressRange{prefix.first(), prefix.last(), prefix.first() != *address};
}

Result<AddressRange, GrammarError> parse_from_to(std::string_view text, std::size_t dash) {
  const auto first_text = trimmed(text.substr(0, dash));
  const auto last_text = trimmed(text.substr(dash + 1));
  const auto first = IpAddress::parse(first_text);
  const auto last = IpAddress::parse(last_text);
  if (!first) return no_address(first_text);
  if (!last) return no_address(last_text);
  if (first->family() != last->family() || *last < *first) {
    return failure(GrammarError{std::string(text), "a range goes from a lower to a higher address of one family"});
  }
  return AddressRange{*first, *last};
}

}  // namespace

Result<AddressRange, GrammarError> parse_address_range(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos) return parse_block(text, slash);
  if (const auto dash = text.find('-'); dash != std::string_view::npos) return parse_from_to(text, dash);
  const auto address = IpAddress::parse(text);
  if (!address) return no_address(text);
  return AddressRange{*address, *address};
}

bool is_host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253 || std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; }))
    return false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if ((!letter && !is_digit(c) && c != '-' && c != '_') || ++label > 63) return false;
  }
  return label > 0;
}

Result<AddressPattern, GrammarError> parse_address_pattern(std::string_view text) {
  AddressPattern pattern;
  if (same_word(text, "%any")) return pattern;
  pattern.kind = AddressPattern::Kind::range;
  // 0.0.0.0 and :: stand for every address of their family.
  const auto address = IpAddress::parse(text);
  const bool all_v4 = same_word(text, "%any4") || (address && address->is_v4() && address->is_unspecified());
  const bool all_v6 = same_word(text, "%any6") || (address && address->is_v6() && address->is_unspecified());
  if (all_v4 || all_v6) {
    const auto family = all_v4 ? IpFamily::v4 : IpFamily::v6;
    pattern.first = IpAddress::unspecified(family);
    pattern.last = IpAddress::highest(family);
    return pattern;
  }
  const bool has_numeric_form = text.find_first_of(":/") != std::string_view::npos || looks_numeric(text);
  if (has_numeric_form) {
    TRY(const auto range, parse_address_range(text));
    pattern.first = range.first;
    pattern.last = range.last;
    return pattern;
  }
  if (!is_host_name(text)) {
    return failure(GrammarError{std::string(text),
                                "\"" + printable(text) + "\" is no address, block, range or host name",
                                "separate several by commas"});
  }
  pattern.kind = AddressPattern::Kind::name;
  pattern.name = std::string(text);
  return pattern;
}

bool AddressPattern::matches(const IpAddress& address) const {
  switch (kind) {
    case Kind::any: return true;
    case Kind::range: return address.family() == first.family() && first <= address && address <= last;
    case Kind::name: return false;
  }
  return false;
}

}  // namespace keypact::config
