// Numbers for people: sizes in IEC units, durations in one or two units, and the nearest name to a mistyped one.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keypact::cli {

/// "0 B", "999 B", "1.5 KiB", "120 MiB"
[[nodiscard]] std::string size_text(std::uint64_t octets);
/// "12 s", "3 min", "2 h 5 min", "3 d 4 h"
[[nodiscard]] std::string duration_text(std::chrono::seconds duration);
/// "1 ms" (and less), "84 ms", "1.24 s": how long something took.
[[nodiscard]] std::string elapsed_text(std::chrono::microseconds elapsed);
/// "1 connection", "3 connections"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view singular);

/// The candidate that is a typing error away from `name`; empty when none is near.
[[nodiscard]] std::string nearest(std::string_view name, std::span<const std::string> candidates);

[[nodiscard]] std::string joined(const std::vector<std::string>& texts, std::string_view separator);
/// `text` with blanks before each of its lines.
[[nodiscard]] std::string indented(std::string_view text, std::size_t indent);

/// Columns on a terminal that UTF-8 text takes, one for each code point.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// `text` with blanks after (or before) it, up to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string right_aligned(std::string_view text, std::size_t width);

/// Text of a peer or a file for a terminal: control characters become '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace keypact::cli
