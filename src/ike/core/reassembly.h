// Reassembly of one message at a time from its fragments, in bounded memory and constant work a fragment. RFC 7383 §2.6. Whether
// a fragment is authentic is found out between judge() and add().
#pragma once

#include <bitset>
#include <memory>
#include <optional>

#include "base/instant.h"
#include "base/limits.h"
#include "wire/message.h"

namespace keypact::ike {

class Reassembly {
 public:
  /// One fragment as its datagram shows it.
  struct Fragment {
    ExchangeType exchange{};
    std::uint32_t message_id = 0;
    std::uint16_t number = 0;
    std::uint16_t total = 0;
    PayloadType first = PayloadType::None;
  };
  [[nodiscard]] static Fragment describe(const wire::Message& message);

  /// A message put together: what its SK payload would have held.
  struct Whole {
    PayloadType first = PayloadType::None;
    Octets text;
    Octets first_datagram;  ///< the datagram of fragment 1, by which a retransmission is known (RFC 7383 §2.6.1)
    std::size_t largest_datagram = 0;
  };

  enum class Verdict : std::uint8_t { wanted, useless, too_many };
  /// Before the integrity check, so that what is not wanted costs nothing.
  [[nodiscard]] Verdict judge(const Fragment& fragment) const;

  enum class Added : std::uint8_t { incomplete, complete, too_large };
  /// An authentic fragment that was judged to be wanted, with its decrypted text. `most_octets`: of the whole message.
  [[nodiscard]] Added add(const Fragment& fragment, OctetView text, OctetView datagram, Instant now,
                          std::size_t most_octets);
  /// After Added::complete, once.
  [[nodiscard]] Whole take();

  /// When to call expire(); nothing while nothing is stored.
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// Forgets a set to which nothing was added for limits::kReassemblyLife; true when there was one.
  bool expire(Instant now);
  void forget() { set_.reset(); }

  /// Octets and fragments stored.
  [[nodiscard]] std::size_t stored_octets() const { return set_ ? set_->octets : 0; }
  [[nodiscard]] std::size_t stored_fragments() const { return set_ ? set_->present.count() : 0; }
  /// Some fragment as large as the path must carry has come: what is missing was lost, not too large.
  [[nodiscard]] bool has_full_fragment(std::uint32_t message_id) const;

 private:
  struct Set {
    ExchangeType exchange{};
    std::uint32_t message_id = 0;
    std::uint16_t total = 0;
    PayloadType first = PayloadType::None;
    std::bitset<limits::kFragments> present;
    std::vector<Octets> texts;
    std::size_t octets = 0;
    Octets first_datagram;
    std::size_t largest_datagram = 0;
    Instant last_added;
  };
  std::unique_ptr<Set> set_;  ///< most IKE SAs have none most of the time
};

}  // namespace keypact::ike
