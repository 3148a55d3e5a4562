// The grammar of traffic selectors: "dynamic", a block, an address or a range, and then optionally [protocol/port].
// RFC 7296 §3.13.1, RFC 4301 §4.4.1.1.
#pragma once

#include "base/result.h"
#include "config/snapshot.h"
#include "config/value_grammar.h"

namespace keypact::config {

struct ParsedSelector {
  SelectorPattern selector;
  bool had_host_bits = false;  ///< a block with bits set beyond its prefix: "10.1.0.1/16"
};

/// For ICMP a port below 256 is a type with all its codes; from there on it is type * 256 + code.
[[nodiscard]] Result<ParsedSelector, GrammarError> parse_selector(std::string_view text);

}  // namespace keypact::config
