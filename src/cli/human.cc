#include "cli/human.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace keypact::cli {

namespace {

/// Changes of one character that make `b` of `a`; two neighbours that changed places count as one change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string size_text(std::uint64_t octets) {
  static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (octets < 1024) return fmt::format("{} B", octets);
  auto value = static_cast<double>(octets) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 99.95 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string duration_text(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  const auto minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  const auto hours = minutes / 60;
  if (hours < 24)
    return minutes % 60 == 0 ? fmt::format("{} h", hours) : fmt::format("{} h {} min", hours, minutes % 60);
  return hours % 24 == 0 ? fmt::format("{} d", hours / 24) : fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string elapsed_text(std::chrono::microseconds elapsed) {
  const auto milliseconds = std::max<std::int64_t>(1, (elapsed.count() + 500) / 1000);
  if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
  return fmt::format("{:.2f} s", static_cast<double>(milliseconds) / 1000);
}

std::string counted(std::uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
  std::size_t best = name.size() / 3 + 1;
  std::string found;
  for (const auto& candidate : candidates) {
    const auto changes = distance(name, candidate);
    if (changes > best || (changes == best && !found.empty())) continue;
    best = changes;
    found = candidate;
  }
  return found;
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : std::string(separator)) + text;
  return out;
}

std::string indented(std::string_view text, std::size_t indent) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && c != '\n') out.append(indent, ' ');
    begins = c == '\n';
    out += c;
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (const auto used = width_of(text); used < width) out.append(width - used, ' ');
  return out;
}

std::string right_aligned(std::string_view text, std::size_t width) {
  const auto used = width_of(text);
  return (used < width ? std::string(width - used, ' ') : std::string()) + std::string(text);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto octet = static_cast<unsigned char>(out[i]);
    // U+0080 to U+009F, C2 80 to C2 9F in UTF-8, command some terminals as the controls below a blank do.
    const bool upper_control = octet == 0xc2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xa0;
    if (upper_control) out[i + 1] = '?';
    if (octet < 0x20 || octet == 0x7f || upper_control) out[i] = '?';
  }
  return out;
}

}  // namespace keypact::cli
