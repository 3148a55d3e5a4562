#include "pki/revocation_inquiry.h"

#include <algorithm>
#include <limits>

namespace keypact::pki {
namespace {

template <class Value>
const Value* found_in(const std::map<std::string, Value>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

std::int64_t end_of(const RevocationList& list) {
  return list.next_update().value_or(std::numeric_limits<std::int64_t>::max());
}

/// Until there are at most so many: those that end first.
template <class Value, class End>
void leave(std::map<std::string, Value>& values, std::size_t count, End end) {
  while (values.size() > count)
    values.erase(std::ranges::min_element(values, {}, [&](const auto& entry) { return end(entry.second); }));
}

}  // namespace

const RevocationList* RevocationKnowledge::list(const std::string& uri) const { return found_in(lists_, uri); }

const CertificateStatus* RevocationKnowledge::status(const std::string& key, std::int64_t now) const {
  const auto* status = found_in(statuses_, key);
  return status != nullptr && now <= status->next_update ? status : nullptr;
}

const std::string* RevocationKnowledge::failure(const std::string& key, std::int64_t now) const {
  const auto* failure = found_in(failures_, key);
  return failure != nullptr && now < failure->until ? &failure->why : nullptr;
}

const Octets* RevocationKnowledge::own_response(const std::string& key, std::int64_t now) const {
  const auto* found = found_in(own_responses_, key);
  return found != nullptr && now <= found->until ? &found->response : nullptr;
}

void RevocationKnowledge::learn(Learned learned, std::int64_t now) {
  for (auto& [uri, list] : learned.lists) {
    failures_.erase(uri);
    lists_.insert_or_assign(uri, std::move(list));
  }
  for (auto& [key, status] : learned.statuses) {
    failures_.erase(key);
    statuses_.insert_or_assign(key, status);
  }
  for (auto& [key, why] : learned.failures)
    failures_.insert_or_assign(key, Failure{std::move(why), now + limits_.failure_seconds});
  for (auto& own : learned.own_responses) {
    auto key = own.key;
    own_responses_.insert_or_assign(std::move(key), std::move(own));
  }
  keep_within_limits(now);
}

void RevocationKnowledge::keep_within_limits(std::int64_t now) {
  std::erase_if(statuses_, [&](const auto& entry) { return entry.second.next_update < now; });
  std::erase_if(failures_, [&](const auto& entry) { return entry.second.until <= now; });
  leave(statuses_, limits_.statuses, [](const auto& status) { return status.next_update; });
  leave(failures_, limits_.failures, [](const auto& failure) { return failure.until; });
  leave(own_responses_, limits_.own_responses, [](const auto& own) { return own.until; });
  leave(lists_, limits_.lists, end_of);
  std::size_t octets = 0;
  for (const auto& [uri, list] : lists_) octets += list.size();
  while (octets > limits_.list_octets && !lists_.empty()) {
    const auto first = std::ranges::min_element(lists_, {}, [](const auto& entry) { return end_of(entry.second); });
    octets -= first->second.size();
    lists_.erase(first);
  }
}

void RevocationKnowledge::forget_all() {
  lists_.clear();
  statuses_.clear();
  failures_.clear();
  own_responses_.clear();
}

}  // namespace keypact::pki
