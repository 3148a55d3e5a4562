// Spd: which policy an outbound packet belongs to, and which SA carries it. First match in the order of precedence() and then of
// installation; what no policy matches is discarded. RFC 4301 §4.4.1.
#pragma once

#include "esp/sad.h"

namespace keypact::esp {

/// What is to happen with an outbound packet.
struct SpdDecision {
  enum class Kind : std::uint8_t {
    protect,  ///< `sa` carries it
    no_sa,    ///< the policy protects and has no SA for anything
    outside,  ///< the policy has SAs, none of which was negotiated for this packet
    bypass,
    discard,
    no_policy,
  };
  Kind kind = Kind::no_policy;
  EspSpi sa;  ///< inbound SPI of the pair
  PolicyId policy;
};

class Spd {
 public:
  explicit Spd(Duration acquire_retry) : acquire_retry_(acquire_retry) {}

  /// A policy that is there already keeps its place and its SAs; its action is never changed.
  void install(const ipsec::Policy& policy);
  /// False when there is no such policy. Its SAs go on carrying what was negotiated for them, until they are removed.
  bool remove(PolicyId id);

  /// From now on `sa` is the first choice of its policy. An SA of a policy that is not installed carries what was negotiated
  /// for it, after all policies.
  void prefer(PolicyId policy, EspSpi sa);
  /// `sa` is the last choice of its policy.
  void stand_by(PolicyId policy, EspSpi sa);
  void detach(PolicyId policy, EspSpi sa);

  [[nodiscard]] SpdDecision find(const PacketSelectors& packet, const Sad& sad) const;

  /// True when the packet that found no SA is the one to ask IKE: once, then not again until an SA came, the question was
  /// answered, or the time for an answer is over.
  [[nodiscard]] bool start_acquire(PolicyId policy, Instant now);
  void acquire_answered(PolicyId policy, Instant ask_again);
  /// IKE was asked, and an SA may come.
  [[nodiscard]] bool may_get_sa(PolicyId policy) const;
  /// None comes for what was asked.
  void get_no_sa(PolicyId policy);

 private:
  struct Entry {
    PolicyId id;
    PolicyAction action = PolicyAction::protect;
    SelectorPair selectors;
    std::vector<EspSpi> sas;  ///< the first choice in front
    bool acquiring = false;
    bool may_get_sa = false;
    Instant acquiring_until;
  };
  [[nodiscard]] Entry* configured(PolicyId id);
  [[nodiscard]] Entry* any(PolicyId id);
  /// The policy without this SA.
  [[nodiscard]] Entry& entry_for(PolicyId policy, EspSpi sa);
  [[nodiscard]] static SpdDecision decide(const Entry& entry, const PacketSelectors& packet, const Sad& sad);

  Duration acquire_retry_;
  std::vector<Entry> configured_;
  std::vector<Entry> orphans_;  ///< SAs without an installed policy
};

}  // namespace keypact::esp
