// The grammar of addresses: %any, an address, a CIDR block, a range, or a host name.
#pragma once

#include "base/result.h"
#include "config/snapshot.h"
#include "config/value_grammar.h"

namespace keypact::config {

/// First and last address of a block or range.
struct AddressRange {
  IpAddress first;
  IpAddress last;
  bool had_host_bits = false;  ///< the text was a CIDR block with bits set beyond its prefix
};

/// "10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9"; no names.
[[nodiscard]] Result<AddressRange, GrammarError> parse_address_range(std::string_view text);

/// One entry of local_addrs or remote_addrs.
[[nodiscard]] Result<AddressPattern, GrammarError> parse_address_pattern(std::string_view text);

/// Letters, digits, "-", "_" and "." in labels of at most 63 octets, not all of them digits.
[[nodiscard]] bool is_host_name(std::string_view text);

}  // namespace keypact::config
