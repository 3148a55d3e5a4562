// KernelSad, as far as a network interface does the work of SAs.
#include "daemon/kernel_sad.h"

namespace keypact::daemon {

Result<void, std::string> KernelSad::put(Entry& entry, const PacketKeys& inbound, const PacketKeys& outbound,
                                         std::vector<xfrm::StateId> instead_of) {
  entry.offload.reset();
  entry.not_offloaded.clear();
  const auto wanted = entry.sa.offload;
  if (wanted != HardwareOffload::none) {
    const auto device = device_of_ ? device_of_(entry.sa) : std::nullopt;
    std::string why = device ? "" : "no route leads to " + entry.sa.remote.address.to_string();
    for (const auto way : {HardwareOffload::packet, HardwareOffload::crypto}) {
      const bool packet = way == HardwareOffload::packet;
      if (!device || (wanted != way && wanted != HardwareOffload::automatic) || (packet && entry.packets_stay))
        continue;
      const auto done = put_offloaded(entry, *device, packet, inbound, outbound, instead_of);
      if (done) return {};
      instead_of.clear();
      why += (why.empty() ? "" : "; ") + done.error();
    }
    entry.not_offloaded = std::string("hw_offload = ") + to_string(wanted) + ": " + why;
    if (wanted != HardwareOffload::automatic) {
      remove_states(instead_of);
      return failure(entry.not_offloaded +
                     ". hw_offload = auto does without where it must; `ethtool -k` shows what an interface can");
    }
  }
  return add_states(entry, inbound, outbound, instead_of);
}

Result<void, std::string> KernelSad::put_offloaded(Entry& entry, const Device& device, bool packet,
                                                   const PacketKeys& inbound, const PacketKeys& outbound,
                                                   const std::vector<xfrm::StateId>& instead_of) {
  entry.offload = xfrm::OffloadedTo{device.index, packet};
  const auto done = add_states(entry, inbound, outbound, instead_of);
  std::string why = done ? "" : done.error();
  if (done) {
    // A kernel whose interface cannot take the cipher does the work itself, and says nothing.
    bool taken = true;
    std::vector<xfrm::StateId> ids;
    for (const auto& state : states_of(entry)) {
      ids.push_back(state.id);
      if (!state.offload) continue;
      const auto report = read(state.id);
      taken &= report && report->state.offload && report->state.offload->packet == packet;
    }
    if (taken) return {};
    remove_states(ids);
    why = "the SA is not given to it";
  }
  entry.offload.reset();
  return failure(device.name + " does not take the " + (packet ? "packets" : "cipher") + " (" + why + ")");
}

std::optional<xfrm::OffloadedTo> KernelSad::offload(ChildSaId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? std::nullopt : found->second.offload;
}

std::string KernelSad::why_not_offloaded(ChildSaId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() || found->second.offload ? std::string() : found->second.not_offloaded;
}

Result<void, std::string> KernelSad::keep_packets(ChildSaId id, const std::string& reason) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return failure(reason);
  auto& entry = found->second;
  if (!entry.offload || !entry.offload->packet || entry.sa.offload != HardwareOffload::automatic)
    return failure(reason);
  entry.packets_stay = true;
  const auto done = move({id, entry.sa.local, entry.sa.remote, entry.sa.udp_encapsulation});
  if (!done) return failure(done.error());
  return {};
}

}  // namespace keypact::daemon
