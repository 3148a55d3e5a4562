#include "daemon/kernel_sad.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "io/clock.h"

namespace keypact::daemon {
namespace {

/// What is sent between the look at a number and its last use stays below.
constexpr std::uint64_t kNumbersInFlight = 4096;

xfrm::StateId inbound_id(const ipsec::ChildSa& sa) {
  return {sa.local.address, sa.inbound_spi, sa.placement.mark_in_sa ? sa.placement.in.mark : Mark{},
          xfrm::ip_protocol(sa.protocol)};
}
xfrm::StateId outbound_id(const ipsec::ChildSa& sa) {
  return {sa.remote.address, sa.outbound_spi, sa.placement.out.mark, xfrm::ip_protocol(sa.protocol)};
}

std::vector<xfrm::StateId> ids_of(const ipsec::ChildSa& sa) {
  std::vector<xfrm::StateId> ids = {outbound_id(sa), inbound_id(sa)};
  if (!sa.compression) return ids;
  ids.push_back(outbound_id(sa));
  ids.back().spi = {sa.compression->outbound.value};
  ids.push_back(inbound_id(sa));
  ids.back().spi = {sa.compression->inbound.value};
  for (auto* id : {&ids[2], &ids[3]}) id->protocol = xfrm::IpProtocol::comp;
  return ids;
}

/// What is done to a packet before it is protected: from there on it is between the two ends of the SA.
xfrm::State compression_before(xfrm::State& state, Cpi cpi) {
  xfrm::State compression;
  compression.id = state.id;
  compression.id.spi = {cpi.value};
  compression.id.protocol = xfrm::IpProtocol::comp;
  compression.source = state.source;
  compression.reqid = state.reqid;
  compression.mode = std::exchange(state.mode, Mode::transport);
  compression.headers = state.headers;
  compression.interface_id = state.interface_id;
  compression.limits.seconds = state.limits.seconds;
  return compression;
}

Prefix host(const IpAddress& address) { return prefix_of(address, address.is_v4() ? 32 : 128); }

/// RFC 4301 §5.2: what came by an SA is compared with its selectors. In tunnel mode the policies see to it, without which nothing that
/// came by an SA passes; in transport mode it would pass as in clear text. The kernel has room for one in an SA. In BEET mode it knows by it what
/// the packets' addresses are.
std::optional<xfrm::Selector> only_selector(const ipsec::ChildSa& sa, const std::vector<TrafficSelector>& source,
                                            const std::vector<TrafficSelector>& destination) {
  if (sa.mode == Mode::beet) return xfrm::Selector{host(source.front().first), host(destination.front().first)};
  if (sa.mode != Mode::transport) return std::nullopt;
  const auto found = xfrm::selectors_between(source, destination);
  const bool only = found && found->size() == 1 && found->front().source.address.family() == sa.local.address.family();
  return only ? std::optional(found->front()) : std::nullopt;
}

/// Where somebody else's mark leaves bits alone, they are ours.
Mark with_own_mark(const Mark& mark, std::uint32_t own) { return {(own & ~mark.mask) | mark.value, ~0U}; }

/// In the place of an SA that it lost the kernel has what waits for one.
bool is_question(const xfrm::StateReport& report) {
  return report.encryption.empty() && report.integrity.empty() && report.compression.empty();
}

std::optional<std::string> refuse(const ipsec::ChildSa& sa) {
  // RFC 4303 §2.1; and kernels have had holes where they are asked for such an SPI.
  if (sa.inbound_spi.value < kFirstUsableEspSpi || sa.outbound_spi.value < kFirstUsableEspSpi)
    return "an SPI below 256 is reserved";
  if (sa.local.address.family() != sa.remote.address.family()) return "the tunnel's ends are of two address families";
  // RFC 4303 §3.3.3: without the window nobody could tell the upper half of the numbers.
  if (sa.esn && sa.replay_window == 0) return "extended sequence numbers need a replay window";
  return std::nullopt;
}

std::string name_of(const PacketAlgorithms& algorithms) {
  const auto integrity = algorithms.integrity == IntegrityId::NONE ? std::string() : to_string(algorithms.integrity);
  if (algorithms.encryption == EncryptionId{}) return integrity;
  return to_string(algorithms.encryption) + (integrity.empty() ? "" : " with ") + integrity;
}

void wipe_keys(ipsec::ChildSa& sa) {
  for (auto* keys : {&sa.inbound, &sa.outbound}) {
    keys->encryption.wipe();
    keys->integrity.wipe();
  }
}

std::uint64_t seconds_of(Duration time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<seconds>(time).count());
}

PacketKeys keys_of(const PacketAlgorithms& algorithms, xfrm::StateReport& report) {
  return {algorithms, std::move(report.encryption_key), std::move(report.integrity_key)};
}

KernelSad::Question question_of(const xfrm::State& state) { return {state.answers, state.reqid, state.id.mark}; }

}  // namespace

