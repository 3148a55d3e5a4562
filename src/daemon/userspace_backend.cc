#include "daemon/userspace_backend.h"

#include <algorithm>
#include <utility>

#include "io/clock.h"

namespace keypact::daemon {
namespace {

/// Leaves room for every combination of outer headers, ESP and padding on a path of 1500 octets.
constexpr std::uint32_t kTunnelMtu = 1400;
/// What the kernel said of a path. A packet that is too big all the same has it asked again at once.
constexpr Duration kPathMtuLife = minutes(1);
constexpr std::size_t kPathMtus = 4096;

const char* const kNeedsKernel =
    "marks, ids of XFRM interfaces, interface and policies = no are the kernel's: they need --backend kernel";

}  // namespace

Result<std::unique_ptr<UserspaceBackend>> UserspaceBackend::open(const std::string& name, Transport& transport,
                                                                 crypto::Library& library, RandomSource& random) {
  TRY(auto netlink, io::Netlink::open());
  TRY(auto tun, io::TunDevice::create(name));
  TRY(const auto interface, netlink.interface_index(tun.name()));
  io::LinkSettings link;
  link.mtu = kTunnelMtu;
  link.automatic_ipv6_address = false;
  link.up = true;
  TRY_VOID(netlink.configure(interface, link));
  TRY(auto routes, TunnelRoutes::open(std::move(netlink), tun.name(), kOwnTrafficMark, RoutesFor::every_policy));
  io::InboundFilter filter({tun.name(), transport.own_ports(), kOwnTrafficMark});
  std::unique_ptr<UserspaceBackend> backend(
      new UserspaceBackend(std::move(tun), std::move(routes), std::move(filter), transport, library, random));
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    if (!io::address_family_available(family)) continue;
    io::RawEspOptions options;
    options.family = family;
    options.mark = kOwnTrafficMark;
    TRY(auto socket, io::RawEspSocket::open(options));
    backend->raw_.emplace(family, std::move(socket));
    TRY(auto clear, io::RawIpSocket::open(family, kOwnTrafficMark));
    backend->clear_.emplace(family, std::move(clear));
  }
  return backend;
}

Result<void> UserspaceBackend::start(io::EventLoop& loop, Events events, Problems problems) {
  events_ = std::move(events);
  problems_ = std::move(problems);
  catch_up_ = io::Timer(loop, [this] { catch_up(); });
  TRY(auto tunnel, loop.watch(tun_.fd(), [this] { on_tunnel_readable(); }));
  watches_.push_back(std::move(tunnel));
  for (auto& [family, socket] : raw_) {
    TRY(auto watch, loop.watch(socket.fd(), [this, &raw = socket] { on_raw_readable(raw); }));
    watches_.push_back(std::move(watch));
  }
  return {};
}

std::optional<ipsec::StackEvent> UserspaceBackend::apply(ipsec::StackRequest request) {
  if (const auto* install = std::get_if<ipsec::InstallPolicy>(&request)) {
    if (!install->policy.placement.is_everywhere()) {
      problems_("the policy of " + install->policy.name + " is not in force: " + kNeedsKernel);
      return std::nullopt;
    }
    policies_.insert_or_assign(install->policy.id, install->policy);
    changed_policies_.insert(install->policy.id);
  } else if (const auto* remove = std::get_if<ipsec::RemovePolicy>(&request)) {
    if (policies_.erase(remove->id) != 0) changed_policies_.insert(remove->id);
  }
  if (const auto* address = std::get_if<ipsec::AddInnerAddress>(&request)) {
    routes_.add_address(address->address, problems_);
  } else if (const auto* given_back = std::get_if<ipsec::RemoveInnerAddress>(&request)) {
    routes_.remove_address(given_back->address, problems_);
  }
  const auto* sa = std::get_if<ipsec::InstallChildSa>(&request);
  // Without them it would carry what is meant for another one.
  if (sa != nullptr && !sa->sa.placement.is_everywhere()) return ipsec::ChildSaInstallFailed{sa->sa.id, kNeedsKernel};
  const auto* moved = std::get_if<ipsec::UpdateEndpoints>(&request);
  auto path =
      sa != nullptr ? std::optional(Path{sa->sa.id, sa->sa.local.address, sa->sa.remote.address}) : std::nullopt;
  if (moved != nullptr) path = Path{moved->id, moved->local.address, moved->remote.address};
  if (concerns_waiting(request)) catch_up();
  // What an SA is to carry finds its way to it from the first packet on.
  if (sa != nullptr) settle();
  if (sa != nullptr && !changed_policies_.empty()) {
    waiting_installs_.push_back(std::move(std::get<ipsec::InstallChildSa>(request)));
    return std::nullopt;
  }
  auto event = plane_.apply(std::move(request), io::monotonic_now());
  if (path) use_path_mtu(*path);
  return event;
}

