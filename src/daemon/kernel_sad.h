// KernelSad: our Child SAs as pairs of SAs of the kernel. Their keys are the kernel's only: where they are needed again they are
// read back. RFC 4301 §4.4.2.
#pragma once

#include <map>
#include <set>

#include "daemon/kernel_requests.h"
#include "xfrm/notification.h"

namespace keypact::daemon {

class KernelSad {
 public:
  /// The interface by which the packets of an SA leave.
  struct Device {
    std::uint32_t index = 0;
    std::string name;
  };
  using DeviceOf = std::function<std::optional<Device>(const ipsec::ChildSa& sa)>;

  /// `socket` outlives this object. Without `device_of` no interface does the work of an SA.
  KernelSad(io::XfrmSocket& socket, std::uint32_t own_mark, DeviceOf device_of = {})
      : socket_(socket), own_mark_(own_mark), device_of_(std::move(device_of)) {}

  /// The kernel waits for an SA, and asks no more.
  struct Question {
    std::uint32_t number = 0;
    std::uint32_t reqid = 0;
    Mark mark{};
  };
  using IsOurs = std::function<bool(std::uint32_t reqid)>;
  /// Takes away what belongs to these reqids; what the kernel still asks for them remains.
  [[nodiscard]] Result<std::vector<Question>> remove_all_of(const IsOurs& is_ours);
  /// What an earlier run left, with what the kernel asked it.
  struct Earlier {
    std::vector<xfrm::StateReport> states;
    std::vector<Question> questions;
  };
  [[nodiscard]] Result<Earlier> find_earlier_run(const IsOurs& is_ours);
  /// The kernel ends all SAs by itself when their lifetime is over: from now on nobody else does.
  void leave();
  [[nodiscard]] Result<std::vector<Question>> questions(const IsOurs& is_ours);

  /// The Child SA of this policy that was added last, of those that are there.
  [[nodiscard]] const ipsec::ChildSa* last_of(PolicyId policy) const;

  /// Both SAs, or none.
  [[nodiscard]] Result<void, std::string> add(ipsec::ChildSa sa, std::uint32_t reqid);
  void remove(ChildSaId id);

  /// Without its keys.
  [[nodiscard]] const ipsec::ChildSa* find(ChildSaId id) const;
  [[nodiscard]] std::vector<ChildSaId> all() const;
  /// The kernel does not have its outbound SA any more.
  [[nodiscard]] bool is_lost(ChildSaId id) const;
  /// It carries from now on, whatever it did before. False: it did not stand by.
  bool begin_to_carry(ChildSaId id);
  /// The same SAs, with their numbers, between other endpoints. What is to go once the policies name the new ones: until then it
  /// carries what goes out.
  [[nodiscard]] Result<std::vector<xfrm::StateId>, std::string> move(const ipsec::UpdateEndpoints& request);
  void remove_states(const std::vector<xfrm::StateId>& ids);

  /// Who does the work of its SAs; none: the CPU.
  [[nodiscard]] std::optional<xfrm::OffloadedTo> offload(ChildSaId id) const;
  /// Why no interface does what was asked for, in a sentence; empty: one does.
  [[nodiscard]] std::string why_not_offloaded(ChildSaId id) const;
  /// Its SAs anew, with their keys, and their cipher alone in the interface at most.
  [[nodiscard]] Result<void, std::string> keep_packets(ChildSaId id, const std::string& reason);

  struct Owner {
    ChildSaId id;
    bool inbound = false;
  };
  /// One without a mark stands for the first with these other words.
  [[nodiscard]] std::optional<Owner> owner_of(const xfrm::StateId& state) const;

  /// What of it somebody else has changed, a sentence each.
  [[nodiscard]] std::vector<std::string> drift(const IsOurs& is_ours, const std::set<xfrm::StateId>& kept = {}) const;
  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const;
  /// What the kernel has lost, or has let reach a limit: it may have told, unheard.
  [[nodiscard]] std::vector<xfrm::ExpireNotice> overdue();

 private:
  struct Entry {
    ipsec::ChildSa sa;  ///< its keys are empty
    std::uint32_t reqid = 0;
    bool left = false;          ///< to the kernel
    bool packets_stay = false;  ///< here, whatever was asked for
    std::optional<xfrm::OffloadedTo> offload{};
    std::string not_offloaded{};
  };
  struct Listed {
    std::vector<xfrm::StateId> states;
    std::vector<Question> questions;
  };
  [[nodiscard]] Result<Listed> list_of(const IsOurs& is_ours);
  [[nodiscard]] xfrm::State inbound_state(const Entry& entry) const;
  [[nodiscard]] xfrm::State outbound_state(const Entry& entry) const;
  /// Those two, and before each its compression where there is any.
  [[nodiscard]] std::vector<xfrm::State> states_of(const Entry& entry) const;
  [[nodiscard]] std::optional<xfrm::StateReport> read(const xfrm::StateId& id) const;
  void enter(Entry entry);
  void enter_states(const Entry& entry);
  /// Its SAs, with the offload that was asked for and can be had. What they take the place of goes in the same call.
  [[nodiscard]] Result<void, std::string> put(Entry& entry, const PacketKeys& inbound, const PacketKeys& outbound,
                                              std::vector<xfrm::StateId> instead_of = {});
  [[nodiscard]] Result<void, std::string> put_offloaded(Entry& entry, const Device& device, bool packet,
                                                        const PacketKeys& inbound, const PacketKeys& outbound,
                                                        const std::vector<xfrm::StateId>& instead_of);
  [[nodiscard]] Result<void, std::string> add_states(const Entry& entry, const PacketKeys& inbound,
                                                     const PacketKeys& outbound,
                                                     const std::vector<xfrm::StateId>& instead_of = {});
  /// The UDP ports of those that are there.
  [[nodiscard]] bool change_ports(const Entry& entry, const PacketKeys& inbound, const PacketKeys& outbound);

  io::XfrmSocket& socket_;
  std::uint32_t own_mark_;  ///< with which outer packets look for their route
  DeviceOf device_of_;
  std::map<ChildSaId, Entry> entries_;
  std::map<PolicyId, ChildSaId> last_of_;
  std::map<xfrm::StateId, Owner> by_state_;
  struct Seen {
    std::uint64_t packets = 0;
    Instant at;
  };
  mutable std::map<xfrm::StateId, Seen> seen_;  ///< of kernels that do not tell when an SA was used last
};

}  // namespace keypact::daemon