Result<KernelSad::Listed> KernelSad::list_of(const IsOurs& is_ours) {
  Listed found;
  const auto answer = list_from_kernel(
      socket_, xfrm::dump_states(), [&] { found = {}; },
      [&](const xfrm::MessageView& message) {
        const auto report = xfrm::read_state(message);
        if (!report || !is_ours(report->state.reqid)) return;
        if (report->state.id.spi.value != 0) found.states.push_back(report->state.id);
        else found.questions.push_back(question_of(report->state));
      });
  if (!answer.ok()) return failure(Error{"cannot list the kernel's SAs", answer.reason(), ""});
  return found;
}

Result<std::vector<KernelSad::Question>> KernelSad::questions(const IsOurs& is_ours) {
  TRY(auto found, list_of(is_ours));
  return std::move(found.questions);
}

Result<std::vector<KernelSad::Question>> KernelSad::remove_all_of(const IsOurs& is_ours) {
  TRY(auto found, list_of(is_ours));
  std::vector<xfrm::Message> removals;
  for (const auto& id : found.states) removals.push_back(xfrm::delete_state(id));
  (void)ask_kernel(socket_, removals);
  return std::move(found.questions);
}

Result<KernelSad::Earlier> KernelSad::find_earlier_run(const IsOurs& is_ours) {
  Earlier found;
  const auto answer = list_from_kernel(
      socket_, xfrm::dump_states(), [&] { found = {}; },
      [&](const xfrm::MessageView& message) {
        auto report = xfrm::read_state(message);
        if (!report || !is_ours(report->state.reqid)) return;
        if (report->state.id.spi.value == 0) found.questions.push_back(question_of(report->state));
        else found.states.push_back(std::move(*report));
      });
  if (!answer.ok()) return failure(Error{"cannot list the kernel's SAs", answer.reason(), ""});
  return found;
}

void KernelSad::leave() {
  for (auto& [id, entry] : entries_) {
    entry.left = true;
    std::vector<xfrm::Message> requests;
    for (const auto& wanted : states_of(entry)) {
      auto report = read(wanted.id);
      if (!report || is_question(*report)) continue;
      auto change = xfrm::update_state(wanted, keys_of(entry.sa.inbound.algorithms, *report));
      if (change) requests.push_back(std::move(*change));
    }
    (void)ask_kernel(socket_, requests);
  }
}

xfrm::State KernelSad::inbound_state(const Entry& entry) const {
  const auto& sa = entry.sa;
  xfrm::State state;
  state.id = inbound_id(sa);
  state.source = sa.remote.address;
  state.reqid = entry.reqid;
  state.mode = sa.mode;
  state.esn = sa.esn;
  state.replay_window = sa.replay_window;
  state.headers = sa.headers;
  state.selector = only_selector(sa, sa.remote_selectors, sa.local_selectors);
  if (sa.udp_encapsulation) state.udp = {sa.remote.port, sa.local.port};
  state.limits = {sa.soft, sa.hard, entry.left ? seconds_of(sa.life) : 0};
  // The kernel tells of the second packet at the latest that the peer has it.
  if (!sa.use_outbound) state.limits.soft.packets = 1;
  state.received = sa.inbound_sequence;
  state.interface_id = sa.placement.in.interface_id;
  state.set_mark = sa.placement.set_mark_in;
  state.inbound = true;
  state.offload = entry.offload;
  return state;
}