void UserspaceBackend::negotiation_failed(const std::string& connection) {
  if (connection.empty()) return;  // somebody whom no connection knows
  for (const auto& [id, policy] : policies_)
    if (policy.name.starts_with(connection + '/')) plane_.acquire_answered(id, io::monotonic_now());
}

/// Once the peer was told of the SA that they waited for.
void UserspaceBackend::let_held_go() {
  while (plane_.has_released()) {
    esp::OutputBatch output;  // output_ may be in use: an event of it may have brought us here
    plane_.release(io::monotonic_now(), output);
    dispatch(output);
  }
}

void UserspaceBackend::settle() {
  let_held_go();
  if (changed_policies_.empty() || catch_up_.is_set()) return;
  if (network_changes_.take(io::monotonic_now(), kNetworkChanges)) return follow_policies();
  catch_up_.set(io::monotonic_now() + seconds(1) / kNetworkChanges.per_second);
}

void UserspaceBackend::follow_policies() {
  const auto changed = std::exchange(changed_policies_, {});
  if (changed.empty()) return;
  update_filter();
  routes_.update(policies_, changed, problems_);
}

/// It is about an SA whose installation waits.
bool UserspaceBackend::concerns_waiting(const ipsec::StackRequest& request) const {
  const auto child = std::visit(
      [](const auto& about) {
        if constexpr (requires { ChildSaId{about.id}; }) return ChildSaId{about.id};
        else return ChildSaId{};
      },
      request);
  return std::ranges::any_of(waiting_installs_, [&](const auto& waiting) { return waiting.sa.id == child; });
}

void UserspaceBackend::catch_up() {
  catch_up_.cancel();
  follow_policies();
  for (auto& install : std::exchange(waiting_installs_, {}))
    if (const auto event = apply(std::move(install))) events_(*event);
}

void UserspaceBackend::update_filter() {
  if (!filter_.available()) return;
  std::vector<io::FilterPolicy> wanted;
  wanted.reserve(policies_.size());
  // The order of the SPD.
  for (const auto action : {PolicyAction::bypass, PolicyAction::protect, PolicyAction::discard})
    for (const auto& [id, policy] : policies_)
      if (policy.action == action) wanted.push_back({action, policy.local, policy.remote});
  const auto done = filter_.replace(wanted);
  if (done) return;
  problems_(done.error().to_string());
  if (!filter_.available())
    problems_(
        "this kernel has no nftables: packets that come in clear are not dropped where a policy wants them protected");
}

void UserspaceBackend::forget_earlier_run() {
  if (changed_policies_.empty()) update_filter();
  else follow_policies();
  routes_.forget_earlier_run(problems_);
}

void UserspaceBackend::forget_earlier_run_at(io::EventLoop& loop, Instant at) {
  patience_ = io::Timer(loop, [this] { forget_earlier_run(); });
  patience_.set(at);
}

void UserspaceBackend::on_tunnel_readable() {
  const auto report = tun_.read();
  if (report.state == io::TunState::removed) {
    watches_.clear();
    return problems_("the tunnel device " + tun_.name() +
                     " is gone: no protected traffic passes until keypactd is restarted");
  }
  if (report.packets.empty()) return;
  output_.clear();
  plane_.outbound(report.packets, io::monotonic_now(), output_);
  dispatch(output_);
}

