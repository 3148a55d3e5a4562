#include "daemon/userspace_backend.h"

#include "io/clock.h"

namespace keypact::daemon {
namespace {

/// Tables of our own are numbered by the name of the TUN device: two daemons on one machine keep apart, and a daemon that comes
/// back after a crash finds what it left.
constexpr std::uint32_t kFirstTable = 0x6b700000;
/// Behind every route into the tunnel: what holds when the device is gone with its process.
constexpr std::uint32_t kFallbackMetric = 0x6b700000;
/// Before the main table, after the local one.
constexpr std::uint32_t kRulePriority = 220;
/// Leaves room for every combination of outer headers, ESP and padding on a path of 1500 octets.
constexpr std::uint32_t kTunnelMtu = 1400;

std::uint32_t table_of(const std::string& device) {
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (const char c : device) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193;
  return kFirstTable | (hash & 0xffff);
}

io::PolicyRule rule_into(std::uint32_t table, IpFamily family) {
  io::PolicyRule rule;
  rule.family = family;
  rule.priority = kRulePriority;
  rule.table = table;
  rule.mark = kOwnTrafficMark;
  rule.invert = true;
  return rule;
}

}  // namespace

Result<std::unique_ptr<UserspaceBackend>> UserspaceBackend::open(const std::string& name, Transport& transport,
                                                                 crypto::Library& library, RandomSource& random) {
  TRY(auto netlink, io::Netlink::open());
  TRY(auto tun, io::TunDevice::create(name));
  std::unique_ptr<UserspaceBackend> backend(
      new UserspaceBackend(std::move(tun), io::NetworkChanges(std::move(netlink)), transport, library, random));
  TRY(backend->interface_, backend->netlink().interface_index(backend->tun_.name()));
  io::LinkSettings link;
  link.mtu = kTunnelMtu;
  link.automatic_ipv6_address = false;
  link.up = true;
  TRY_VOID(backend->netlink().configure(backend->interface_, link));
  backend->table_ = table_of(backend->tun_.name());
  TRY(const auto stale, backend->netlink().own_routes(backend->table_));
  for (const auto& route : stale) TRY_VOID(backend->netlink().remove(route));
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    if (!io::address_family_available(family)) continue;
    TRY_VOID(backend->network_.add(rule_into(backend->table_, family)));
    io::RawEspOptions options;
    options.family = family;
    options.mark = kOwnTrafficMark;
    TRY(auto socket, io::RawEspSocket::open(options));
    backend->raw_.emplace(family, std::move(socket));
  }
  return backend;
}

Result<void> UserspaceBackend::start(io::EventLoop& loop, Events events, Problems problems) {
  events_ = std::move(events);
  problems_ = std::move(problems);
  TRY(auto tunnel, loop.watch(tun_.fd(), [this] { on_tunnel_readable(); }));
  watches_.push_back(std::move(tunnel));
  for (auto& [family, socket] : raw_) {
    TRY(auto watch, loop.watch(socket.fd(), [this, &raw = socket] { on_raw_readable(raw); }));
    watches_.push_back(std::move(watch));
  }
  return {};
}

std::optional<ipsec::StackEvent> UserspaceBackend::apply(ipsec::StackRequest request) {
  // Routes come before the policy is needed and go after it: what is protected never finds another way meanwhile.
  if (const auto* install = std::get_if<ipsec::InstallPolicy>(&request)) {
    policies_.insert_or_assign(install->policy.id, install->policy);
    update_routes();
  }
  const auto* removed = std::get_if<ipsec::RemovePolicy>(&request);
  const auto gone = removed != nullptr ? removed->id : PolicyId{};
  const auto* sa = std::get_if<ipsec::InstallChildSa>(&request);
  const auto path = sa != nullptr ? std::optional(Path{sa->sa.id, sa->sa.local.address, sa->sa.remote.address}) : std::nullopt;
  auto event = plane_.apply(std::move(request), io::monotonic_now());
  if (path) learn_path_mtu(*path);
  if (gone && policies_.erase(gone) != 0) update_routes();
  return event;
}

