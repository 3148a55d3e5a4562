// KeptPairs: what an earlier run left in the kernel and still carries traffic. Each stays the owner of its policies until a new Child SA
// carries them, or its time is over; what fits no configured child goes at once. RFC 4301 §4.4, RFC 7296 §2.8.
#pragma once

#include "control/kept_sas.h"
#include "daemon/kept_pair.h"
#include "daemon/kernel_sad.h"
#include "daemon/kernel_spd.h"
#include "ike/core/policy_book.h"
#include "ike/engine/control_request.h"

namespace keypact::daemon {

class KeptPairs {
 public:
  /// Nothing keeps up an SA without an IKE SA: the peer lets go of it sooner or later. Time enough for a request that is repeated until
  /// it counts as lost, and one more.
  static constexpr Duration kMost = minutes(5);
  /// Until its child is asked for again.
  static constexpr Duration kBetweenRequests = seconds(60);
  /// What the peer sent on the old SA may be on its way for so long.
  static constexpr Duration kStragglers = seconds(5);
  /// RFC 7296 §2.8: a peer that begins has the new SA by then, and may have lost the old one.
  static constexpr Duration kUntilPeerHasIt = seconds(1);

  /// What a peer that is told to drop its SAs would drop waits for so long at most, until the peer has new ones.
  static constexpr Duration kMostHeld = milliseconds(250);
  /// The kernel holds so many packets of a policy: what would be more in the time that an answer usually takes does not wait.
  static constexpr std::uint64_t kRoom = 100;
  static constexpr Duration kUsualAnswer = milliseconds(100);

  using Tell = std::function<void(const std::string&)>;
  using Request = std::function<void(const ike::Initiate&)>;

  /// Both outlive this object.
  KeptPairs(io::XfrmSocket& socket, KernelSpd& spd) : socket_(socket), spd_(spd) {}

  /// They are in force from now on, what belongs to none of them is gone.
  void take(LeftBehind left, Instant now);
  /// Which of their children are to be negotiated is requested; what happens to them is told.
  void start(Request request, Tell tell);

  /// The numbers that children of this configuration leave to us, as these pairs have them.
  [[nodiscard]] ike::PolicyBook::EarlierRun places(const config::Snapshot& snapshot) const;
  /// The configuration in force: children that it has are asked for, what is not of such a child any more goes.
  void compare_with(const config::Snapshot& snapshot, Instant now);
  /// No more configuration is waited for: what fits none of its children goes.
  void forget_unfit();
  /// This SA carries traffic; it stands by, and its peer begins to use it.
  void carried_by(const ipsec::ChildSa& sa, const std::string& policy, Instant now);
  void stood_by(const ipsec::ChildSa& sa, const std::string& policy, Instant now);
  /// From now on the peer may not know them any more: what the SAs of this connection would carry waits, where the packets of their
  /// child ("connection/child") can.
  using CanWait = std::function<bool(const std::string& child)>;
  void hold(const std::string& connection, const CanWait& can_wait, Instant now);
  /// They carry again; those of this connection, or all that were held long enough.
  void carry(const std::string& connection);
  void carry_again(Instant now);
  [[nodiscard]] bool is_held(const std::string& child) const;
  [[nodiscard]] std::optional<Instant> held_until() const;

  /// The kernel has let go of it.
  void lose(const xfrm::StateId& state);
  void lose(std::uint64_t number);

  /// The kernel has it no more.
  [[nodiscard]] bool is_lost(std::uint64_t number) const;

  /// Once a second, as long as there are any.
  void on_tick(Instant now);

  /// As policies, whose traffic finds its way by routes; `gone` are those that went since the last call.
  [[nodiscard]] std::vector<ipsec::Policy> policies() const;
  [[nodiscard]] std::vector<PolicyId> take_gone() { return std::exchange(gone_, {}); }

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::set<xfrm::StateId> states() const;
  [[nodiscard]] std::set<EspSpi> inbound_spis() const;
  /// Those that carry still.
  [[nodiscard]] std::vector<control::KeptSas> list(Instant now) const;
  /// One of them in a sentence.
  [[nodiscard]] std::string describe(std::uint64_t number, Instant now) const;

 private:
  struct Entry {
    KeptPair pair;
    std::optional<Fit> fit{};
    std::string misfit{};  ///< why it has none
    std::optional<Instant> ends{};
    std::optional<Instant> ask_at{};
    bool replaced = false;
    std::optional<Instant> held_until{};
  };
  [[nodiscard]] std::vector<std::uint64_t> of_connection(const std::string& connection) const;
  [[nodiscard]] std::optional<xfrm::StateReport> outbound(const KeptPair& pair) const;
  [[nodiscard]] bool has_room(const KeptPair& pair, Instant now) const;
  void carry(std::uint64_t number);
  [[nodiscard]] std::set<std::uint64_t> same_traffic(const ipsec::ChildSa& sa, const std::string& policy) const;
  [[nodiscard]] std::string adopt(std::uint64_t number, Fit fit, Instant now);
  void ask(Entry& entry, Instant now);
  void replace(std::uint64_t number, Instant now);
  void forget_child(std::uint64_t number, const Entry& entry);
  [[nodiscard]] std::string drop(std::uint64_t number, const std::string& why);
  void remove(const std::vector<xfrm::StateId>& states);
  void tell(const std::string& text);
  /// The first of them, and how many more there are.
  void tell_some(const std::vector<std::string>& texts);

  io::XfrmSocket& socket_;
  KernelSpd& spd_;
  std::map<std::uint64_t, Entry> entries_;
  std::map<xfrm::PolicyKey, std::uint64_t> by_key_;     ///< outbound, of those that carry
  std::multimap<std::string, std::uint64_t> by_child_;  ///< connection/child
  std::map<std::uint64_t, Instant> giving_way_;
  std::set<std::uint64_t> held_;
  std::uint64_t last_number_ = 0;
  Instant taken_;
  bool decided_ = false;  ///< what does not fit goes at once
  std::vector<PolicyId> gone_;
  std::vector<std::string> untold_;
  Request request_;
  Tell tell_;
};

}  // namespace keypact::daemon
