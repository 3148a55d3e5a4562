// Fragments in any order, repeated, of several cuts of one message, and of a peer that has the keys and keeps to nothing. What is put
// together from an honest sender's fragments is its message; what is stored stays within its bounds whoever sends. RFC 7383 §2.6.
#include <algorithm>
#include <map>

#include "fuzz/script.h"
#include "ike/core/fragmentation.h"
#include "ike/core/reassembly.h"

namespace {

using namespace keypact;
using namespace keypact::ike;
using keypact::fuzz::require;
using keypact::fuzz::Script;

/// Octets that look like no other octets of the same text; made once, since they are used very often.
OctetView pattern(std::size_t octets, std::size_t seed) {
  static const Octets all = [] {
    Octets made(std::size_t{1} << 17);
    std::uint32_t state = 1;
    for (auto& octet : made) octet = static_cast<std::uint8_t>((state = state * 1103515245u + 12345u) >> 16);
    return made;
  }();
  return OctetView(all).subspan(seed, octets);
}

void check_bounds(const Reassembly& set, std::size_t most) {
  require(set.stored_octets() <= most);
  require(set.stored_fragments() <= limits::kFragments);
  require(set.deadline().has_value() == (set.stored_fragments() > 0));
}

/// The cuts that a sender makes of one message, told apart by their totals.
using Cuts = std::map<std::size_t, std::vector<ProtectedPart>>;
Cuts cuts_of(OctetView text, Script& script) {
  Cuts cuts;
  for (auto count = 1 + script.u8() % 4; count > 0; --count) {
    auto parts = cut(PayloadType::IDi, text, 1 + script.u16() % 2000);
    require(parts.size() <= limits::kFragments);
    const auto total = parts.size();
    cuts.emplace(total, std::move(parts));
  }
  return cuts;
}

void honest_sender(Script& script) {
  const auto text = pattern(script.u16() % 20000, script.u8());
  const auto cuts = cuts_of(text, script);
  const std::size_t most = limits::kReassembledOctets;
  Reassembly set;
  Instant now{seconds(1)};
  while (!script.is_over()) {
    const auto& parts = std::next(cuts.begin(), static_cast<std::ptrdiff_t>(script.u8() % cuts.size()))->second;
    const auto& part = parts[script.u8() % parts.size()];
    const Reassembly::Fragment fragment{ExchangeType::IKE_AUTH, 1, part.number, part.total, part.first};
    if (set.judge(fragment) != Reassembly::Verdict::wanted) continue;
    const auto added = set.add(fragment, part.octets, part.octets, now, most);
    require(added != Reassembly::Added::too_large);
    check_bounds(set, most);
    if (added != Reassembly::Added::complete) continue;
    const auto whole = set.take();
    require(same_octets(whole.text, text) && whole.first == PayloadType::IDi);
    require(same_octets(whole.first_datagram, parts.front().octets));
    require(set.stored_fragments() == 0);
    // Time passes between one message and the next.
    now = now + seconds(script.u8());
  }
}

void lying_peer(Script& script) {
  const std::size_t most = script.u8() % 2 == 0 ? limits::kReassembledOctets : limits::kHalfOpenReassembledOctets;
  Reassembly set;
  Instant now{seconds(1)};
  while (!script.is_over()) {
    now = now + seconds(script.u8() % 40);
    const auto kind = script.u8();
    if (kind % 8 == 0) {
      const auto due = set.deadline();
      require(set.expire(now) == (due && *due <= now));
    }
    const Reassembly::Fragment fragment{
        kind % 16 == 1 ? ExchangeType::INFORMATIONAL : ExchangeType::CREATE_CHILD_SA, kind % 32 == 2 ? script.u8() : 0u,
        static_cast<std::uint16_t>(kind % 4 == 3 ? script.u16() : 1 + script.u8() % 64),
        static_cast<std::uint16_t>(kind % 64 == 4 ? script.u16() : 1 + script.u8() % 66), PayloadType::SA};
    const auto text = pattern(script.u8() % 16 == 0 ? script.u16() : 4 * script.u8(), 1);
    const auto before = set.stored_octets();
    const auto verdict = set.judge(fragment);
    require(verdict != Reassembly::Verdict::wanted || (fragment.number <= fragment.total && fragment.number > 0));
    require(verdict != Reassembly::Verdict::wanted || fragment.total <= limits::kFragments);
    if (verdict != Reassembly::Verdict::wanted) continue;
    const auto added = set.add(fragment, text, text, now, most);
    check_bounds(set, most);
    if (added == Reassembly::Added::too_large) require(set.stored_octets() == 0);
    if (added == Reassembly::Added::complete) {
      const auto whole = set.take();
      require(whole.text.size() <= most && whole.text.size() <= before + text.size());
    }
  }
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(OctetView(data, size));
  if (script.u8() % 2 == 0) honest_sender(script);
  else lying_peer(script);
  return 0;
}
