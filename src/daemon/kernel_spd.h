// KernelSpd: our policies and those of our Child SAs as policies of the kernel. Where a policy has no SA, the kernel holds packets
// and asks for one, and drops what comes in clear. RFC 4301 §4.4.1, §5.2.
#pragma once

#include <set>

#include "daemon/kept_pair.h"
#include "daemon/kernel_policy_hash.h"
#include "daemon/kernel_requests.h"
#include "xfrm/policy_table.h"
#include "xfrm/reqids.h"

namespace keypact::daemon {

class KernelSpd {
 public:
  /// `socket` outlives this object.
  KernelSpd(io::XfrmSocket& socket, std::uint32_t mark) : socket_(socket), hash_(socket), table_(mark), reqids_(mark) {}

  /// The policies of an earlier run hold until forget_earlier_run().
  [[nodiscard]] Result<std::vector<xfrm::PolicyReport>> find_earlier_run();
  /// But these hold until stop_kept() (outbound) and forget_kept(), or until an SA that carries the same is preferred. `number`: not 0.
  void keep(std::uint64_t number, const KeptPair& pair);
  void stop_kept(std::uint64_t number);
  /// Takes effect with flush(): after stop_kept() it carries again.
  void carry_kept(std::uint64_t number, const KeptPair& pair);
  void forget_kept(std::uint64_t number);
  void forget_earlier_run() { table_.forget_unclaimed(); }
  /// Everything goes with flush().
  void remove_all();

  /// Neighbour discovery of IPv6 goes on whatever policies cover the addresses: without it no ESP finds its way.
  void except_neighbour_discovery();

  /// These two take effect with flush(). What the kernel cannot compare is told, and matches nothing.
  [[nodiscard]] Result<void, std::string> install(const ipsec::Policy& policy);
  void remove(PolicyId id);
  /// Until hold_again() its packets are refused where it has no SA; the kernel lets go of those that it holds when its clock ticks.
  void drop_held(const ipsec::Policy& policy);
  void hold_again(PolicyId id);
  /// What the kernel refused, a sentence each. It is tried again when something changes there.
  std::vector<std::string> flush();

  /// What of it somebody else has changed, a sentence each.
  [[nodiscard]] std::vector<std::string> drift() const;

  /// The reqid of its SAs, until detach().
  [[nodiscard]] std::uint32_t reqid_for(const ipsec::ChildSa& sa);
  /// What the SA may carry goes there, and may come by it. On failure the kernel has nothing of it.
  [[nodiscard]] Result<void, std::string> attach(const ipsec::ChildSa& sa,
                                                 const std::optional<xfrm::OffloadedTo>& offload = {});
  /// It is the first choice for what it may carry.
  void prefer(ChildSaId id);
  /// It is no choice any more; what comes by it is accepted.
  void stop(ChildSaId id);
  /// Its outer addresses are others.
  [[nodiscard]] Result<void, std::string> move(const ipsec::ChildSa& sa,
                                               const std::optional<xfrm::OffloadedTo>& offload = {});
  void detach(ChildSaId id);

  /// Which policies the SA wants.
  [[nodiscard]] const std::set<xfrm::PolicyKey>& policies_of(ChildSaId id) const;

  /// Whose policy asked for an SA: a policy, or the Child SA whose SA the kernel has lost, or one that is kept.
  struct Asker {
    std::optional<PolicyId> policy;
    std::optional<ChildSaId> child_sa;
    std::uint64_t kept = 0;
  };
  [[nodiscard]] std::optional<Asker> asker(std::uint32_t policy_index) const;
  /// What packets to there may meet, in the kernel's order; without an owner: neighbour discovery, or what an earlier run left.
  struct Met {
    xfrm::PolicyKey key;
    xfrm::PolicyContent content;
    std::optional<Asker> owner;
  };
  [[nodiscard]] std::vector<Met> met_on_the_way_to(const IpAddress& destination) const;
  /// Also one that is given, where policies of an earlier run have it.
  [[nodiscard]] bool is_ours(std::uint32_t reqid) const {
    return reqids_.is_ours(reqid) || earlier_reqids_.contains(reqid);
  }
  /// Of a policy without SA, and the reverse.
  [[nodiscard]] std::optional<std::uint32_t> reqid_of(PolicyId id) const;
  [[nodiscard]] std::optional<PolicyId> policy_with(std::uint32_t reqid) const;
  /// 0: it is not attached.
  [[nodiscard]] std::uint32_t reqid_of(ChildSaId id) const;

 private:
  struct Attached {
    std::uint32_t reqid = 0;
    bool given = false;     ///< the reqid is not ours
    bool carries = true;    ///< not stopped
    std::int64_t rank = 0;  ///< the highest one is the first choice
  };

  struct Kept {
    std::set<xfrm::PolicyKey> outbound;
    Mode mode = Mode::tunnel;
    std::uint32_t reqid = 0;
  };
  /// Of what is kept and would carry just the same; 0: of nothing.
  [[nodiscard]] std::uint32_t kept_reqid(const ipsec::ChildSa& sa) const;

  [[nodiscard]] static std::optional<Asker> asker_behind(const std::optional<xfrm::PolicyTable::Owner>& owner);
  struct Refused {
    xfrm::PolicyKey key;
    std::string reason;
  };
  std::vector<Refused> carry_out();
  /// The same, of which what is not the owner's is told later.
  [[nodiscard]] Result<void, std::string> carry_out_for(xfrm::PolicyTable::Owner owner);
  /// A Placement in the kernel's numbers.
  struct Place {
    Lane in;
    Lane out;
    std::uint32_t device = 0;
    std::uint32_t priority = 0;
  };
  [[nodiscard]] static Result<Place, std::string> place_of(const Placement& placement);
  struct Wish {
    PolicyAction action{};
    std::optional<xfrm::Template> protection{};
    std::optional<xfrm::Template> compression{};
    bool has_sa = false;
    std::int64_t rank = 0;
    std::optional<xfrm::OffloadedTo> offload{};
  };
  void claim(xfrm::PolicyTable::Owner owner, const Place& place, xfrm::Direction direction,
             const std::vector<xfrm::Selector>& selectors, const Wish& wish);
  void claim_forwarded_out(xfrm::PolicyTable::Owner owner, const Place& place,
                           const std::vector<xfrm::Selector>& selectors, std::int64_t rank);

  io::XfrmSocket& socket_;
  KernelPolicyHash hash_;
  xfrm::PolicyTable table_;
  xfrm::Reqids reqids_;
  std::set<std::uint32_t> earlier_reqids_;
  std::map<PolicyId, std::uint32_t> trap_reqids_;
  std::map<ChildSaId, Attached> attached_;
  std::map<std::uint64_t, Kept> kept_;
  std::map<xfrm::PolicyKey, std::uint64_t> kept_by_key_;  ///< the first one
  std::int64_t uses_ = 0;
  std::vector<std::string> untold_;  ///< refusals, for the next flush()
};

/// Where the SAs of a policy go that has none yet: nobody has this address (RFC 7600).
[[nodiscard]] IpAddress nowhere();

}  // namespace keypact::daemon
