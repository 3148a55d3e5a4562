// PolicyTable: who wants which policy of the kernel. Several may want the same one (a trap and the SAs that carry its traffic, two
// connections with the same selectors); the first by priority and rank has it, and when it goes the next one takes over.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "xfrm/policy.h"

namespace keypact::xfrm {

/// Of those who want the same, with the same priority, the highest rank has it.
struct Claim {
  PolicyContent content;
  std::int64_t rank = 0;
};

class PolicyTable {
 public:
  /// Whoever claims: a number of the caller's choice.
  using Owner = std::uint64_t;
  struct Change {
    enum class Kind : std::uint8_t { add, replace, remove };
    Kind kind{};
    PolicyKey key;
    PolicyContent content;
    std::uint32_t index = 0;
  };

  /// The indexes of all policies begin with these bits, the highest `kMarkBits`, by which they are known as ours.
  explicit PolicyTable(std::uint32_t mark) : mark_(mark) {}
  static constexpr unsigned kMarkBits = 8;
  [[nodiscard]] bool is_ours(std::uint32_t index) const;

  /// What the kernel holds already, from an earlier run: it stays until somebody claims it, or forget_unclaimed().
  void adopt(const PolicyReport& report);
  void forget_unclaimed();

  /// A second claim of the owner for the same key takes the place of its first one.
  void claim(Owner owner, const PolicyKey& key, const Claim& claim);
  void set_rank(Owner owner, Direction direction, std::int64_t rank);
  void release(Owner owner, Direction direction);
  void release(Owner owner);

  /// What the kernel is to do now, in this order: what is new or other, then what goes. Counts as done.
  [[nodiscard]] std::vector<Change> take_changes();
  /// The kernel refused this one: it holds what it held before. The next claim or release there is the next try.
  void refused(const Change& change);

  [[nodiscard]] bool has_claim(Owner owner, const PolicyKey& key) const;
  [[nodiscard]] const std::set<PolicyKey>& claimed_by(Owner owner) const;
  /// Who has the policy with this number.
  [[nodiscard]] std::optional<Owner> owner_of(std::uint32_t index) const;
  /// What the kernel holds, or should hold, there; nothing when nobody wants it.
  [[nodiscard]] const PolicyContent* find(const PolicyKey& key) const;
  /// All that the kernel holds, or should hold.
  [[nodiscard]] std::vector<std::pair<PolicyKey, PolicyContent>> installed() const;
  /// Of those, what packets to there may meet on their way out, as the kernel looks at them; without an owner: from an earlier run.
  struct Standing {
    PolicyKey key;
    PolicyContent content;
    std::optional<Owner> owner;
  };
  [[nodiscard]] std::vector<Standing> leading_to(const IpAddress& destination) const;
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    std::uint32_t index = 0;
    std::map<Owner, Claim> claims;
    std::optional<PolicyContent> installed;
    std::optional<PolicyContent> before;  ///< of the last change
    bool earlier = false;                 ///< from an earlier run, and not claimed since
  };
  using Slots = std::map<PolicyKey, Slot>;

  [[nodiscard]] Slot& slot_for(const PolicyKey& key);
  [[nodiscard]] static std::map<Owner, Claim>::const_iterator winner(const Slot& slot);
  void drop(Owner owner, const PolicyKey& key);
  [[nodiscard]] std::uint32_t free_number();

  std::uint32_t mark_;
  Slots slots_;
  std::map<Owner, std::set<PolicyKey>> claimed_;
  std::map<std::uint32_t, PolicyKey> by_index_;
  std::set<PolicyKey> changed_;
  std::uint32_t last_number_ = 0;
};

}  // namespace keypact::xfrm