xfrm::State KernelSad::outbound_state(const Entry& entry) const {
  const auto& sa = entry.sa;
  xfrm::State state = inbound_state(entry);
  state.id = outbound_id(sa);
  state.source = sa.local.address;
  if (sa.udp_encapsulation) state.udp = {sa.local.port, sa.remote.port};
  state.limits = {sa.soft, sa.hard, entry.left ? seconds_of(sa.life) : 0};
  state.interface_id = sa.placement.out.interface_id;
  state.selector = only_selector(sa, sa.local_selectors, sa.remote_selectors);
  state.set_mark = with_own_mark(sa.placement.set_mark_out, own_mark_);
  state.tfc_padding = sa.tfc_padding;
  state.inbound = false;
  state.received = 0;
  state.sent = sa.outbound_sequence;
  return state;
}

std::vector<xfrm::State> KernelSad::states_of(const Entry& entry) const {
  std::vector<xfrm::State> states = {inbound_state(entry), outbound_state(entry)};
  if (const auto& compression = entry.sa.compression) {
    states.push_back(compression_before(states[0], compression->inbound));
    states.push_back(compression_before(states[1], compression->outbound));
  }
  return states;
}

Result<void, std::string> KernelSad::add_states(const Entry& entry, const PacketKeys& inbound,
                                                const PacketKeys& outbound,
                                                const std::vector<xfrm::StateId>& instead_of) {
  const auto states = states_of(entry);
  std::vector<xfrm::Message> requests;
  for (const auto& id : instead_of) requests.push_back(xfrm::delete_state(id));
  for (const auto& state : states) {
    auto request = xfrm::new_state(state, state.id.destination == entry.sa.local.address ? inbound : outbound);
    if (!request) return failure("the kernel cannot compute " + name_of(inbound.algorithms));
    requests.push_back(std::move(*request));
  }
  const auto all_answers = ask_kernel(socket_, requests);
  const auto answers = std::span(all_answers).subspan(instead_of.size());
  std::optional<std::string> refused;
  for (std::size_t i = 0; i < states.size(); ++i)
    if (!answers[i].ok() && !refused)
      refused = "the kernel refuses the SA " + to_string(states[i].id.spi) + " to " +
                states[i].id.destination.to_string() + " (" + name_of(inbound.algorithms) + "): " + answers[i].reason();
  if (!refused) return {};
  std::vector<xfrm::Message> removals;
  for (std::size_t i = 0; i < states.size(); ++i)
    if (answers[i].ok()) removals.push_back(xfrm::delete_state(states[i].id));
  (void)ask_kernel(socket_, removals);
  return failure(std::move(*refused));
}

Result<void, std::string> KernelSad::add(ipsec::ChildSa sa, std::uint32_t reqid) {
  if (auto refused = refuse(sa)) return failure(std::move(*refused));
  if (entries_.contains(sa.id)) return failure(std::string("this Child SA is installed already"));
  Entry entry{std::move(sa), reqid};
  TRY_VOID(put(entry, entry.sa.inbound, entry.sa.outbound));
  wipe_keys(entry.sa);
  enter(std::move(entry));
  return {};
}

const ipsec::ChildSa* KernelSad::last_of(PolicyId policy) const {
  const auto found = last_of_.find(policy);
  return found == last_of_.end() ? nullptr : find(found->second);
}

void KernelSad::enter(Entry entry) {
  const auto id = entry.sa.id;
  last_of_[entry.sa.policy] = id;
  enter_states(entry);
  entries_.insert_or_assign(id, std::move(entry));
}

void KernelSad::enter_states(const Entry& entry) {
  for (const auto& id : ids_of(entry.sa)) by_state_[id] = {entry.sa.id, id.destination == entry.sa.local.address};
}

void KernelSad::remove(ChildSaId id) {
  const auto entry = entries_.extract(id);
  if (!entry) return;
  const auto last = last_of_.find(entry.mapped().sa.policy);
  if (last != last_of_.end() && last->second == id) last_of_.erase(last);
  const auto ids = ids_of(entry.mapped().sa);
  for (const auto& state : ids) {
    by_state_.erase(state);
    seen_.erase(state);
  }
  remove_states(ids);
}

const ipsec::ChildSa* KernelSad::find(ChildSaId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second.sa;
}

std::vector<ChildSaId> KernelSad::all() const {
  std::vector<ChildSaId> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  return ids;
}

