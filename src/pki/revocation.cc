#include "pki/revocation.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>

#include "pki/x509_handles.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {
namespace {

constexpr int kHold = 6;
constexpr int kRemoved = 8;

/// At least two digits.
std::string two(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// "2026-05-31 08:15 UTC"
std::string date(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day calendar(day);
  const std::chrono::hh_mm_ss time(at - day);
  return std::to_string(static_cast<int>(calendar.year())) + '-' + two(static_cast<unsigned>(calendar.month())) + '-' +
         two(static_cast<unsigned>(calendar.day())) + ' ' + two(static_cast<unsigned>(time.hours().count())) + ':' +
         two(static_cast<unsigned>(time.minutes().count())) + " UTC";
}

/// Whether the number a is less than b: big-endian, of any length.
bool is_less(OctetView a, OctetView b) {
  while (!a.empty() && a.front() == 0) a = a.subspan(1);
  while (!b.empty() && b.front() == 0) b = b.subspan(1);
  if (a.size() != b.size()) return a.size() < b.size();
  return std::ranges::lexicographical_compare(a, b);
}

bool is_fresh(const RevocationList& list, std::int64_t now) {
  return list.this_update() <= now && (!list.next_update() || now <= *list.next_update());
}

/// What the lists of its issuer say of one certificate.
struct Found {
  std::optional<RevocationList::Entry> entry;
  bool good = false;    ///< a list that is valid now does not name it
  std::string lacking;  ///< why it is neither
};

/// RFC 5280 §5.2.4: a delta changes what a complete list with at least its base's number says.
std::optional<RevocationList::Entry> entry_in(const RevocationList& complete,
                                              const std::vector<const RevocationList*>& deltas,
                                              const Certificate& certificate) {
  auto entry = complete.find(certificate);
  auto newest = complete.number();
  for (const auto* delta : deltas) {
    if (is_less(complete.number(), delta->base()) || !is_less(newest, delta->number())) continue;
    if (auto changed = delta->find(certificate)) entry = changed->reason == kRemoved ? std::nullopt : changed;
    newest = delta->number();
  }
  return entry;
}

Found look_up(const Certificate& certificate, const Certificate& issuer, const RevocationRules& rules,
              std::int64_t now) {
  Found found{{}, false, "no CRL of its issuer is at hand"};
  std::vector<const RevocationList*> complete;
  std::vector<const RevocationList*> deltas;
  for (const auto& list : rules.lists) {
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
    const auto entry = entry_in(*list, deltas, certificate);
    const bool fresh = is_fresh(*list, now);
    // Nobody takes a revocation back, but a hold: an old list still tells of it.
    if (entry && (fresh || entry->reason != kHold)) found.entry = entry;
    else if (fresh) found.good = true;
    else if (list->this_update() > now)
      found.lacking = "the CRL of its issuer is of " + date(list->this_update()) + ", which is not yet";
    else found.lacking = "the CRL of its issuer was to be renewed on " + date(*list->next_update());
  }
  return found;
}

bool says_where_to_ask(const Certificate& certificate) {
  const bool says = X509_get_ext_by_NID(certificate.native(), NID_crl_distribution_points, -1) >= 0 ||
                    X509_get_ext_by_NID(certificate.native(), NID_info_access, -1) >= 0;
  crypto::forget_openssl_errors();
  return says;
}

}  // namespace

std::optional<Refusal> check_revocation(std::span<const Certificate> path, const RevocationRules& rules,
                                        std::int64_t now) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const auto& certificate = path[i];
    const auto found = look_up(certificate, path[i + 1], rules, now);
    if (found.entry) {
      const auto reason = reason_text(found.entry->reason);
      return Refusal{certificate.subject(), "RFC 5280 §6.3",
                     "it was revoked on " + date(found.entry->when) +
                         (reason.empty() ? std::string() : " (" + std::string(reason) + ')')};
    }
    const bool wanted = rules.policy == RevocationPolicy::strict ||
                        (rules.policy == RevocationPolicy::ifuri && says_where_to_ask(certificate));
    if (wanted && !found.good)
      return Refusal{certificate.subject(), "RFC 5280 §6.3", "whether it is revoked is not known: " + found.lacking};
  }
  return std::nullopt;
}

}  // namespace keypact::pki