void UserspaceBackend::on_raw_readable(io::RawEspSocket& socket) {
  if (const auto batch = socket.receive()) admit(*batch, false);
}

void UserspaceBackend::on_udp_esp(std::span<const io::ReceivedDatagram> datagrams) { admit(datagrams, true); }

void UserspaceBackend::admit(std::span<const io::ReceivedDatagram> datagrams, bool udp_encapsulation) {
  if (datagrams.empty()) return;
  incoming_.clear();
  for (const auto& datagram : datagrams)
    incoming_.push_back(
        {{}, datagram.local, datagram.remote, udp_encapsulation, false, datagram.traffic_class, datagram.octets});
  output_.clear();
  plane_.inbound(incoming_, io::monotonic_now(), output_);
  dispatch(output_);
}

void UserspaceBackend::dispatch(esp::OutputBatch& output) {
  send_to_wire(output.to_wire());
  send_in_clear(output.in_clear());
  if (!output.to_tunnel().empty()) (void)tun_.write(output.to_tunnel());
  for (const auto& event : output.events()) events_(event);
}

void UserspaceBackend::send_to_wire(std::span<const esp::OuterPacket> packets) {
  // One batch goes out of one socket: runs of the same family and encapsulation.
  while (!packets.empty()) {
    std::size_t run = 1;
    const auto alike = [&](const esp::OuterPacket& packet) {
      return packet.udp_encapsulation == packets.front().udp_encapsulation &&
             packet.remote.address.family() == packets.front().remote.address.family();
    };
    while (run < packets.size() && run < io::kDatagramBatch && alike(packets[run])) ++run;
    send_run(packets.first(run));
    packets = packets.subspan(run);
  }
}

void UserspaceBackend::send_in_clear(std::span<const OctetView> packets) {
  for (const auto& packet : packets) {
    const auto socket = clear_.find(packet[0] >> 4 == 4 ? IpFamily::v4 : IpFamily::v6);
    if (socket != clear_.end()) (void)socket->second.send(packet);
  }
}

void UserspaceBackend::send_run(std::span<const esp::OuterPacket> run) {
  outgoing_.clear();
  for (const auto& packet : run)
    outgoing_.push_back(
        {packet.local.address, packet.remote, 0, packet.traffic_class, packet.dont_fragment, packet.octets});
  const auto family = run.front().remote.address.family();
  io::SendReport report;
  if (run.front().udp_encapsulation) report = transport_.send_esp(family, outgoing_);
  else if (auto raw = raw_.find(family); raw != raw_.end()) report = raw->second.send(outgoing_);
  for (const auto& failure : report.failures)
    if (failure.problem == io::SendProblem::too_big)
      learn_path_mtu(
          {run[failure.index].child_sa, run[failure.index].local.address, run[failure.index].remote.address});
}

Result<IpAddress> UserspaceBackend::source_address_to(const IpAddress& peer) {
  TRY(const auto route, netlink().route_to(peer, kOwnTrafficMark));
  return route.source;
}

void UserspaceBackend::use_path_mtu(const Path& path) {
  const auto known = path_mtus_.find({path.local, path.remote});
  if (known == path_mtus_.end() || io::monotonic_now() - known->second.asked > kPathMtuLife)
    return learn_path_mtu(path);
  if (known->second.octets != 0) plane_.set_path_mtu(path.child_sa, known->second.octets, known->second.asked);
}

void UserspaceBackend::learn_path_mtu(const Path& path) {
  const auto route = netlink().route_to(path.remote, kOwnTrafficMark, path.local);
  const auto octets = route ? std::size_t{route->mtu} : 0;
  if (path_mtus_.size() >= kPathMtus) path_mtus_.clear();
  path_mtus_[{path.local, path.remote}] = {octets, io::monotonic_now()};
  if (octets != 0) plane_.set_path_mtu(path.child_sa, octets, io::monotonic_now());
}

}  // namespace keypact::daemon