std::map<Prefix, io::Route> UserspaceBackend::wanted_routes() {
  std::map<Prefix, io::Route> wanted;
  for (const auto& [id, policy] : policies_) {
    if (policy.action == PolicyAction::bypass) continue;
    for (const auto& selector : policy.remote) {
      for (const auto& prefix : prefixes_covering(selector.first, selector.last)) {
        io::Route route;
        route.destination = prefix;
        route.interface = interface_;
        route.table = table_;
        route.preferred_source = source_address(policy, prefix.address.family());
        wanted.emplace(prefix, route);
      }
    }
  }
  return wanted;
}

void UserspaceBackend::update_routes() {
  const auto wanted = wanted_routes();
  const auto fallback = [&](const Prefix& prefix) {
    io::Route route;
    route.destination = prefix;
    route.kind = io::RouteKind::unreachable;
    route.table = table_;
    route.metric = kFallbackMetric;
    return route;
  };
  const auto tell = [&](const Result<void>& done) {
    if (!done) problems_(done.error().to_string());
  };
  // While a route changes the fallback behind it holds: nothing leaves in clear.
  for (const auto& [prefix, route] : wanted)
    if (!routes_.contains(prefix)) tell(network_.add(fallback(prefix)));
  for (const auto& [prefix, route] : routes_) {
    const auto still = wanted.find(prefix);
    if (still == wanted.end() || still->second != route) tell(network_.remove(route));
    if (still == wanted.end()) tell(network_.remove(fallback(prefix)));
  }
  for (const auto& [prefix, route] : wanted) {
    const auto before = routes_.find(prefix);
    if (before == routes_.end() || before->second != route) tell(network_.add(route));
  }
  routes_ = wanted;
}

std::optional<IpAddress> UserspaceBackend::source_address(const ipsec::Policy& policy, IpFamily family) {
  const auto addresses = netlink().local_addresses();
  if (!addresses) return std::nullopt;
  for (const auto& candidate : *addresses) {
    if (candidate.at.address.family() != family || candidate.link_local || !candidate.usable) continue;
    for (const auto& selector : policy.local)
      if (selector.contains(candidate.at.address)) return candidate.at.address;
  }
  return std::nullopt;
}

void UserspaceBackend::on_tunnel_readable() {
  const auto report = tun_.read();
  if (report.state == io::TunState::removed) {
    watches_.clear();
    return problems_("the tunnel device " + tun_.name() + " is gone: no protected traffic passes until keypactd is restarted");
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
    incoming_.push_back({{}, datagram.local, datagram.remote, udp_encapsulation, false, datagram.traffic_class,
                         datagram.octets});
  output_.clear();
  plane_.inbound(incoming_, io::monotonic_now(), output_);
  dispatch(output_);
}

void UserspaceBackend::dispatch(esp::OutputBatch& output) {
  send_to_wire(output.to_wire());
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

void UserspaceBackend::send_run(std::span<const esp::OuterPacket> run) {
  outgoing_.clear();
  for (const auto& packet : run)
    outgoing_.push_back({packet.local.address, packet.remote, 0, packet.traffic_class, packet.dont_fragment, packet.octets});
  const auto family = run.front().remote.address.family();
  io::SendReport report;
  if (run.front().udp_encapsulation) report = transport_.send_esp(family, outgoing_);
  else if (auto raw = raw_.find(family); raw != raw_.end()) report = raw->second.send(outgoing_);
  for (const auto& failure : report.failures)
    if (failure.problem == io::SendProblem::too_big) learn_path_mtu({run[failure.index].child_sa, run[failure.index].local.address,
                                                                            run[failure.index].remote.address});
}

void UserspaceBackend::learn_path_mtu(const Path& path) {
  const auto route = netlink().route_to(path.remote, kOwnTrafficMark, path.local);
  if (route && route->mtu != 0) plane_.set_path_mtu(path.child_sa, route->mtu, io::monotonic_now());
}

}  // namespace keypact::daemon
