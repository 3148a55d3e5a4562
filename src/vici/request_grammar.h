// The typed view of request values: booleans, numbers as strtol reads them with base 0, durations in milliseconds. An empty value
// counts as not given; a value that does not fit is an error that names its key.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "vici/message.h"

namespace keypact::vici {

struct BadValue {
  std::string key;
  std::string value;
  /// "invalid value for: loglevel"
  [[nodiscard]] std::string to_string() const;
};

/// yes, true, enabled, 1 and no, false, disabled, 0, in any case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);
/// Decimal, 0x hexadecimal or 0 octal with an optional sign; nothing when something else stands in it or 64 bits do not hold it.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);

/// A not given value reads as nothing.
[[nodiscard]] std::optional<std::string_view> text_of(const Section& section, std::string_view key);
[[nodiscard]] Result<std::optional<bool>, BadValue> boolean_of(const Section& section, std::string_view key);
[[nodiscard]] Result<std::optional<std::int64_t>, BadValue> number_of(const Section& section, std::string_view key);

}  // namespace keypact::vici