bool KernelSad::is_lost(ChildSaId id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  const auto report = read(outbound_id(found->second.sa));
  return !report || is_question(*report);
}

std::optional<KernelSad::Owner> KernelSad::owner_of(const xfrm::StateId& state) const {
  const auto found = by_state_.lower_bound(state);
  if (found == by_state_.end()) return std::nullopt;
  const auto& [id, owner] = *found;
  const bool is_it = id == state || (state.mark.is_any() && id.destination == state.destination &&
                                     id.spi == state.spi && id.protocol == state.protocol);
  return is_it ? std::optional(owner) : std::nullopt;
}

std::optional<xfrm::StateReport> KernelSad::read(const xfrm::StateId& id) const {
  std::vector<xfrm::Message> request;
  request.push_back(xfrm::get_state(id));
  std::optional<xfrm::StateReport> report;
  (void)ask_kernel(socket_, request, [&](const xfrm::MessageView& message) { report = xfrm::read_state(message); });
  return report;
}

bool KernelSad::begin_to_carry(ChildSaId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || std::exchange(found->second.sa.use_outbound, true)) return false;
  auto report = read(inbound_id(found->second.sa));
  if (!report) return true;
  auto state = inbound_state(found->second);
  state.offload.reset();  // stays as it is; the interface would be given the SA a second time
  auto change = xfrm::update_state(state, keys_of(found->second.sa.inbound.algorithms, *report));
  std::vector<xfrm::Message> requests;
  if (change) requests.push_back(std::move(*change));
  (void)ask_kernel(socket_, requests);
  return true;
}

bool KernelSad::change_ports(const Entry& entry, const PacketKeys& inbound, const PacketKeys& outbound) {
  std::vector<xfrm::Message> changes;
  for (const auto& state : states_of(entry)) {
    if (!state.udp) continue;
    auto change = xfrm::update_state(state, state.id.destination == entry.sa.local.address ? inbound : outbound);
    if (!change) return false;
    changes.push_back(std::move(*change));
  }
  return std::ranges::all_of(ask_kernel(socket_, changes), &io::XfrmAnswer::ok);
}

Result<std::vector<xfrm::StateId>, std::string> KernelSad::move(const ipsec::UpdateEndpoints& request) {
  std::vector<xfrm::StateId> superseded;
  const auto found = entries_.find(request.id);
  if (found == entries_.end()) return superseded;
  auto& entry = found->second;
  auto& sa = entry.sa;
  auto before = ids_of(sa);
  auto inbound = read(inbound_id(sa));
  auto outbound = read(outbound_id(sa));
  if (!inbound || !outbound) return failure(std::string("the kernel does not have the SA any more"));
  const auto inbound_keys = keys_of(sa.inbound.algorithms, *inbound);
  const auto outbound_keys = keys_of(sa.outbound.algorithms, *outbound);
  // An interface that has the SA is told of its ports with a new one only.
  const bool only_ports = !entry.offload && sa.udp_encapsulation && request.udp_encapsulation &&
                          sa.local.address == request.local.address && sa.remote.address == request.remote.address;
  for (const auto& state : before) by_state_.erase(state);
  // What still goes out meanwhile goes by the SA that the policy names, with numbers before those of the next.
  if (sa.remote.address != request.remote.address) {
    const auto is_outbound = [&](const xfrm::StateId& id) { return id.destination == sa.remote.address; };
    std::ranges::copy_if(before, std::back_inserter(superseded), is_outbound);
    std::erase_if(before, is_outbound);
  }
  sa.local = request.local;
  sa.remote = request.remote;
  sa.udp_encapsulation = request.udp_encapsulation;
  sa.inbound_sequence = inbound->state.received;
  sa.outbound_sequence = outbound->state.sent + kNumbersInFlight;
  Result<void, std::string> done;
  // A mapping of a NAT: nothing of the SA goes, not even what it knows of the numbers that came.
  if (!only_ports || !change_ports(entry, inbound_keys, outbound_keys))
    done = put(entry, inbound_keys, outbound_keys, std::move(before));
  enter_states(entry);
  if (done) return superseded;
  remove_states(superseded);
  return failure(std::move(done.error()));
}

