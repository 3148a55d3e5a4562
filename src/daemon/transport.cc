#include "daemon/transport.h"

#include "esp/demux.h"
#include "io/engine_steering.h"

namespace keypact::daemon {
namespace {

/// Octets: what a flood of 60,000 requests a second brings while we are kept from reading for a tenth of a second.
constexpr int kReceiveBuffer = 8 << 20;

}  // namespace

Result<Transport> Transport::open(const Ports& ports, std::uint32_t mark, const Share& share) {
  Transport transport;
  transport.ports_ = ports;
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    if (!io::address_family_available(family)) continue;
    for (const auto port : {ports.ike, ports.nat}) {
      const bool nat = port == ports.nat;
      const bool for_all_but_ike = share.engines > 1 && share.part == share.engines;
      if (for_all_but_ike && !nat) continue;
      io::UdpOptions options;
      options.bind = {IpAddress::unspecified(family), port};
      options.mark = mark;
      options.reuse_port = share.engines > 1;
      options.receive_buffer = kReceiveBuffer;
      TRY(auto socket, io::UdpSocket::open(options));
      // From the last one on all are there.
      const auto last = nat ? share.engines : share.engines - 1;
      if (share.engines > 1 && share.part == last) TRY_VOID(io::steer(socket, {family, share.engines, nat}));
      transport.sockets_.push_back({std::move(socket), family, nat, {}});
    }
  }
  return transport;
}

Result<void> Transport::leave_esp_to_kernel() {
  for (auto& bound : sockets_) {
    TRY_VOID(bound.socket.pass_by_policies());
    if (!bound.nat) continue;
    const auto left = bound.socket.leave_esp_to_kernel();
    if (!left && bound.family == IpFamily::v4) return failure(left.error());
  }
  return {};
}

Result<void> Transport::start(io::EventLoop& loop, Receivers receivers) {
  receivers_ = std::move(receivers);
  for (auto& bound : sockets_) {
    TRY(auto watch, loop.watch(bound.socket.fd(), [this, &bound] { receive(bound); }));
    watches_.push_back(std::move(watch));
  }
  return {};
}

void Transport::receive(Bound& bound) {
  const auto batch = bound.socket.receive();
  if (!batch) return;
  esp_batch_.clear();
  ike_batch_.clear();
  for (const auto& datagram : *batch) {
    const auto kind = bound.nat ? esp::classify(datagram.octets) : esp::DatagramKind::ike;
    if (kind == esp::DatagramKind::esp) esp_batch_.push_back(datagram);
    if (kind != esp::DatagramKind::ike) continue;
    const OctetView message = bound.nat ? esp::ike_message_of(datagram.octets) : OctetView(datagram.octets);
    ike_batch_.push_back({datagram.local, datagram.remote, message});
  }
  if (!ike_batch_.empty()) receivers_.ike(ike_batch_);
  if (!esp_batch_.empty()) receivers_.esp(esp_batch_);
}

Transport::Bound* Transport::find(IpFamily family, std::uint16_t port) {
  for (auto& bound : sockets_)
    if (bound.family == family && bound.nat == (port == ports_.nat)) return &bound;
  return nullptr;
}

void Transport::send(const ike::Datagram& datagram) {
  auto* bound = find(datagram.local.address.family(), datagram.local.port);
  if (bound == nullptr) return;
  auto& outbox = bound->outbox;
  const auto before = outbox.octets.size();
  // RFC 3948 §2.2: where ESP may come too, IKE says that it is IKE.
  if (bound->nat) outbox.octets.resize(before + esp::kNonEspMarkerOctets, 0);
  append(outbox.octets, datagram.octets);
  outbox.entries.push_back(
      {datagram.local.address, datagram.remote, outbox.octets.size() - before, datagram.traffic_class});
  if (outbox.entries.size() == io::kDatagramBatch) flush(*bound);
}

void Transport::flush() {
  for (auto& bound : sockets_)
    if (!bound.outbox.entries.empty()) flush(bound);
}

void Transport::flush(Bound& bound) {
  auto& outbox = bound.outbox;
  outgoing_.clear();
  OctetView rest = outbox.octets;
  for (const auto& entry : outbox.entries) {
    outgoing_.push_back({entry.local, entry.remote, 0, entry.traffic_class, false, rest.first(entry.octets)});
    rest = rest.subspan(entry.octets);
  }
  // A datagram that cannot be sent is like one that was lost: retransmission takes care of it.
  (void)bound.socket.send(outgoing_);
  outbox.entries.clear();
  outbox.octets.clear();
}

void Transport::send(const ike::Keepalive& keepalive) {
  const auto& [local, remote] = keepalive.path;
  auto* bound = find(local.address.family(), local.port);
  if (bound == nullptr) return;
  // RFC 3948 §2.3: without a marker, so that it is not taken for IKE.
  std::array<std::uint8_t, 1> octet = {esp::kKeepaliveOctet};
  const io::OutgoingDatagram outgoing{local.address, remote, 0, 0, false, octet};
  (void)bound->socket.send({&outgoing, 1});
}

io::SendReport Transport::send_esp(IpFamily family, std::span<const io::OutgoingDatagram> batch) {
  auto* bound = find(family, ports_.nat);
  if (bound == nullptr) return {};
  return bound->socket.send(batch);
}

}  // namespace keypact::daemon
