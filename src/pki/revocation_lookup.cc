#include "pki/revocation_lookup.h"

#include <algorithm>
#include <chrono>

#include "proto/distinguished_name.h"

namespace keypact::pki {
namespace {

constexpr int kHold = 6;
constexpr int kRemoved = 8;

/// At least two digits.
std::string two(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// RFC 5280 §5.2.4: a delta changes what a complete list with at least its base's number says.
std::optional<RevocationList::Entry> entry_in(const RevocationList& complete,
                                              const std::vector<const RevocationList*>& deltas,
                                              const Certificate& certificate, bool& delta_used) {
  auto entry = complete.find(certificate);
  auto newest = complete.number();
  for (const auto* delta : deltas) {
    if (is_less(complete.number(), delta->base())) continue;
    delta_used = true;
    if (!is_less(newest, delta->number())) continue;
    if (auto changed = delta->find(certificate)) entry = changed->reason == kRemoved ? std::nullopt : changed;
    newest = delta->number();
  }
  return entry;
}

}  // namespace

std::string date(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day calendar(day);
  const std::chrono::hh_mm_ss time(at - day);
  return std::to_string(static_cast<int>(calendar.year())) + '-' + two(static_cast<unsigned>(calendar.month())) + '-' +
         two(static_cast<unsigned>(calendar.day())) + ' ' + two(static_cast<unsigned>(time.hours().count())) + ':' +
         two(static_cast<unsigned>(time.minutes().count())) + " UTC";
}

bool is_less(OctetView a, OctetView b) {
  while (!a.empty() && a.front() == 0) a = a.subspan(1);
  while (!b.empty() && b.front() == 0) b = b.subspan(1);
  if (a.size() != b.size()) return a.size() < b.size();
  return std::ranges::lexicographical_compare(a, b);
}

bool is_fresh(const RevocationList& list, std::int64_t now) {
  return list.this_update() <= now && (!list.next_update() || now <= *list.next_update());
}

LookedUp look_up(const Certificate& certificate, const Certificate& issuer, std::span<const RevocationList> lists,
                 std::int64_t now) {
  LookedUp found{{}, false, false, {}, "no CRL of its issuer is at hand"};
  std::vector<const RevocationList*> complete;
  std::vector<const RevocationList*> deltas;
  for (const auto& list : lists) {
    if (!same_name(list.issuer_der(), certificate.issuer_der()) || !list.covers(certificate)) continue;
    if (!list.is_signed_by(issuer)) {
      found.lacking = "the CRL of its issuer's name is not signed by its issuer";
      continue;
    }
    if (list.is_delta() && !is_fresh(list, now)) continue;
    (list.is_delta() ? deltas : complete).push_back(&list);
  }
  std::ranges::sort(deltas, [](const auto* a, const auto* b) { return is_less(a->number(), b->number()); });
  for (const auto* list : complete) {
    const auto entry = entry_in(*list, deltas, certificate, found.delta_used);
    const bool fresh = is_fresh(*list, now);
    // Nobody takes a revocation back, but a hold: an old list still tells of it.
    if (entry && (fresh || entry->reason != kHold)) found.entry = entry;
    else if (fresh) found.good = true;
    else if (list->this_update() > now)
      found.lacking = "the CRL of its issuer is of " + date(list->this_update()) + ", which is not yet";
    else found.lacking = "the CRL of its issuer was to be renewed on " + date(*list->next_update());
    if (fresh) found.delta_uris.insert(found.delta_uris.end(), list->delta_uris().begin(), list->delta_uris().end());
  }
  return found;
}

}  // namespace keypact::pki