void KernelSad::remove_states(const std::vector<xfrm::StateId>& ids) {
  std::vector<xfrm::Message> removals;
  for (const auto& id : ids) removals.push_back(xfrm::delete_state(id));
  if (!removals.empty()) (void)ask_kernel(socket_, removals);
}

std::optional<ipsec::ChildSaCounters> KernelSad::counters(ChildSaId id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  const auto now = io::monotonic_now();
  const auto wall = std::chrono::duration_cast<seconds>(io::wall_now().time_since_epoch()).count();
  const auto last_use = [&](const xfrm::StateReport& report) {
    auto& seen = seen_[report.state.id];
    // A kernel before 5.19 tells only how much there was.
    if (report.packets != std::exchange(seen.packets, report.packets)) seen.at = now;
    if (report.last_used == 0) return seen.at;
    const auto ago = seconds(wall - static_cast<std::int64_t>(report.last_used));
    return now - std::clamp<Duration>(ago, Duration{}, now.since_origin());
  };
  ipsec::ChildSaCounters counters;
  if (const auto& entry = found->second; entry.sa.offload != HardwareOffload::none)
    counters.offload = !entry.offload          ? HardwareOffload::none
                       : entry.offload->packet ? HardwareOffload::packet
                                               : HardwareOffload::crypto;
  if (const auto inbound = read(inbound_id(found->second.sa))) {
    counters.packets_in = inbound->packets;
    counters.octets_in = inbound->octets;
    counters.replays = inbound->replays;
    counters.authentication_failures = inbound->authentication_failures;
    counters.last_in = last_use(*inbound);
  }
  if (const auto outbound = read(outbound_id(found->second.sa))) {
    counters.packets_out = outbound->packets;
    counters.octets_out = outbound->octets;
    counters.last_out = last_use(*outbound);
  }
  return counters;
}

std::vector<std::string> KernelSad::drift(const IsOurs& is_ours, const std::set<xfrm::StateId>& kept) const {
  std::map<xfrm::StateId, xfrm::State> there;
  const auto listed = list_from_kernel(
      socket_, xfrm::dump_states(), [&] { there.clear(); },
      [&](const xfrm::MessageView& message) {
        const auto report = xfrm::read_state(message);
        if (report && !is_question(*report) && (by_state_.contains(report->state.id) || is_ours(report->state.reqid)))
          there.emplace(report->state.id, report->state);
      });
  if (!listed.ok()) return {"the kernel's SAs cannot be listed: " + listed.reason()};
  std::vector<std::string> differences;
  const auto name = [](const xfrm::StateId& id) { return to_string(id.spi) + " to " + id.destination.to_string(); };
  for (const auto& [id, owner] : by_state_) {
    const auto found = there.extract(id);
    const auto of = " of Child SA " + std::to_string(owner.id.value);
    const auto states = states_of(entries_.at(owner.id));
    const auto& wanted = *std::ranges::find(states, id, &xfrm::State::id);
    if (!found) differences.push_back("the kernel lacks the SA " + name(id) + of);
    else if (found.mapped().source != wanted.source || found.mapped().udp != wanted.udp ||
             found.mapped().reqid != wanted.reqid || found.mapped().mode != wanted.mode)
      differences.push_back("the kernel has another SA in the place of " + name(id) + of);
  }
  for (const auto& [id, state] : there)
    if (!kept.contains(id))
      differences.push_back("the kernel has the SA " + name(id) + ", which belongs to no Child SA");
  return differences;
}

std::vector<xfrm::ExpireNotice> KernelSad::overdue() {
  std::map<xfrm::StateId, bool> there;  // and whether a soft limit of ours is reached
  const auto listed = list_from_kernel(
      socket_, xfrm::dump_states(), [&] { there.clear(); },
      [&](const xfrm::MessageView& message) {
        const auto report = xfrm::read_state(message);
        if (report && !is_question(*report) && by_state_.contains(report->state.id))
          there[report->state.id] = report->state.limits.soft.is_reached(report->octets, report->packets);
      });
  if (!listed.ok()) return {};
  std::vector<xfrm::ExpireNotice> notices;
  for (const auto& [state, owner] : by_state_) {
    const auto found = there.find(state);
    if (found == there.end() || found->second) notices.push_back({state, found == there.end()});
  }
  return notices;
}

}  // namespace keypact::daemon
