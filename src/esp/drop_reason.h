// DropReason: why the data plane did not pass a packet on, with one counter each. RFC 4301 §9 asks for them to be audited; they
// are counted, because a log line a packet would be the attacker's to multiply.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keypact::esp {

#define KEYPACT_DROP_REASONS(X)                                                                        \
  X(inner_version, "the inner packet is neither IPv4 nor IPv6, or not what the Next Header says")      \
  X(inner_length, "the inner packet's length fields contradict its size")                              \
  X(inner_options, "the inner IPv4 header has malformed options or a source route")                    \
  X(inner_extension_headers, "the inner IPv6 extension headers are malformed, too many, or a route")   \
  X(inner_fragment, "the inner fragment hides the ports or overlaps them")                             \
  X(no_policy, "no policy matches the packet")                                                         \
  X(policy_discards, "the policy says discard")                                                        \
  X(no_sa, "the policy protects, and there is no SA")                                                  \
  X(held_full, "too many packets wait for an SA already")                                              \
  X(outside_selectors, "the policy protects, and no SA was negotiated for this packet")                \
  X(lifetime_over, "the SA has carried all that it may")                                               \
  X(sequence_exhausted, "the sequence numbers of the SA are used up")                                  \
  X(too_big, "larger than the path carries, and not to be fragmented")                                 \
  X(output_full, "the output batch is full")                                                           \
  X(not_esp, "too short for ESP, or a non-ESP marker")                                                 \
  X(unknown_spi, "the SPI belongs to no SA")                                                           \
  X(esp_length, "the ESP packet is shorter than its SA demands, or no multiple of the cipher's block") \
  X(replayed, "the sequence number was seen, or lies before the replay window")                        \
  X(authentication_failed, "the integrity check failed")                                               \
  X(padding, "the padding is longer than the packet or has other octets than RFC 4303 demands")        \
  X(dummy, "a dummy packet (Next Header 59)")                                                          \
  X(next_header, "the Next Header is no IP version")                                                   \
  X(selector_mismatch, "the inner packet lies outside the negotiated traffic selectors")               \
  X(congestion, "congestion was marked on a packet whose sender does not know ECN")

#define KEYPACT_DROP_REASON_ENUMERATOR(name, text) name,
enum class DropReason : std::uint8_t { KEYPACT_DROP_REASONS(KEYPACT_DROP_REASON_ENUMERATOR) };
#undef KEYPACT_DROP_REASON_ENUMERATOR

struct DropReasonText {
  std::string_view name;
  std::string_view sentence;
};

#define KEYPACT_DROP_REASON_TEXT(name, text) DropReasonText{#name, text},
inline constexpr std::array kDropReasonTexts{KEYPACT_DROP_REASONS(KEYPACT_DROP_REASON_TEXT)};
#undef KEYPACT_DROP_REASON_TEXT
#undef KEYPACT_DROP_REASONS

inline constexpr std::size_t kDropReasons = kDropReasonTexts.size();

[[nodiscard]] constexpr const DropReasonText& text_of(DropReason reason) {
  return kDropReasonTexts[static_cast<std::size_t>(reason)];
}

/// Packets dropped since the start, by reason.
class DropCounters {
 public:
  void count(DropReason reason) { ++counts_[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t operator[](DropReason reason) const { return counts_[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto count : counts_) sum += count;
    return sum;
  }

 private:
  std::array<std::uint64_t, kDropReasons> counts_{};
};

}  // namespace keypact::esp
