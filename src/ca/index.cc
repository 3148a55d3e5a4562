#include "ca/index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace keypact::ca {
namespace {

struct NamedReason {
  Reason reason;
  std::string_view name;
};
constexpr std::array kReasons = {
    NamedReason{Reason::unspecified, "unspecified"},
    NamedReason{Reason::key_compromise, "keyCompromise"},
    NamedReason{Reason::ca_compromise, "CACompromise"},
    NamedReason{Reason::affiliation_changed, "affiliationChanged"},
    NamedReason{Reason::superseded, "superseded"},
    NamedReason{Reason::cessation_of_operation, "cessationOfOperation"},
};

constexpr std::size_t kColumns = 6;
constexpr std::string_view kSubject = "/CN=";

/// The times of certificates: two digits of the year until 2049, then four (RFC 5280 §4.1.2.5).
std::string time_text(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds at{std::chrono::seconds(seconds)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  const int year = static_cast<int>(date.year());
  const auto years = year < 2050 ? std::to_string(year).substr(2) : std::to_string(year);
  const auto two = [](auto number) {
    const auto digits = std::to_string(number);
    return digits.size() < 2 ? "0" + digits : digits;
  };
  return years + two(static_cast<unsigned>(date.month())) + two(static_cast<unsigned>(date.day())) +
         two(time.hours().count()) + two(time.minutes().count()) + two(time.seconds().count()) + "Z";
}

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && digits.front() != '-' ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> time_from(std::string_view text) {
  using namespace std::chrono;
  if ((text.size() != 13 && text.size() != 15) || text.back() != 'Z') return std::nullopt;
  const auto years = text.size() - 11;
  std::array<int, 6> parts{};
  for (std::size_t i = 0, at = 0; i < parts.size(); ++i) {
    const auto size = i == 0 ? years : 2;
    const auto part = number(text.substr(at, size));
    if (!part) return std::nullopt;
    parts[i] = *part;
    at += size;
  }
  const int full = years == 4 ? parts[0] : parts[0] + (parts[0] < 50 ? 2000 : 1900);
  const year_month_day date(year(full), month(static_cast<unsigned>(parts[1])), day(static_cast<unsigned>(parts[2])));
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  const auto at = sys_days(date) + hours(parts[3]) + minutes(parts[4]) + std::chrono::seconds(parts[5]);
  return at.time_since_epoch() / std::chrono::seconds(1);
}

std::string line_of(const Entry& entry) {
  std::string revoked;
  if (entry.revoked) {
    revoked = time_text(entry.revoked->when);
    if (entry.revoked->reason != Reason::unspecified) revoked += "," + std::string(name_of(entry.revoked->reason));
  }
  return std::string(entry.revoked ? "R" : "V") + "\t" + time_text(entry.not_after) + "\t" + revoked + "\t" +
         serial_text(entry.serial) + "\tunknown\t" + std::string(kSubject) + entry.name + "\n";
}

std::optional<Revocation> revocation_from(std::string_view text) {
  const auto comma = text.find(',');
  const auto when = time_from(text.substr(0, comma));
  const auto reason = comma == std::string_view::npos ? Reason::unspecified : reason_of(text.substr(comma + 1));
  if (!when || !reason) return std::nullopt;
  return Revocation{*when, *reason};
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t begin = 0; begin <= line.size();) {
    const auto end = std::min(line.find('\t', begin), line.size());
    columns.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return columns;
}

std::optional<Entry> entry_from(std::string_view line) {
  const auto columns = columns_of(line);
  if (columns.size() != kColumns || columns[0].size() != 1 || !columns[5].starts_with(kSubject)) return std::nullopt;
  const auto not_after = time_from(columns[1]);
  const auto serial = from_hex(columns[3]);
  const bool is_revoked = columns[0] == "R";
  const auto revoked = is_revoked ? revocation_from(columns[2]) : std::nullopt;
  if (!not_after || !serial || serial->empty() || is_revoked != revoked.has_value()) return std::nullopt;
  if (!is_revoked && columns[0] != "V" && columns[0] != "E")
    return std::nullopt;  // E: openssl-ca(1) saw that it expired
  return Entry{*serial, std::string(columns[5].substr(kSubject.size())), *not_after, revoked};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string_view name_of(Reason reason) { return std::ranges::find(kReasons, reason, &NamedReason::reason)->name; }

std::optional<Reason> reason_of(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kReasons, [name](const NamedReason& each) { return std::ranges::equal(each.name, name, {}, lower, lower); });
  return found == kReasons.end() ? std::nullopt : std::optional(found->reason);
}

std::string serial_text(OctetView serial) {
  auto text = to_hex(serial);
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string index_text(const std::vector<Entry>& entries) {
  std::string text;
  for (const auto& entry : entries) text += line_of(entry);
  return text;
}

Result<std::vector<Entry>> index_from_text(std::string_view text) {
  std::vector<Entry> entries;
  for (std::size_t begin = 0, line = 1; begin < text.size(); ++line) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto entry = entry_from(text.substr(begin, end - begin));
    if (!entry)
      return failure(Error{"line " + std::to_string(line) + " of the index is not understood",
                           "it is not written as openssl-ca(1) writes its index", "Put it back from a copy"});
    entries.push_back(std::move(*entry));
    begin = end + 1;
  }
  return entries;
}

}  // namespace keypact::ca
