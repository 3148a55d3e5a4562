#include "esp/sa_pair.h"

#include "base/check.h"
#include "esp/tunnel_header.h"

namespace keypact::esp {
namespace {

std::optional<std::string> refuse_keys(crypto::Library& library, const PacketKeys& keys) {
  const auto& algorithms = keys.algorithms;
  const auto sizes = crypto::packet_sizes(algorithms);
  const auto key_bits = algorithms.key_bits == 0 ? std::nullopt : std::optional(algorithms.key_bits);
  const auto cipher = encryption(algorithms.encryption, key_bits);
  if (sizes.icv == 0) return to_string(cipher) + " with " + to_string(algorithms.integrity) + " does not protect ESP";
  if (!library.supports(cipher)) return "this machine cannot compute " + to_string(cipher);
  if (algorithms.integrity != IntegrityId::NONE && !library.supports(integrity(algorithms.integrity))) {
    return "this machine cannot compute " + to_string(algorithms.integrity);
  }
  if (keys.encryption.size() != sizes.encryption_key || keys.integrity.size() != sizes.integrity_key) {
    return "the keying material has another size than " + to_string(cipher) + " needs";
  }
  return std::nullopt;
}

std::optional<std::string> refuse_sa(crypto::Library& library, const ipsec::ChildSa& sa) {
  if (sa.protocol != ProtocolId::ESP || sa.compression) return "the userspace data plane has ESP only";
  if (sa.mode != Mode::tunnel) return "the userspace data plane has tunnel mode only";
  if (sa.inbound_spi.value < kFirstUsableEspSpi || sa.outbound_spi.value < kFirstUsableEspSpi) {
    return "an SPI below 256 is reserved";
  }
  if (sa.local.address.family() != sa.remote.address.family()) return "the tunnel's ends are of two address families";
  // RFC 4303 §3.3.3: without the window nobody could tell the upper half of the numbers.
  if (sa.esn && sa.replay_window == 0) return "extended sequence numbers need a replay window";
  if (const auto refused = refuse_keys(library, sa.inbound)) return refused;
  return refuse_keys(library, sa.outbound);
}

}  // namespace

Result<std::unique_ptr<SaPair>, std::string> SaPair::make(crypto::Library& library, const MultiBuffer* multi_buffer,
                                                          const ipsec::ChildSa& sa) {
  if (auto refused = refuse_sa(library, sa)) return failure(std::move(*refused));
  const auto inbound = EspFormat::of(sa.inbound.algorithms, sa.esn);
  const auto outbound = EspFormat::of(sa.outbound.algorithms, sa.esn);
  CHECK(inbound && outbound);
  return std::unique_ptr<SaPair>(new SaPair{
      .id = sa.id,
      .policy = sa.policy,
      .selectors = {SelectorSet(sa.local_selectors), SelectorSet(sa.remote_selectors)},
      .tunnel = {sa.local, sa.remote, sa.udp_encapsulation, sa.headers, 0, {}},
      .outbound = {EspSealer(library, multi_buffer, sa.outbound, *outbound, sa.outbound_spi),
                   ipsec::SequenceCounter(sa.esn, sa.outbound_sequence)},
      .inbound = {EspOpener(library, multi_buffer, sa.inbound, *inbound, sa.inbound_spi),
                  ipsec::ReplayWindow(sa.replay_window, sa.esn, sa.inbound_sequence)},
      .counters = {},
      .soft = sa.soft,
      .hard = sa.hard,
  });
}

std::size_t SaPair::inner_mtu() const {
  const std::size_t headers = outer_header_octets(tunnel.remote.address.family(), tunnel.udp_encapsulation);
  if (tunnel.path_mtu <= headers) return 0;
  return outbound.sealer.format().largest_payload(tunnel.path_mtu - headers);
}

}  // namespace keypact::esp
