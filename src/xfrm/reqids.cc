#include "xfrm/reqids.h"

#include <algorithm>

namespace keypact::xfrm {
namespace {

constexpr std::uint32_t kNumbers = 1U << (32 - Reqids::kMarkBits);

std::string name_of(const Reqids::Use& use) { return to_string(use.local) + " = " + to_string(use.remote); }

}  // namespace

std::uint32_t Reqids::scatter(std::uint32_t number) {
  constexpr std::uint32_t kMask = kNumbers - 1;
  // Odd factors and shifts to the right are bijections each.
  number = number * 0x9e3779b1 & kMask;
  number ^= number >> 12;
  number = number * 0x85ebca6b & kMask;
  return number ^ number >> 12;
}

std::uint32_t Reqids::free_reqid() {
  for (;;) {
    last_ = (last_ + 1) % kNumbers;
    const auto reqid = mark_ | scatter(last_);
    if (!entries_.contains(reqid)) return reqid;
  }
}

std::uint32_t Reqids::acquire(const Use& use, std::uint32_t held) {
  const auto name = name_of(use);
  const auto [first, last] = by_name_.equal_range(name);
  for (auto found = first; found != last; ++found) {
    auto& entry = entries_.at(found->second);
    if (entry.use != use) continue;
    ++entry.users;
    return found->second;
  }
  const auto holding = entries_.find(held);
  const bool is_held = holding != entries_.end() && !holding->second.shared;
  const auto reqid = is_held ? held : free_reqid();
  entries_[reqid] = {use, is_held ? holding->second.users + 1 : 1, true};
  by_name_.emplace(name, reqid);
  return reqid;
}

void Reqids::hold(std::uint32_t reqid) {
  const auto [entry, fresh] = entries_.try_emplace(reqid, Entry{{}, 0, false});
  ++entry->second.users;
}

std::uint32_t Reqids::acquire_own() {
  const auto reqid = free_reqid();
  entries_.emplace(reqid, Entry{{}, 1, false});
  return reqid;
}

void Reqids::release(std::uint32_t reqid) {
  const auto found = entries_.find(reqid);
  if (found == entries_.end() || --found->second.users > 0) return;
  if (found->second.shared) {
    const auto [first, last] = by_name_.equal_range(name_of(found->second.use));
    by_name_.erase(std::ranges::find(first, last, reqid, &std::pair<const std::string, std::uint32_t>::second));
  }
  entries_.erase(found);
}

}  // namespace keypact::xfrm
