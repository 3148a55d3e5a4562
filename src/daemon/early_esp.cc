#include "daemon/early_esp.h"

#include "base/limits.h"
#include "base/writer.h"
#include "esp/tunnel_header.h"

namespace keypact::daemon {
namespace {

constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kUdpChecksumAt = 6;
constexpr std::size_t kIpv4ChecksumAt = 10;

io::SpiCarrier carrier_of(ProtocolId protocol, bool udp_encapsulation) {
  if (protocol == ProtocolId::AH) return io::SpiCarrier::ah;
  return udp_encapsulation ? io::SpiCarrier::udp : io::SpiCarrier::esp;
}

void put(MutableOctets octets, std::size_t at, std::uint16_t value) {
  octets[at] = static_cast<std::uint8_t>(value >> 8);
  octets[at + 1] = static_cast<std::uint8_t>(value);
}

/// What the sender left to its network card to compute is not there where it came without one.
void set_udp_checksum(MutableOctets packet, std::size_t header, std::size_t addresses) {
  const auto udp = packet.subspan(header);
  put(udp, kUdpChecksumAt, 0);
  // RFC 3948 §2.1: none is needed over IPv4. RFC 8200 §8.1: over IPv6 it is.
  if (header == 20) return;
  const auto size = static_cast<std::uint32_t>(udp.size());
  auto sum = esp::checksum_add(size + static_cast<std::uint32_t>(io::SpiCarrier::udp), packet.subspan(addresses, 32));
  sum = esp::checksum_add(sum, udp);
  const auto checksum = esp::checksum_finish(sum);
  put(udp, kUdpChecksumAt, checksum == 0 ? 0xffff : checksum);
}

/// As it was on the wire, but for what routers change and what tells nothing any more.
Octets ip_packet(const IpAddress& from, const IpAddress& to, io::SpiCarrier carrier,
                 const io::SpiSocket::Packet& packet) {
  const bool v4 = to.is_v4();
  const auto size = packet.octets.size();
  const auto protocol = static_cast<std::uint8_t>(carrier);
  Writer writer;
  if (v4) {
    writer.u8(0x45);
    writer.u8(packet.traffic_class);
    writer.u16(static_cast<std::uint16_t>(20 + size));
    writer.u16(packet.identification);
    writer.u16(0x4000);  // DF
    writer.u8(kHopLimit);
    writer.u8(protocol);
    writer.u16(0);
  } else {
    writer.u32(std::uint32_t{6} << 28 | std::uint32_t{packet.traffic_class} << 20);
    writer.u16(static_cast<std::uint16_t>(size));
    writer.u8(protocol);
    writer.u8(kHopLimit);
  }
  writer.octets(from.octets());
  writer.octets(to.octets());
  writer.octets(packet.octets);
  auto whole = std::move(writer).take();
  const std::size_t header = v4 ? 20 : 40;
  if (v4) put(whole, kIpv4ChecksumAt, esp::checksum_finish(esp::checksum_add(0, OctetView(whole).first(header))));
  if (carrier == io::SpiCarrier::udp) set_udp_checksum(whole, header, v4 ? 12 : 8);
  return whole;
}

}  // namespace

void EarlyEsp::expect(const ipsec::ExpectChildSa& offer) {
  if (offers_.size() >= kMostOffers) return;
  Offer entry{offer.local.address, offer.remote.address, {}};
  for (const auto protocol : offer.protocols) {
    const auto carrier = carrier_of(protocol, offer.udp_encapsulation);
    auto socket = io::SpiSocket::open(
        {offer.local, offer.remote.address, offer.inbound_spi, carrier, static_cast<int>(kOctetsOfOffer)});
    // Then what comes early is lost, as anything on a wire may be.
    if (socket) entry.listeners.push_back({std::move(*socket), carrier});
  }
  if (!entry.listeners.empty()) offers_.insert_or_assign(offer.inbound_spi, std::move(entry));
}

void EarlyEsp::forgo(EspSpi spi) {
  const auto offer = offers_.extract(spi);
  if (!offer) return;
  for (auto& listener : offer.mapped().listeners)
    listener.socket.take([&](const io::SpiSocket::Packet&) { ++counters_.dropped; });
}

void EarlyEsp::release(EspSpi spi) {
  auto offer = offers_.extract(spi);
  if (!offer) return;
  const auto& entry = offer.mapped();
  std::vector<Octets> packets;
  for (auto& listener : offer.mapped().listeners)
    listener.socket.take([&](const io::SpiSocket::Packet& packet) {
      if (packet.age > limits::kEarlyLife) ++counters_.dropped;
      else packets.push_back(ip_packet(entry.remote, entry.local, listener.carrier, packet));
    });
  // Else what is let in is caught again.
  offer.mapped().listeners.clear();
  const std::vector<OctetView> views(packets.begin(), packets.end());
  const auto report = device_.write(views);
  counters_.let_in += report.written;
  counters_.dropped += report.dropped;
}

}  // namespace keypact::daemon
